"""What the gateway hears: changes that a person at the screen waits for."""

from __future__ import annotations

from gateway import staff_version, store
from gateway.reception import Reception
from sikkersak.clock import now
from sikkersak.contracts.cases import DocumentFinished
from sikkersak.contracts.cases_roles import RolesChanged
from sikkersak.messaging.handlers import Handlers
from sikkersak.persistence.database import Transaction

handlers: Handlers[Reception] = Handlers("gateway")


@handlers.hears(DocumentFinished)
async def document_finished(fact: DocumentFinished, tx: Transaction, reception: Reception) -> None:
    """Kept for the pages that are open. Key: the message's id (inbox)."""
    del reception
    await store.note_change(tx, fact.document_id, fact.case_id, fact.school_id, now())


@handlers.hears(RolesChanged)
async def staff_changed(fact: RolesChanged, tx: Transaction, reception: Reception) -> None:
    """What any replica remembers of people counts no more: a leaver's next request finds that. Key: the message's id."""
    del fact, reception
    await staff_version.advance(tx)
