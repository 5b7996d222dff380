"""What intake hears: what became of its decisions in cases and at the general archive."""

from __future__ import annotations

from typing import Final

from intake import paper, store
from intake.mailroom import Mailroom
from sikkersak.contracts.cases import MailRefused, MailTaken
from sikkersak.contracts.intake import MailState
from sikkersak.contracts.notifier import ConsignmentState, ForwardingChanged
from sikkersak.messaging.handlers import Handlers
from sikkersak.persistence.database import Transaction

handlers: Handlers[Mailroom] = Handlers("intake")
UNDELIVERED: Final = frozenset({ConsignmentState.DECLINED, ConsignmentState.GIVEN_UP})


@handlers.hears(MailTaken)
async def mail_taken(fact: MailTaken, tx: Transaction, mailroom: Mailroom) -> None:
    """It stands in a case; a scan's paper is kept from now on. Key: mail_id and its state."""
    del mailroom
    mail = await store.settle(tx, fact.mail_id, MailState.REGISTERING, MailState.REGISTERED, case_id=fact.case_id)
    if mail is not None:
        await paper.note_scan(tx, mail)


@handlers.hears(MailRefused)
async def mail_refused(fact: MailRefused, tx: Transaction, mailroom: Mailroom) -> None:
    """Back to the distributor with the reason. Key: mail_id and its state."""
    del mailroom
    await store.settle(tx, fact.mail_id, MailState.REGISTERING, MailState.STORED, registration_error=fact.code)


@handlers.hears(ForwardingChanged)
async def forwarding_changed(fact: ForwardingChanged, tx: Transaction, mailroom: Mailroom) -> None:
    """Delivered to the general archive, or back to the distributor. Key: mail_id and its state (M4)."""
    del mailroom
    if fact.state is ConsignmentState.DELIVERED:
        await store.settle(tx, fact.mail_id, MailState.FORWARDING, MailState.FORWARDED, settled_at=fact.changed_at)
    elif fact.state in UNDELIVERED:
        error = fact.code or "not-delivered"
        await store.settle(tx, fact.mail_id, MailState.FORWARDING, MailState.STORED, registration_error=error)
