"""What may follow when a document is locked: a new assessment, a correction that refers to it, Utgår (M8, M12)."""

from __future__ import annotations

from cases import followup
from cases.domain.lifecycle import CorrectionOpen, IncomingNotCorrected, NotFinished, OutForSignature
from cases.domain.standing import Permission, Standing
from cases.dossiers import Sealed
from cases.office import Office
from cases.operations import acts, operations
from cases.store import cases, documents, editions
from sikkersak.clock import now
from sikkersak.contracts.archiver import RecordType
from sikkersak.contracts.cases_documents import (
    AssessAccess,
    CorrectDocument,
    DocumentState,
    DocumentView,
    EventKind,
    WithdrawDocument,
)
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row
from sikkersak.persistence.unchanged import demand_unchanged

CARRIED_OVER = (
    *("case_id", "title", "public_title", "kind", "record_type", "needs_approval", "access", "language"),
    *("template_id", "body", "to_guardians", "parties", "attachments"),
)


@operations.answers(AssessAccess)
async def assess_access(asked: AssessAccess, ask: Ask, office: Office) -> DocumentView:
    """A draft is archived with it; for what is locked it stands beside, the newest counts, and the archive gets it (M8)."""
    standing, row = await acts.writable(ask, asked.document_id)

    async def tag() -> str:
        return (await documents.one_view(ask.tx, asked.document_id)).assessment.tag

    await demand_unchanged(ask.tx, f"assessment:{asked.document_id}", asked.if_match, tag)
    if row["state"] == DocumentState.FINISHED.value:
        await _assess_finished(asked, ask, office, standing, row)
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
    document_id = (await documents.add_document(ask.tx, fields))["document_id"]
    return await acts.noted(ask, standing, row["case_id"], document_id, "correction-begun")


@operations.answers(WithdrawDocument)
async def withdraw_document(asked: WithdrawDocument, ask: Ask, office: Office) -> DocumentView:
    """Utgår: it stays, and says why it does not count; in the archive too. A right of its own (M12)."""
    standing, row = await acts.writable(ask, asked.document_id)
    standing.demand_at(Permission.WITHDRAW, await cases.school_of(ask.tx, row["case_id"]))
    acts.demand_finished(row)
    if row["signing"] in {"waiting", "awaiting_signatures"}:
        raise OutForSignature
    await editions.withdraw(ask.tx, asked.document_id, standing.staff_id, asked.reason)
    await followup.archive_withdrawal(ask.tx, Sealed(office), row, asked.reason)
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, "document-withdrawn")


async def _assess_finished(asked: AssessAccess, ask: Ask, office: Office, standing: Standing, row: Row) -> None:
    before = await documents.one_view(ask.tx, asked.document_id)
    await editions.assess_finished(ask.tx, asked.document_id, standing.staff_id, asked.access, asked.public_title)
    after = await documents.one_view(ask.tx, asked.document_id)
    is_changed = (before.access, before.public_title) != (after.access, after.public_title)
    # What is withdrawn takes no change in the archive; here the newer assessment shows it, or shields it, all the same.
    if is_changed and row["withdrawn_at"] is None:
        await followup.archive_assessment(ask.tx, Sealed(office), row, after)
