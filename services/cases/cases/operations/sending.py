"""Letters: who is written to and why, and what stops them (M21)."""

from __future__ import annotations

from cases import enclosures, followup
from cases.domain.sending import TEXTS, is_stopped
from cases.dossiers import Sealed
from cases.office import Office
from cases.operations import acts, operations
from cases.store import documents
from sikkersak.contracts.cases_documents import DocumentView, PlannedLetter, ReadSendingPlan, SendDocument, SendingPlan
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask


@operations.answers(ReadSendingPlan)
async def read_sending_plan(asked: ReadSendingPlan, ask: Ask, office: Office) -> SendingPlan:
    """What sending would do, and why, as things are now."""
    _, row = await acts.readable(ask, asked.document_id)
    planned = await followup.plan(ask.tx, Sealed(office), row)
    letters = tuple(
        PlannedLetter(name=one.party.name, why=one.why, detail=TEXTS[one.why], is_stopped=one.is_stopped)
        for one in planned
    )
    return SendingPlan(letters=letters, is_stopped=is_stopped(planned))


@operations.answers(SendDocument)
async def send_document(asked: SendDocument, ask: Ask, office: Office) -> DocumentView:
    """Sends it at once or when what it waits for is there; a protected address stops it and makes a task (M21)."""
    standing, row = await acts.writable(ask, asked.document_id)
    acts.demand_finished(row)
    if row["signing"] in {"declined", "expired", "failed"}:
        raise Declined("not-signed", "Dokumentet ble ikke signert og kan ikke sendes.")
    if await documents.has_letters(ask.tx, asked.document_id) or row["is_to_be_sent"]:
        raise Declined("already-sent", "Dokumentet er allerede sendt.")
    sealed = Sealed(office)
    await enclosures.files_of(ask.tx, row, asked.further_documents, is_signed_too=True)
    if is_stopped(await followup.plan(ask.tx, sealed, row)):
        await followup.stop_sending(ask.tx, row)
        return await acts.noted(ask, standing, row["case_id"], asked.document_id, "sending-stopped")
    await documents.want_sending(ask.tx, asked.document_id, wanted=True, enclosed=asked.further_documents)
    await followup.order_letters(ask.tx, sealed, await documents.document(ask.tx, asked.document_id))
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, "document-sent")
