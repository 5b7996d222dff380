"""What archiver answers: the archive log (M26). Administrators and distributors all, school leaders their own schools'."""

from __future__ import annotations

import asyncio
from uuid import UUID

from archiver import store
from archiver.archive import Archive
from archiver.domain import RETRYABLE, InDoubt, NotRetryable, Settled, needs_rendering
from archiver.operations.rights import operations, schools_of
from archiver.store import log
from sikkersak.contracts.archiver import (
    Act,
    ArchiveDossier,
    CountNotArchived,
    DeliveryDetail,
    DeliveryFilter,
    DeliveryGroups,
    DeliveryKind,
    DeliveryPage,
    DeliveryRow,
    DeliveryState,
    GiveUpDelivery,
    GroupDeliveries,
    ListDeliveries,
    MendDelivery,
    Mended,
    NotArchived,
    ReadDelivery,
    Render,
    RetryDeliveries,
    RetryDelivery,
    RetryOutcome,
    Transfer,
)
from sikkersak.errors import Declined, NotFound, Transient
from sikkersak.messaging.operations import Ask
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import seal, unseal

ASK_ARCHIVE_SECONDS = 5.0


@operations.answers(ListDeliveries)
async def list_deliveries(asked: ListDeliveries, ask: Ask, archive: Archive) -> DeliveryPage:
    """The archive log, newest first."""
    del archive
    chosen = DeliveryFilter.model_validate(asked.model_dump())
    cursor = UUID(asked.cursor) if asked.cursor else None
    found, counts = await log.page(ask.tx, schools_of(ask.actor), chosen, cursor, asked.limit)
    following = str(found[-1].delivery_id) if len(found) == asked.limit else None
    return DeliveryPage(items=tuple(found), counts=counts, next=following)


@operations.answers(GroupDeliveries)
async def group_deliveries(asked: GroupDeliveries, ask: Ask, archive: Archive) -> DeliveryGroups:
    """What is not archived, by cause."""
    del asked, archive
    return DeliveryGroups(groups=tuple(await log.groups(ask.tx, schools_of(ask.actor))))


@operations.answers(CountNotArchived)
async def count_not_archived(asked: CountNotArchived, ask: Ask, archive: Archive) -> NotArchived:
    """By age, here and as seen from the archive; a school's leader does not see what others have there."""
    del asked
    schools = schools_of(ask.actor)
    ages = await log.ages(ask.tx, schools)
    unfinished = await _unfinished(archive) if schools is None else None
    return NotArchived(total=sum(age.count for age in ages), ages=ages, unfinished_in_archive=unfinished)


@operations.answers(ReadDelivery)
async def read_delivery(asked: ReadDelivery, ask: Ask, archive: Archive) -> DeliveryDetail:
    """One delivery, its attempts, and what people did to it."""
    del archive
    row = await visible(ask, asked.delivery_id)
    attempts, acts = await store.attempts(ask.tx, asked.delivery_id), await log.mendings(ask.tx, asked.delivery_id)
    return DeliveryDetail(row=log.shown(row), attempts=attempts, mendings=acts)


@operations.answers(RetryDelivery)
async def retry_delivery(asked: RetryDelivery, ask: Ask, archive: Archive) -> DeliveryRow:
    """Sends it again now, from the step that it had come to."""
    del archive
    row = await visible(ask, asked.delivery_id)
    if DeliveryState(row["state"]) not in RETRYABLE:
        raise NotRetryable
    await log.note_act(ask.tx, row, Act.SENT_AGAIN, ask.actor.staff_id, "")
    return log.shown(await send_again(ask, row))


