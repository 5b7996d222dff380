"""What notifier hears: orders to send, forward and announce, and news that those concerned are told of."""

from __future__ import annotations

from typing import Final

from notifier import carrying
from notifier.changes import order_carrying, tell
from notifier.domain import FINAL
from notifier.news import gather, tell_each
from notifier.notices import GATHERED
from notifier.postroom import Postroom
from notifier.restarting import restart
from notifier.store import consignments, staff
from notifier.store.staff import News
from sikkersak.contracts.cases import ApprovalRequested, StaffChanged
from sikkersak.contracts.intake import MailReceived
from sikkersak.contracts.intake_distribution import ShreddingDue
from sikkersak.contracts.notifier import (
    Announce,
    Carry,
    ConsignmentKind,
    ConsignmentState,
    ForwardToArchive,
    ForwardToOrganisation,
    Notice,
    SendLetter,
)
from sikkersak.guidance.letters import FAILED
from sikkersak.messaging.handlers import Handlers
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction

handlers: Handlers[Postroom] = Handlers("notifier")
LETTER: Final = ConsignmentKind.LETTER


@handlers.hears(SendLetter)
async def send_letter(order: SendLetter, tx: Transaction, postroom: Postroom) -> None:
    """A letter that is ordered again is told of again, never sent again. Key: letter_id."""
    del postroom
    if await consignments.add_letter(tx, order):
        await say(tx, Carry(consignment_id=order.letter_id, kind=LETTER))
        return
    row = await consignments.consignment(tx, order.letter_id)
    if ConsignmentState(row["state"]) in FINAL:
        await tell(tx, row)


@handlers.hears(ForwardToArchive)
async def forward_mail(order: ForwardToArchive, tx: Transaction, postroom: Postroom) -> None:
    """A forwarding that failed went back to the distributor: ordered again, it begins anew. Key: mail_id (M4)."""
    if await consignments.add_forwarding(tx, order):
        await say(tx, Carry(consignment_id=order.mail_id, kind=ConsignmentKind.FORWARDING))
        return
    row = await consignments.consignment(tx, order.mail_id, for_update=True)
    if ConsignmentState(row["state"]) in FAILED:
        dossier = order.dossier.model_dump(mode="json")
        unsent = {"content_sent_at": None, "password_sent_at": None, "round": row["round"] + 1}
        unsent["kind"] = ConsignmentKind.FORWARDING.value
        await restart(tx, row, postroom.digest_wait, dossier=dossier, **unsent)
    elif ConsignmentState(row["state"]) in FINAL:
        await tell(tx, row)


@handlers.hears(ForwardToOrganisation)
async def redirect_mail(order: ForwardToOrganisation, tx: Transaction, postroom: Postroom) -> None:
    """As a forwarding, by SvarUt: what failed went back to the distributor and begins anew. Key: mail_id (M4)."""
    if await consignments.add_redirection(tx, order):
        await say(tx, Carry(consignment_id=order.mail_id, kind=ConsignmentKind.REDIRECTION))
        return
    row = await consignments.consignment(tx, order.mail_id, for_update=True)
    if ConsignmentState(row["state"]) in FAILED:
        kind = {"kind": ConsignmentKind.REDIRECTION.value, "dossier": order.dossier.model_dump(mode="json")}
        await restart(tx, row, postroom.digest_wait, **kind)
    elif ConsignmentState(row["state"]) in FINAL:
        await tell(tx, row)


@handlers.hears(ShreddingDue)
async def shredding_due(fact: ShreddingDue, tx: Transaction, postroom: Postroom) -> None:
    """Gathered into one notice for each school. Key: the message's id, in the inbox (M6, M22)."""
    await gather(tx, News(Notice.SHREDDING_DUE, fact.school_id, fact.papers), postroom.digest_wait)


@handlers.hears(Announce)
async def announce(order: Announce, tx: Transaction, postroom: Postroom) -> None:
    """News of one kind are gathered for each school; the rest goes out at once. Key: notice_id, or the inbox (M22)."""
    news = News(order.notice, order.school_id, order.count, order.staff_id)
    if order.notice in GATHERED or order.staff_id is not None:
        await gather(tx, news, postroom.digest_wait)
        return
    if await consignments.add_notice(tx, order):
        await order_carrying(tx, await consignments.consignment(tx, order.notice_id))
        await tell_each(tx, news)


@handlers.hears(MailReceived)
async def mail_received(fact: MailReceived, tx: Transaction, postroom: Postroom) -> None:
    """Gathered into one notice for each receiving organisation. Key: the message's id, in the inbox (M22)."""
    await gather(tx, News(Notice.NEW_MAIL), postroom.digest_wait, audience=fact.receiver_organisation)


@handlers.hears(ApprovalRequested)
async def approval_requested(fact: ApprovalRequested, tx: Transaction, postroom: Postroom) -> None:
    """Gathered into one notice for each school. Key: the message's id, in the inbox (M13, M22)."""
    await gather(tx, News(Notice.APPROVAL_WAITING, fact.school_id), postroom.digest_wait)


@handlers.hears(StaffChanged)
async def staff_changed(fact: StaffChanged, tx: Transaction, postroom: Postroom) -> None:
    """Whom news concern, and where they are reached. Key: staff_id and changed_at (M22)."""
    del postroom
    await staff.keep_staff(tx, fact)


@handlers.performs(Carry)
async def carry(order: Carry, postroom: Postroom) -> None:
    """Brings a consignment to its carrier. Key: consignment_id, its state, and who has it in hand."""
    await carrying.carry(order, postroom)
