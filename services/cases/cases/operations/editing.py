"""Drafts while they are written: held against double editing, attachments, versions, preview (M11, M12)."""

from __future__ import annotations

from base64 import b64encode

from cases.domain.lifecycle import after_edit
from cases.office import Office
from cases.operations import acts, operations
from cases.operations.documents import letter
from cases.store import audit, documents, editions
from sikkersak.contracts.cases_documents import (
    AddAttachment,
    DocumentHistory,
    DocumentState,
    DocumentView,
    HoldDocument,
    PreviewDocument,
    ReadHistory,
    ReleaseDocument,
    RemoveAttachment,
    Rendered,
)
from sikkersak.contracts.values import File
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row, Transaction

MOST_ATTACHMENTS = 50


@operations.answers(HoldDocument)
async def hold_document(asked: HoldDocument, ask: Ask, office: Office) -> DocumentView:
    """Keeps it for ten minutes; asked again, for ten more."""
    del office
    standing, row = await acts.writable(ask, asked.document_id)
    acts.demand_editable(row)
    acts.demand_free(row, standing)
    await editions.hold(ask.tx, asked.document_id, standing.staff_id)
    return await documents.one_view(ask.tx, asked.document_id)


@operations.answers(ReleaseDocument)
async def release_document(asked: ReleaseDocument, ask: Ask, office: Office) -> DocumentView:
    """Only who holds it lets it go; otherwise it ends by itself."""
    del office
    standing, row = await acts.writable(ask, asked.document_id)
    acts.demand_free(row, standing)
    await editions.release(ask.tx, asked.document_id)
    return await documents.one_view(ask.tx, asked.document_id)


@operations.answers(AddAttachment)
async def add_attachment(asked: AddAttachment, ask: Ask, office: Office) -> DocumentView:
    """A file more; like any edit it takes an approval back."""
    standing, row = await acts.writable(ask, asked.document_id)
    acts.demand_free(row, standing)
    if not await office.vault.exists(asked.file.ref):
        raise Declined("file-gone", "Filen finnes ikke. Last den opp på nytt.", status=422)
    files = _attached(row)
    if len(files) >= MOST_ATTACHMENTS:
        raise Declined("too-many-attachments", f"Et dokument kan ha høyst {MOST_ATTACHMENTS} vedlegg.")
    await _put(ask.tx, row, [*files, asked.file])
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, "attachment-added")


@operations.answers(RemoveAttachment)
async def remove_attachment(asked: RemoveAttachment, ask: Ask, office: Office) -> DocumentView:
    """A file less; like any edit it takes an approval back."""
    del office
    standing, row = await acts.writable(ask, asked.document_id)
    acts.demand_read(row, asked.version)
    acts.demand_free(row, standing)
    files = _attached(row)
    if asked.position >= len(files):
        raise Declined("attachment-gone", "Dokumentet har ikke dette vedlegget.", status=422)
    await _put(ask.tx, row, files[: asked.position] + files[asked.position + 1 :])
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, "attachment-removed")


@operations.answers(ReadHistory)
async def read_history(asked: ReadHistory, ask: Ask, office: Office) -> DocumentHistory:
    """Every version that was written; the reading is a row in the audit log (R9)."""
    del office
    standing, row = await acts.readable(ask, asked.document_id)
    found = DocumentHistory(items=await editions.history(ask.tx, asked.document_id))
    await audit.note(
        ask.tx, standing.staff_id, "document-history-read", case_id=row["case_id"], document_id=asked.document_id
    )
    return found


@operations.answers(PreviewDocument)
async def preview_document(asked: PreviewDocument, ask: Ask, office: Office) -> Rendered:
    """The letter as it would be finished now; it is kept nowhere."""
    standing, row = await acts.readable(ask, asked.document_id)
    if row["template_id"] is None:
        raise Declined("no-preview", "Dokumentet er ikke skrevet fra en mal. Åpne filen i stedet.")
    pdf = await letter(ask.tx, office, row)
    await audit.note(
        ask.tx, standing.staff_id, "document-previewed", case_id=row["case_id"], document_id=asked.document_id
    )
    return Rendered.model_validate({"name": f"{row['title']}.pdf", "pdf": b64encode(pdf)})


def _attached(row: Row) -> list[File]:
    return [File.model_validate(file) for file in row["attachments"]]


async def _put(tx: Transaction, row: Row, files: list[File]) -> None:
    state = after_edit(DocumentState(row["state"]), needs_approval=row["needs_approval"])
    await editions.put_attachments(tx, row["document_id"], files)
    await documents.set_state(tx, row["document_id"], state)