@operations.answers(RetryDeliveries)
async def retry_deliveries(asked: RetryDeliveries, ask: Ask, archive: Archive) -> RetryOutcome:
    """Sends again those that qualify of the named or the filtered; says how many did."""
    del archive
    if bool(asked.delivery_ids) == (asked.filter is not None):
        raise Declined("retry-what", "Velg leveringer, eller et filter – ikke begge.", status=422)
    meant, rows = await log.meant(ask.tx, schools_of(ask.actor), asked.delivery_ids, asked.filter)
    if not asked.only_count:
        for row in rows:
            await log.note_act(ask.tx, row, Act.SENT_AGAIN, ask.actor.staff_id, asked.reason)
            await send_again(ask, row)
    return RetryOutcome(meant=meant, qualify=len(rows), sent=0 if asked.only_count else len(rows))


@operations.answers(MendDelivery)
async def mend_delivery(asked: MendDelivery, ask: Ask, archive: Archive) -> DeliveryRow:
    """A new dossier beside the old one, and sent again."""
    row = await visible(ask, asked.delivery_id)
    if DeliveryState(row["state"]) not in RETRYABLE:
        raise Settled
    _refuse_doubt(row)
    old = await unseal(archive.vault, VaultRef.model_validate(row["dossier"]), ArchiveDossier)
    new, fields = _with(old, asked.mended)
    if not fields:
        raise Declined("nothing-mended", "Det er ikke rettet noe. Send på nytt uten å rette i stedet.", status=422)
    ref = (await seal(archive.vault, new)).model_dump(mode="json")
    await log.note_act(ask.tx, row, Act.MENDED, ask.actor.staff_id, asked.reason, fields=fields, after=ref)
    await log.replace_dossier(ask.tx, asked.delivery_id, ref)
    return log.shown(await send_again(ask, row))


@operations.answers(GiveUpDelivery)
async def give_up_delivery(asked: GiveUpDelivery, ask: Ask, archive: Archive) -> DeliveryRow:
    """Settled by a person, with a reason that stands in the log."""
    del archive
    row = await visible(ask, asked.delivery_id)
    _refuse_doubt(row)
    if DeliveryState(row["state"]) not in {DeliveryState.DECLINED, DeliveryState.RETRYING}:
        raise Settled
    await log.note_act(ask.tx, row, Act.GIVEN_UP, ask.actor.staff_id, asked.reason)
    return log.shown(await store.give_up(ask.tx, asked.delivery_id, asked.reason))


def _refuse_doubt(row: Row) -> None:
    """The archive may have it as it was: it is asked first, and changed afterwards if need be."""
    if DeliveryState(row["state"]) is DeliveryState.UNKNOWN:
        raise InDoubt


async def send_again(ask: Ask, row: Row) -> Row:
    """The delivery waits again, and what comes next is ordered."""
    reopened = await store.reopen(ask.tx, row["delivery_id"])
    is_to_render = needs_rendering(DeliveryKind(row["kind"])) and row["rendered_at"] is None
    following = Render if is_to_render else Transfer
    await say(ask.tx, following(delivery_id=row["delivery_id"]))
    return reopened


def _with(old: ArchiveDossier, mended: Mended) -> tuple[ArchiveDossier, list[str]]:
    """The dossier with the corrections, and which fields became different."""
    changes = {name: value for name in type(mended).model_fields if (value := getattr(mended, name)) is not None}
    case_access = changes.pop("case_access", None)
    fields = [name for name, value in changes.items() if getattr(old, name) != value]
    if case_access is not None and old.case_file.access != case_access:
        changes["case_file"] = old.case_file.model_copy(update={"access": case_access})
        fields.append("case_access")
    return old.model_copy(update=changes), fields


async def _unfinished(archive: Archive) -> int | None:
    try:
        async with asyncio.timeout(ASK_ARCHIVE_SECONDS):
            return len(await archive.core.unfinished_records())
    except (Transient, Declined, TimeoutError):
        return None


async def visible(ask: Ask, delivery_id: UUID) -> Row:
    """The delivery, if the actor may see it (R8)."""
    schools = schools_of(ask.actor)
    row = await store.delivery(ask.tx, delivery_id)
    if schools is not None and row["school_id"] not in schools:
        raise NotFound("delivery")
    return row
