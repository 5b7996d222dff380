"""What intake answers when the gateway asks for a person: the inbox, and what the distributor decides (M7, M8).

Who may ask is declared in `sikkersak.identity.policy.intake`, and kept to before an operation begins.
"""

from __future__ import annotations

from uuid import UUID

from intake import orders, store
from intake.domain import move
from intake.mailroom import Mailroom
from sikkersak.contracts.cases import IncomingMailDossier, RegisterIncoming
from sikkersak.contracts.intake import (
    Attachment,
    DiscardMail,
    ForwardMail,
    ListMail,
    MailDetail,
    MailPage,
    MailState,
    MailSummary,
    Plan,
    PutPlan,
    ReadMail,
    ReadPlan,
    RegisterMail,
)
from sikkersak.contracts.notifier import ForwardingDossier, ForwardToArchive
from sikkersak.contracts.values import Party
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask, Operations
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
    return MailDetail(
        summary=store.summary(row),
        sender=Party.model_validate(row["sender"]),
        external_reference=row["external_reference"],
        attachments=await store.attachments(ask.tx, asked.mail_id),
        suggested_school_id=row["planned_school"],
        suggested_case_type=await store.case_type_for(ask.tx, row["receiver_organisation"]),
        registration_error=row["registration_error"],
        way=row["way"],
        named_case=row["named_case"],
        origin_case_number=row["origin_case_number"],
    )


@operations.answers(RegisterMail)
async def register_mail(asked: RegisterMail, ask: Ask, mailroom: Mailroom) -> MailSummary:
    """Orders it into a case; cases confirms or refuses (M7, M8)."""
    row = await _deciding(ask, asked.mail_id, MailState.REGISTERING)
    dossier = IncomingMailDossier(
        title=asked.document_title or row["title"],
        sender=Party.model_validate(row["sender"]),
        received_at=row["received_at"],
        document_date=asked.document_date,
        category=asked.category,
        access=asked.access,
        case_title=asked.case_title,
        files=tuple(one.file for one in await _usable(ask, asked)),
        external_reference=row["external_reference"],
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
    )
    await orders.give(ask.tx, order)
    return await _decided(ask, row, MailState.REGISTERING, school_id=asked.school_id)


@operations.answers(ForwardMail)
async def forward_mail(asked: ForwardMail, ask: Ask, mailroom: Mailroom) -> MailSummary:
    """Orders it to the general archive's mailbox, encrypted; it leaves the inbox when it was delivered (M4)."""
    row = await _deciding(ask, asked.mail_id, MailState.FORWARDING)
    attachments = await store.attachments(ask.tx, asked.mail_id)
    dossier = ForwardingDossier(
        title=row["title"],
        sender=Party.model_validate(row["sender"]),
        received_at=row["received_at"],
        archive_case_number=asked.archive_case_number,
        files=tuple(one.file for one in attachments),
    )
    order = ForwardToArchive(mail_id=asked.mail_id, dossier=await seal(mailroom.vault, dossier))
    await orders.give(ask.tx, order)
    return await _decided(ask, row, MailState.FORWARDING)


@operations.answers(DiscardMail)
async def discard_mail(asked: DiscardMail, ask: Ask, mailroom: Mailroom) -> MailSummary:
    """Sets it aside with a reason; nothing is removed."""
    del mailroom
    row = await _deciding(ask, asked.mail_id, MailState.DISCARDED)
    return await _decided(ask, row, MailState.DISCARDED, discard_reason=asked.reason)


@operations.answers(ReadPlan)
async def read_plan(asked: ReadPlan, ask: Ask, mailroom: Mailroom) -> Plan:
    """*Post inn til skoler*."""
    del asked, mailroom
    return Plan(entries=await store.plan(ask.tx))


@operations.answers(PutPlan)
async def put_plan(asked: PutPlan, ask: Ask, mailroom: Mailroom) -> Plan:
    """Replaces the plan, if it is still the one that was read."""
    del mailroom

    async def tag() -> str:
        return Plan(entries=await store.plan(ask.tx)).tag

    await demand_unchanged(ask.tx, "plan", asked.if_match, tag)
    await store.put_plan(ask.tx, asked.entries)
    return Plan(entries=await store.plan(ask.tx))


async def _deciding(ask: Ask, mail_id: UUID, wanted: MailState) -> Row:
    """The mail, locked for this transaction, if it may go where it is wanted."""
    row = await store.mail(ask.tx, mail_id, for_update=True)
    move(MailState(row["state"]), wanted)
    return row


async def _decided(ask: Ask, row: Row, state: MailState, **also: object) -> MailSummary:
    await store.decide(ask.tx, row["mail_id"], state, ask.actor.staff_id, **also)
    return store.summary(await store.mail(ask.tx, row["mail_id"]))


async def _usable(ask: Ask, asked: RegisterMail) -> list[Attachment]:
    """What goes into the case. What cannot be opened must be left out knowingly, or asked for again (R11)."""
    found = await store.attachments(ask.tx, asked.mail_id)
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
