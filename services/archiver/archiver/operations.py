"""What archiver answers: the archive log (M26). Administrators and distributors all, school leaders their own schools'."""

from __future__ import annotations

from uuid import UUID

from archiver import store
from archiver.archive import Archive
from archiver.domain import RETRYABLE, NotRetryable, needs_rendering
from sikkersak.contracts.archiver import (
    DeliveryDetail,
    DeliveryKind,
    DeliveryPage,
    DeliveryRow,
    DeliveryState,
    ListDeliveries,
    ReadDelivery,
    Render,
    RetryDelivery,
    Transfer,
)
from sikkersak.errors import NotFound
from sikkersak.identity import Actor, Permission
from sikkersak.messaging.operations import Ask, Operations
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row

operations: Operations[Archive] = Operations("archiver")


@operations.answers(ListDeliveries)
async def list_deliveries(asked: ListDeliveries, ask: Ask, archive: Archive) -> DeliveryPage:
    """The archive log, newest first."""
    del archive
    found, counts = await store.delivery_page(ask.tx, _schools(ask.actor), asked)
    following = str(found[-1].delivery_id) if len(found) == asked.limit else None
    return DeliveryPage(items=tuple(found), counts=counts, next=following)


@operations.answers(ReadDelivery)
async def read_delivery(asked: ReadDelivery, ask: Ask, archive: Archive) -> DeliveryDetail:
    """One delivery and its attempts."""
    del archive
    row = await _visible(ask, asked.delivery_id)
    return DeliveryDetail(row=store.shown(row), attempts=await store.attempts(ask.tx, asked.delivery_id))


@operations.answers(RetryDelivery)
async def retry_delivery(asked: RetryDelivery, ask: Ask, archive: Archive) -> DeliveryRow:
    """Sends it again now, from the step that it had come to."""
    del archive
    row = await _visible(ask, asked.delivery_id)
    if DeliveryState(row["state"]) not in RETRYABLE:
        raise NotRetryable
    reopened = await store.reopen(ask.tx, asked.delivery_id)
    is_to_render = needs_rendering(DeliveryKind(row["kind"])) and row["rendered_at"] is None
    following = Render if is_to_render else Transfer
    await say(ask.tx, following(delivery_id=asked.delivery_id))
    return store.shown(reopened)


def _schools(actor: Actor) -> list[UUID] | None:
    """Every school for those who see all; the own ones for others. Who may ask at all, the access policy says."""
    return None if actor.holds(Permission.ARCHIVE_LOG_ALL) else sorted(actor.schools)


async def _visible(ask: Ask, delivery_id: UUID) -> Row:
    schools = _schools(ask.actor)
    row = await store.delivery(ask.tx, delivery_id)
    if schools is not None and row["school_id"] not in schools:
        raise NotFound("delivery")
    return row
