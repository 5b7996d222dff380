"""Periodic work: pollers and sweeps, each run by one replica at a time (R2, R4)."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

import structlog

from sikkersak.errors import Declined, Transient
from sikkersak.persistence.database import Database
from sikkersak.persistence.lease import Lease

log = structlog.get_logger(__name__)

Room = TypeVar("Room")


@dataclass(frozen=True)
class Periodic(Generic[Room]):
    """Work that nobody asks for: `work(room)` every `every(room)` seconds, by the replica that holds the lease `name`."""

    name: str
    every: Callable[[Room], float]
    work: Callable[[Room], Awaitable[None]]


async def run_periodic(
    periodic: Periodic[Room], room: Room, database: Database, stopping: asyncio.Event, least_lease: float
) -> None:
    """Runs until `stopping`; a failure is logged by its kind and the next round comes as if nothing had happened.

    A lease lasts three rounds, and at least `least_lease` seconds.
    """
    pause = periodic.every(room)
    lease = Lease(database, periodic.name, timedelta(seconds=max(least_lease, pause * 3)))
    while not stopping.is_set():
        await _one_round(periodic, room, lease)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause * random.uniform(0.9, 1.1))
    with contextlib.suppress(Transient):
        await lease.release()


async def _one_round(periodic: Periodic[Room], room: Room, lease: Lease) -> None:
    try:
        if await lease.take():
            async with _kept(lease):
                await periodic.work(room)
    except Transient as later:
        log.warning("periodic_waits", work=periodic.name, reason=later.reason)
    except Declined as no:
        log.error("periodic_declined", work=periodic.name, code=no.code)
    except Exception:  # a bug: alarmed, and the next round must still come
        log.exception("periodic_failed", work=periodic.name)


@contextlib.asynccontextmanager
async def _kept(lease: Lease) -> AsyncIterator[None]:
    """Renews the lease while a long round runs."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(lease.lasts.total_seconds() / 3)
            with contextlib.suppress(Transient):
                await lease.take()

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
