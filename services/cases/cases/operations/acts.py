"""What every act on a document begins and ends with: may the actor, is it free, and the row in the audit log."""

from __future__ import annotations

from uuid import UUID

from cases.domain import lifecycle
from cases.domain.standing import Standing
from cases.store import access, audit, documents, people
from sikkersak.clock import now
from sikkersak.contracts.cases_documents import DocumentState, DocumentView
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row, Transaction


async def writable(ask: Ask, document_id: UUID) -> tuple[Standing, Row]:
    """The document, locked for this transaction, if the actor may write in its case and the case is open."""
    standing = await people.asking(ask)
    row = await documents.document(ask.tx, document_id, for_update=True)
    await access.writable_case(ask.tx, standing, row["case_id"])
    return standing, row


async def readable(ask: Ask, document_id: UUID) -> tuple[Standing, Row]:
    """The document if the actor may read its case; otherwise as if it did not exist."""
    standing = await people.asking(ask)
    row = await documents.document(ask.tx, document_id)
    await access.readable_case(ask.tx, standing, row["case_id"])
    return standing, row


async def move_to(tx: Transaction, row: Row, wanted: DocumentState, **also: object) -> None:
    """Moves it, by the table of moves; whoever held it for writing holds it no more."""
    state = lifecycle.move(DocumentState(row["state"]), wanted, needs_approval=row["needs_approval"])
    await documents.set_state(tx, row["document_id"], state, held_by=None, held_until=None, **also)


async def noted(ask: Ask, standing: Standing, case_id: UUID, document_id: UUID, act: str) -> DocumentView:
    """Writes what was done into the audit log; returns the document as it is now."""
    view = await documents.one_view(ask.tx, document_id)
    await audit.note(ask.tx, standing.staff_id, act, case_id=case_id, document_id=document_id)
    return view


def demand_read(row: Row, version: int | None) -> None:
    """Raises when it is another than the version that was read; nothing is compared where none is told."""
    if version is not None and row["version"] != version:
        raise lifecycle.StaleVersion


def demand_free(row: Row, standing: Standing) -> None:
    """Raises while somebody else is writing in it."""
    lifecycle.demand_free(row["held_by"], row["held_until"], standing.staff_id, now())


def demand_finished(row: Row) -> None:
    """Raises unless it is finished and counts."""
    lifecycle.demand_finished(DocumentState(row["state"]), is_withdrawn=row["withdrawn_at"] is not None)


def demand_editable(row: Row) -> None:
    """Raises while it is locked."""
    if DocumentState(row["state"]) not in lifecycle.EDITABLE:
        raise lifecycle.DocumentLocked(DocumentState(row["state"]))
