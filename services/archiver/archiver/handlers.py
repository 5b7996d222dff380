"""What archiver hears: orders to deliver, and its own orders to render and to transfer."""

from __future__ import annotations

import structlog

from archiver import store
from archiver.archive import Archive
from archiver.domain import SETTLED, needs_rendering
from archiver.store import reconciliation
from sikkersak.contracts.archiver import Deliver, DeliveryState, Render, Transfer
from sikkersak.contracts.finished import FinishedAccounted
from sikkersak.errors import Declined
from sikkersak.messaging.handlers import Handlers
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction

log = structlog.get_logger(__name__)
handlers: Handlers[Archive] = Handlers("archiver")


@handlers.hears(Deliver)
async def open_delivery(order: Deliver, tx: Transaction, archive: Archive) -> None:
    """Takes on the obligation. Key: delivery_id; an order that came before changes nothing."""
    del archive
    if await store.add_delivery(tx, order):
        following = Render if needs_rendering(order.kind) else Transfer
        await say(tx, following(delivery_id=order.delivery_id))


@handlers.hears(FinishedAccounted)
async def keep_accounts(fact: FinishedAccounted, tx: Transaction, archive: Archive) -> None:
    """What cases says is finished, for the reconciliation that asked. Key: reconciliation_id; the first is kept."""
    del archive
    await reconciliation.keep_accounts(tx, fact.reconciliation_id, fact.listing)


@handlers.performs(Render)
async def render(order: Render, archive: Archive) -> None:
    """Makes the archive renditions. Key: delivery_id; one that is rendered or settled is left alone."""
    row = await store.one_delivery(archive.database, order.delivery_id)
    if DeliveryState(row["state"]) in SETTLED or row["rendered_at"] is not None:
        return
    try:
        await archive.render(row)
    except Declined as no:  # written to the delivery already: a person acts there, nothing is to be parked
        log.warning("rendition_declined", delivery_id=str(order.delivery_id), code=no.code)


@handlers.performs(Transfer)
async def transfer(order: Transfer, archive: Archive) -> None:
    """Brings it to the archive core. Key: delivery_id; a settled one is left alone, a half-done one is completed."""
    row = await store.one_delivery(archive.database, order.delivery_id)
    if DeliveryState(row["state"]) in SETTLED:
        return
    try:
        await archive.transfer(row)
    except Declined as no:  # written to the delivery already
        log.warning("delivery_declined", delivery_id=str(order.delivery_id), code=no.code)
