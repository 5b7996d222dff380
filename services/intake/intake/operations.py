"""What intake answers when the gateway asks for a person: the inbox, and what the distributor decides (M7, M8).

Who may ask is declared in `sikkersak.identity.policy.intake`, and kept to before an operation begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import cast
from uuid import UUID

from intake import forwarding, orders, plan, store
from intake.domain import move
from intake.mailroom import Mailroom
from sikkersak.clock import OSLO, local_date, now
from sikkersak.contracts.cases import IncomingMailDossier, RegisterIncoming
from sikkersak.contracts.intake import (
    Attachment,
    DiscardMail,
    ForwardMail,
    ListMail,
    ListPlanVersions,
    MailDetail,
    MailPage,
    MailState,
    MailSummary,
    Plan,
    PlanVersions,
    PutPlan,
    ReadMail,
    ReadPlan,
    Registering,
    RegisterMail,
)
from sikkersak.contracts.notifier import ForwardToArchive, ForwardToOrganisation
from sikkersak.contracts.values import Party
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask, Operations
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row
from sikkersak.persistence.unchanged import demand_unchanged
from sikkersak.vault.sealed import seal

operations: Operations[Mailroom] = Operations("intake")


@operations.answers(ListMail)
async def list_mail(asked: ListMail, ask: Ask, mailroom: Mailroom) -> MailPage:
    """The inbox, oldest first."""
    del mailroom
    found = await store.mail_page(ask.tx, asked.state, asked.cursor, asked.limit)
    return MailPage(items=tuple(found), next=str(found[-1].mail_id) if len(found) == asked.limit else None)


@operations.answers(ReadMail)
async def read_mail(asked: ReadMail, ask: Ask, mailroom: Mailroom) -> MailDetail:
    """One piece of mail with its attachments and the plan's suggestion."""
    del mailroom
    row = await store.mail(ask.tx, asked.mail_id)
    entries = await plan.entries_in_force(ask.tx)
    suggested = plan.planned_for(entries, row)
    return MailDetail(
        summary=store.summary(row, entries),
        sender=Party.model_validate(row["sender"]),
        external_reference=row["external_reference"],
        attachments=await store.attachments(ask.tx, asked.mail_id),
        suggested_school_id=suggested.entry.school_id if suggested else None,
        suggested_case_type=suggested.entry.case_type if suggested else None,
        suggested_recipients=suggested.entry.recipients if suggested else (),
        suggested_because=suggested.because if suggested else None,
        replies_to=row["replies_to"],
        discard_reason=row["discard_reason"],
        forwarded_to=row["forwarded_to"],
        history=await store.history(ask.tx, asked.mail_id),
        registration_error=row["registration_error"],
        way=row["way"],
        named_case=row["named_case"],
        origin_case_number=row["origin_case_number"],
        matches=row["decision"] or (),
        sorted_by=row["rule_set_id"],
    )


@operations.answers(RegisterMail)
async def register_mail(asked: RegisterMail, ask: Ask, mailroom: Mailroom) -> MailSummary:
    """Orders it into a case; cases confirms or refuses (M7, M8)."""
    row = await deciding(ask, asked.mail_id, MailState.REGISTERING)
    if asked.is_withheld and not asked.access.is_exempt:
        raise Declined("withheld-without-basis", "Oppgi hjemmelen når tittelen skal skjules.", status=422)
    dossier = IncomingMailDossier(
        title=asked.document_title or row["title"],
        sender=asked.sender or Party.model_validate(row["sender"]),
        received_at=_received_at(asked, row),
        document_date=asked.document_date,
        category=asked.category,
        access=asked.access,
        case_title=asked.case_title,
        files=tuple(one.file for one in await _usable(ask, asked)),
        external_reference=row["external_reference"],
        is_internal=asked.registering is Registering.INTERNAL,
        is_withheld=asked.is_withheld,
    )
    order = RegisterIncoming(
        mail_id=asked.mail_id,
        school_id=asked.school_id,
        pupil_id=asked.pupil_id,
        case_id=asked.case_id,
        case_type=asked.case_type,
        responsible_id=asked.responsible_id,
        registered_by=ask.actor.staff_id,
        dossier=await seal(mailroom.vault, dossier),
        recipients=asked.recipients,
        is_reopening=asked.is_reopening,
    )
    ordered = Ordered(order, mailroom.undo_seconds)
    return await decided(ask, row, MailState.REGISTERING, "register", ordered, school_id=asked.school_id)


