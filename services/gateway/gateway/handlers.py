"""What the gateway hears: what a person at the screen, or another system, waits for. Key of each: the message's id (inbox)."""

from __future__ import annotations

from gateway import staff_version, store
from gateway.reception import Reception
from gateway.store import Change
from gateway.webhooks.domain import Event
from gateway.webhooks.store import note_event
from sikkersak.clock import now
from sikkersak.contracts.archiver import DeliveryChanged
from sikkersak.contracts.cases import DocumentFinished
from sikkersak.contracts.cases_roles import RolesChanged
from sikkersak.contracts.notifier import LetterChanged
from sikkersak.contracts.signing import JobChanged
from sikkersak.messaging.handlers import Handlers
from sikkersak.persistence.database import Transaction

handlers: Handlers[Reception] = Handlers("gateway")


@handlers.hears(DocumentFinished)
async def document_finished(fact: DocumentFinished, tx: Transaction, reception: Reception) -> None:
    """Locked, and on its way to the archive."""
    del reception
    await store.note_change(tx, Change("finished", None, fact.document_id, fact.case_id, fact.school_id), now())
    await note_event(tx, Event.FINISHED, fact.document_id, now())


@handlers.hears(DeliveryChanged)
async def delivery_changed(fact: DeliveryChanged, tx: Transaction, reception: Reception) -> None:
    """Further on its way into the archive, or stopped."""
    del reception
    change = Change("archive", fact.state.value, fact.document_id, fact.case_id, fact.school_id)
    await store.note_change(tx, change, now())
    await note_event(tx, Event.ARCHIVING, fact.document_id, now())


@handlers.hears(JobChanged)
async def job_changed(fact: JobChanged, tx: Transaction, reception: Reception) -> None:
    """Somebody signed, or will not."""
    del reception
    await store.note_change(tx, Change("signing", fact.state.value, fact.document_id, fact.case_id), now())
    await note_event(tx, Event.SIGNING, fact.document_id, now())


@handlers.hears(LetterChanged)
async def letter_changed(fact: LetterChanged, tx: Transaction, reception: Reception) -> None:
    """A letter has come further."""
    del reception
    await store.note_change(tx, Change("letter", fact.state.value, fact.document_id, fact.case_id), now())
    await note_event(tx, Event.SENDING, fact.document_id, now())


@handlers.hears(RolesChanged)
async def staff_changed(fact: RolesChanged, tx: Transaction, reception: Reception) -> None:
    """What any replica remembers of people counts no more: a leaver's next request finds that. Key: the message's id."""
    del fact, reception
    await staff_version.advance(tx)
