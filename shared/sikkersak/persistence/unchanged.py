"""A change only of what its author has seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sikkersak.persistence.database import Transaction
from sikkersak.versions import Stale


async def demand_unchanged(tx: Transaction, thing: str, wanted: str | None, read: Callable[[], Awaitable[str]]) -> None:
    """Changes of one thing stand in line until the transaction ends; `Stale` when it is not as `wanted` any more."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", thing)
    if wanted is not None and await read() != wanted:
        raise Stale
