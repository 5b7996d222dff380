"""What intake answers about its ways in: what waits and why, receiving systems, mail brought in, outages (M1, M5, M9)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from intake import exporting, receivers, store
from intake.bringing import Brought, bring_in_files, confirmation
from intake.mailroom import Mailroom
from intake.reasons import reason_of
from intake.sorting.operations import operations
from sikkersak.contracts.intake_ways_in import (
    BringingLimits,
    BringInMail,
    BroughtIn,
    ExportMail,
    ListReceivers,
    ListWaitingMail,
    MailExport,
    OutageReport,
    ReadBringingLimits,
    ReadMailExport,
    Receivers,
    ReceiverStatus,
    RefuseWaitingMail,
    ReportOutage,
    ResumeReceiver,
    RetryWaitingMail,
    SchoolOutage,
    WaitingMail,
    WaitingMailPage,
)
from sikkersak.errors import Declined, NotFound
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row, Transaction, present

__all__ = ["operations"]  # with everything below answered too
WAITING: Final = "select * from mail where state = 'seen' and way = 'svarinn'"
MOST_FILES: Final = 100
OUTAGE: Final = """
select receiver_organisation as organisation, count(*)::int as arrived, count(stored_at)::int as taken_in,
  max(extract(epoch from coalesce(stored_at, now()) - received_at))::int as longest_wait_seconds
from mail where received_at >= $1 and received_at < $2 and split_from is null group by 1 order by 1
"""


@operations.answers(ListWaitingMail)
async def list_waiting_mail(asked: ListWaitingMail, ask: Ask, mailroom: Mailroom) -> WaitingMailPage:
    """What waits at SvarInn, with why."""
    del asked, mailroom
    rows = await ask.tx.fetch(f"{WAITING} and refusal_reported_at is null order by seen_at limit 200")
    return WaitingMailPage(items=tuple(_waiting(row) for row in rows))


@operations.answers(RetryWaitingMail)
async def retry_waiting_mail(asked: RetryWaitingMail, ask: Ask, mailroom: Mailroom) -> WaitingMail:
    """At the next poll; the sender may be told anew if it fails again."""
    del mailroom
    await _demand_waiting(ask.tx, asked.mail_id)
    sql = "update mail set next_try_at = now() where mail_id = $1 returning *"
    return _waiting(present(await ask.tx.fetchrow(sql, asked.mail_id), "mail"))


@operations.answers(RefuseWaitingMail)
async def refuse_waiting_mail(asked: RefuseWaitingMail, ask: Ask, mailroom: Mailroom) -> WaitingMail:
    """Noted here; the poller reports it (R2). Only ever by a person, for what has been tried and could not be read."""
    del mailroom
    row = await _demand_waiting(ask.tx, asked.mail_id)
    if row["shipment_id"] != asked.confirmed_shipment_id:
        raise Declined("not-confirmed", "Bekreft med forsendelsens id. Avvisningen kan ikke angres.")
    if not row["attempts"] or row["left_queue_at"] is not None:
        raise Declined("not-refusable", "Bare en forsendelse som er prøvd og fortsatt ligger i SvarInn kan avvises.")
    sql = "update mail set refused_by = $2, refused_at = now(), refusal_text = $3 where mail_id = $1 returning *"
    return _waiting(present(await ask.tx.fetchrow(sql, asked.mail_id, ask.actor.staff_id, asked.text), "mail"))


@operations.answers(ListReceivers)
async def list_receivers(asked: ListReceivers, ask: Ask, mailroom: Mailroom) -> Receivers:
    """Every receiving system that was ever asked."""
    del asked, mailroom
    return await _receivers(ask.tx)


@operations.answers(ResumeReceiver)
async def resume_receiver(asked: ResumeReceiver, ask: Ask, mailroom: Mailroom) -> Receivers:
    """Asked again at the next poll, with the credentials it has."""
    del mailroom
    if not await receivers.resume(ask.tx, asked.system, ask.actor.staff_id):
        raise NotFound("receiver")
    return await _receivers(ask.tx)


@operations.answers(BringInMail)
async def bring_in_mail(asked: BringInMail, ask: Ask, mailroom: Mailroom) -> BroughtIn:
    """As if it were electronic mail (M5). Key: the request's own, kept with its answer."""
    brought = Brought(
        way="upload",
        key=new_id(),
        title=asked.title,
        sender=asked.sender,
        receiver_organisation=asked.receiver_organisation,
        received_at=asked.received_at,
        origin_case_number=asked.origin_case_number,
        brought_by=ask.actor.staff_id,
    )
    if not all([await mailroom.vault.exists(file.ref) for file in asked.files]):
        raise Declined("file-gone", "En av filene finnes ikke. Last den opp på nytt.", status=422)
    row = await bring_in_files(ask.tx, mailroom, brought, asked.files)
    mail = await store.shown(ask.tx, row["mail_id"])
    return BroughtIn(mail=mail, confirmation=confirmation(row, len(asked.files)))


@operations.answers(ReadBringingLimits)
async def read_bringing_limits(asked: ReadBringingLimits, ask: Ask, mailroom: Mailroom) -> BringingLimits:
    """The same as for a shipment."""
    del asked, ask
    return BringingLimits(largest_bytes=mailroom.largest_shipment, most_files=MOST_FILES)


@operations.answers(ExportMail)
async def export_mail(asked: ExportMail, ask: Ask, mailroom: Mailroom) -> MailExport:
    """The package is made beside; its password is said now, and only now."""
    del asked
    return await exporting.order(ask.tx, mailroom.vault, ask.actor.staff_id)


@operations.answers(ReadMailExport)
async def read_mail_export(asked: ReadMailExport, ask: Ask, mailroom: Mailroom) -> MailExport:
    """Whether it is ready."""
    del mailroom
    return await exporting.read(ask.tx, asked.export_id)


@operations.answers(ReportOutage)
async def report_outage(asked: ReportOutage, ask: Ask, mailroom: Mailroom) -> OutageReport:
    """Numbers only: what came in, what is safe, how long it waited."""
    del mailroom
    rows = await ask.tx.fetch(OUTAGE, asked.since, asked.until)
    schools = tuple(SchoolOutage.model_validate(dict(row)) for row in rows)
    return OutageReport(since=asked.since, until=asked.until, schools=schools)


async def _receivers(tx: Transaction) -> Receivers:
    rows = await receivers.status(tx)
    return Receivers(
        items=tuple(ReceiverStatus.model_validate({**row, "oldest_waiting_since": row["oldest"]}) for row in rows)
    )


async def _demand_waiting(tx: Transaction, mail_id: UUID) -> Row:
    row = present(await tx.fetchrow("select * from mail where mail_id = $1 for update", mail_id), "mail")
    if row["state"] != "seen" or row["way"] != "svarinn":
        raise Declined("mail-not-waiting", "Forsendelsen er hentet, og venter ikke i SvarInn.")
    return row


def _waiting(row: Row) -> WaitingMail:
    return WaitingMail(
        mail_id=row["mail_id"],
        shipment_id=row["shipment_id"],
        system=row["system"],
        title=row["title"],
        sender=row["sender"]["name"],
        receiver_organisation=row["receiver_organisation"],
        received_at=row["received_at"],
        code=row["problem"],
        reason=reason_of(row["problem"]),
        attempts=row["attempts"],
        next_try_at=row["next_try_at"],
        has_left=row["left_queue_at"] is not None,
        is_refused=row["refused_at"] is not None,
    )
