"""What may follow when a document is locked: a new assessment, a correction that refers to it, Utgår (M8, M12)."""

from __future__ import annotations

from cases.domain.lifecycle import CorrectionOpen, IncomingNotCorrected, NotFinished, OutForSignature
from cases.office import Office
from cases.operations import acts, operations
from cases.store import audit, cases, documents, editions, tasks
from sikkersak.clock import now
from sikkersak.contracts.archiver import RecordType
from sikkersak.contracts.cases import DocumentState, DocumentView, EventKind
from sikkersak.contracts.cases_casework import TaskKind
from sikkersak.contracts.cases_documents import AssessAccess, CorrectDocument, WithdrawDocument
from sikkersak.messaging.operations import Ask

CARRIED_OVER = (
    *("case_id", "title", "public_title", "kind", "record_type", "needs_approval", "access", "language"),
    *("template_id", "body", "to_guardians", "parties", "attachments"),
)


@operations.answers(AssessAccess)
async def assess_access(asked: AssessAccess, ask: Ask, office: Office) -> DocumentView:
    """A draft is archived with it; for what is locked it stands beside, and the newest counts (M8)."""
    del office
    standing, row = await acts.writable(ask, asked.document_id)
    if row["state"] == DocumentState.FINISHED.value:
        await editions.assess_finished(ask.tx, asked.document_id, standing.staff_id, asked.access, asked.public_title)
    else:
        acts.demand_editable(row)
        acts.demand_free(row, standing)
        await editions.assess_draft(ask.tx, asked.document_id, asked.access, asked.public_title)
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, "access-assessed")


@operations.answers(CorrectDocument)
async def correct_document(asked: CorrectDocument, ask: Ask, office: Office) -> DocumentView:
    """A new draft with the old one's text and parties; approved, finished and archived on its own."""
    del office
    standing, row = await acts.writable(ask, asked.document_id)
    if row["state"] != DocumentState.FINISHED.value:
        raise NotFinished
    if row["record_type"] == RecordType.INCOMING.value or row["template_id"] is None:
        raise IncomingNotCorrected
    if await editions.has_open_correction(ask.tx, asked.document_id):
        raise CorrectionOpen
    shown = await documents.one_view(ask.tx, asked.document_id)
    event_id = await cases.add_event(ask.tx, row["case_id"], EventKind(row["kind"]), f"Rettelse: {row['title']}", now())
    fields = {name: row[name] for name in CARRIED_OVER} | {
        "event_id": event_id,
        "state": DocumentState.DRAFT.value,
        "public_title": shown.public_title,
        "access": shown.access.model_dump(mode="json"),
        "files": [],
        "owner_id": standing.staff_id,
        "corrects": asked.document_id,
    }
    document_id = await documents.add_document(ask.tx, fields)
    return await acts.noted(ask, standing, row["case_id"], document_id, "correction-begun")


@operations.answers(WithdrawDocument)
async def withdraw_document(asked: WithdrawDocument, ask: Ask, office: Office) -> DocumentView:
    """Utgår: it stays, and says why it does not count; in the archive core a person marks it, by a task."""
    del office
    standing, row = await acts.writable(ask, asked.document_id)
    acts.demand_finished(row)
    if row["signing"] in {"waiting", "awaiting_signatures"}:
        raise OutForSignature
    await editions.withdraw(ask.tx, asked.document_id, standing.staff_id, asked.reason)
    school_id = await cases.school_of(ask.tx, row["case_id"])
    about = {"case_id": row["case_id"], "document_id": asked.document_id}
    await tasks.add(ask.tx, TaskKind.WITHDRAW_IN_ARCHIVE, school_id, **about)
    view = await documents.one_view(ask.tx, asked.document_id)
    await audit.note(ask.tx, standing.staff_id, "document-withdrawn", **about)
    return view
