"""What the gateway hears: changes that a person at the screen waits for."""

from __future__ import annotations

from gateway import store
from gateway.reception import Reception
from sikkersak.clock import now
from sikkersak.contracts.cases import DocumentFinished
from sikkersak.messaging.handlers import Handlers
from sikkersak.persistence.database import Transaction

handlers: Handlers[Reception] = Handlers("gateway")


@handlers.hears(DocumentFinished)
async def document_finished(fact: DocumentFinished, tx: Transaction, reception: Reception) -> None:
    """Kept for the pages that are open. Key: the message's id (inbox)."""
    del reception
    await store.note_change(tx, fact.document_id, fact.case_id, fact.school_id, now())