@operations.answers(ForwardMail)
async def forward_mail(asked: ForwardMail, ask: Ask, mailroom: Mailroom) -> MailSummary:
    """Orders it to the general archive's mailbox, encrypted, or to another organisation; it leaves when delivered (M4)."""
    row = await deciding(ask, asked.mail_id, MailState.FORWARDING)
    order: ForwardToArchive | ForwardToOrganisation
    if asked.to_organisation is None:
        order = await forwarding.to_archive(ask.tx, mailroom, row, asked.archive_case_number)
    else:
        to = forwarding.Receiver(asked.to_organisation, asked.to_name or asked.to_organisation)
        order = await forwarding.to_organisation(ask.tx, mailroom, row, to, asked.remark)
    ordered = Ordered(order, mailroom.undo_seconds)
    return await decided(ask, row, MailState.FORWARDING, "forward", ordered, forwarded_to=asked.to_organisation)


@operations.answers(DiscardMail)
async def discard_mail(asked: DiscardMail, ask: Ask, mailroom: Mailroom) -> MailSummary:
    """Sets it aside with a reason; nothing is removed."""
    del mailroom
    row = await deciding(ask, asked.mail_id, MailState.DISCARDED)
    return await decided(ask, row, MailState.DISCARDED, "discard", discard_reason=asked.reason)


@operations.answers(ReadPlan)
async def read_plan(asked: ReadPlan, ask: Ask, mailroom: Mailroom) -> Plan:
    """*Post inn til skoler*."""
    del mailroom
    return await plan.read(ask.tx, asked.version)


@operations.answers(ListPlanVersions)
async def list_plan_versions(asked: ListPlanVersions, ask: Ask, mailroom: Mailroom) -> PlanVersions:
    """Who changed it, when, from when it counts."""
    del asked, mailroom
    return await plan.versions(ask.tx)


@operations.answers(PutPlan)
async def put_plan(asked: PutPlan, ask: Ask, mailroom: Mailroom) -> Plan:
    """A new version, if the plan is still the one that was read; mail that is not distributed yet is seen in its light."""
    del mailroom

    async def tag() -> str:
        return (await plan.read(ask.tx, None)).tag

    await demand_unchanged(ask.tx, "plan", asked.if_match, tag)
    plan.demand_words(asked.entries)
    return await plan.put(ask.tx, asked, ask.actor.staff_id)


async def deciding(ask: Ask, mail_id: UUID, wanted: MailState) -> Row:
    """The mail, locked for this transaction, if it may go where it is wanted."""
    row = await store.locked_mail(ask.tx, mail_id)
    move(MailState(row["state"]), wanted)
    return row


@dataclass(frozen=True)
class Ordered:
    """What a decision orders elsewhere; said at once, or after the time in which it can be undone."""

    order: orders.Order
    held_seconds: float


async def decided(
    ask: Ask, row: Row, state: MailState, act: str, ordered: Ordered | None = None, **also: object
) -> MailSummary:
    """Notes a person's decision, and keeps and says what it orders."""
    held = 0.0
    if ordered is not None:
        held, also = ordered.held_seconds, also | orders.kept(ordered.order)
    await store.decide(ask.tx, row["mail_id"], state, act, ask.actor.staff_id, held_seconds=held, **also)
    if ordered is not None and held <= 0:
        await say(ask.tx, ordered.order)
    return await store.shown(ask.tx, row["mail_id"])


def _received_at(asked: RegisterMail, row: Row) -> datetime:
    """As the shipment says, or on the day that a person says; no mail was received in the future."""
    if asked.received_on is None:
        return cast("datetime", row["received_at"])
    if asked.received_on > local_date(now()):
        raise Declined("received-in-future", "Mottatt dato kan ikke være fram i tid.", status=422)
    return datetime.combine(asked.received_on, time(12), OSLO)


async def _usable(ask: Ask, asked: RegisterMail) -> list[Attachment]:
    """What goes into the case. What cannot be opened must be left out knowingly, or asked for again (R11)."""
    found = await store.files(ask.tx, asked.mail_id)
    taken = [one for one in found if one.attachment_id not in asked.leave_out]
    unusable = [one for one in taken if one.problem is not None]
    if unusable:
        raise Declined(
            "attachment-unusable",
            f"{len(unusable)} vedlegg kan ikke åpnes ({', '.join(sorted({str(one.problem) for one in unusable}))}). "
            "Be avsender om ny fil, eller registrer uten vedlegget.",
        )
    if not taken:
        raise Declined("nothing-to-register", "Det er ingen vedlegg å registrere.")
    return taken
