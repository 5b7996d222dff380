"""What the gateway does by itself: it deletes what has expired."""

from __future__ import annotations

from typing import Final

from gateway import store
from gateway.reception import Reception
from sikkersak.clock import now
from sikkersak.periodic import Periodic


async def prune(reception: Reception) -> None:
    """Ended sessions, abandoned log-ins, old logouts and old changes go."""
    async with reception.database.transaction() as tx:
        await store.prune(tx, reception.limits, reception.keep_changes, now())


PERIODIC: Final[tuple[Periodic[Reception], ...]] = (
    Periodic("gateway-prune", every=lambda reception: reception.prune_seconds, work=prune),
)
