"""What archiver does by itself: deliveries that nothing moves are moved again (R2)."""

from __future__ import annotations

from typing import Final

import structlog

from archiver.archive import Archive
from archiver.domain import needs_rendering
from archiver.extracting import extract
from archiver.reconciling import reconcile, schedule
from archiver.store import backlog
from archiver.store import log as logbook
from sikkersak.contracts.archiver import DeliveryKind, Render, Transfer
from sikkersak.messaging.outbox import say
from sikkersak.periodic import Periodic

log = structlog.get_logger(__name__)
DRAIN_SECONDS: Final = 0.5
UNDER_WAY_SECONDS: Final = 2.0  # taken up and not yet brought: as much as is done in so long, at the set rate
SCRUB_SECONDS: Final = 3600.0
RECONCILE_SECONDS: Final = 5.0


async def sweep(archive: Archive) -> None:
    """Orders again what is not settled and has not moved long after its time; while the archive is down nothing has to."""
    if archive.circuit.is_open:
        return
    async with archive.database.transaction() as tx:
        for row in await backlog.stuck(tx, archive.quiet_seconds):
            is_to_render = needs_rendering(DeliveryKind(row["kind"])) and row["rendered_at"] is None
            following = Render if is_to_render else Transfer
            await say(tx, following(delivery_id=row["delivery_id"]))
            log.warning("delivery_moved_again", delivery_id=str(row["delivery_id"]))


async def drain(archive: Archive) -> None:
    """Takes up what waited: for its case, and for the archive at the set pace, the newest waiting person first (M25)."""
    if archive.circuit.is_open:
        archive.pace.rest()
        return
    allowed = archive.pace.allowance(archive.drain_per_second, DRAIN_SECONDS)
    most = max(8, round(archive.drain_per_second * UNDER_WAY_SECONDS))
    async with archive.database.transaction() as tx:
        released = await backlog.release(tx, allowed, most) + await backlog.release_cases(tx)
        for row in released:
            await say(tx, Transfer(delivery_id=row["delivery_id"]))


async def scrub(archive: Archive) -> None:
    """The texts of errors are not kept longer than they help."""
    async with archive.database.transaction() as tx:
        await logbook.scrub(tx, archive.scrub_days)


PERIODIC: Final[tuple[Periodic[Archive], ...]] = (
    Periodic("archive-sweep", every=lambda archive: archive.sweep_seconds, work=sweep),
    Periodic("archive-drain", every=lambda _: DRAIN_SECONDS, work=drain),
    Periodic("archive-reconcile", every=lambda _: RECONCILE_SECONDS, work=reconcile),
    Periodic("archive-reconcile-daily", every=lambda _: SCRUB_SECONDS, work=schedule),
    Periodic("archive-extract", every=lambda _: RECONCILE_SECONDS, work=extract),
    Periodic("archive-scrub", every=lambda _: SCRUB_SECONDS, work=scrub),
)
