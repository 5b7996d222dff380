"""What archiver does by itself: deliveries that nothing moves are moved again (R2)."""

from __future__ import annotations

from typing import Final

import structlog

from archiver import store
from archiver.archive import Archive
from archiver.domain import needs_rendering
from sikkersak.contracts.archiver import DeliveryKind, Render, Transfer
from sikkersak.messaging.outbox import say
from sikkersak.periodic import Periodic

log = structlog.get_logger(__name__)


async def sweep(archive: Archive) -> None:
    """Orders again what is not settled and has not moved; while the archive is down nothing has to."""
    if archive.circuit.is_open:
        return
    async with archive.database.transaction() as tx:
        for row in await store.stuck(tx):
            is_to_render = needs_rendering(DeliveryKind(row["kind"])) and row["rendered_at"] is None
            following = Render if is_to_render else Transfer
            await say(tx, following(delivery_id=row["delivery_id"]))
            log.warning("delivery_moved_again", delivery_id=str(row["delivery_id"]))


PERIODIC: Final[tuple[Periodic[Archive], ...]] = (
    Periodic("archive-sweep", every=lambda archive: archive.sweep_seconds, work=sweep),
)
