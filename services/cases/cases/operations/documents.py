"""Documents: written, edited, approved, finished, signed (M11–M13, M20)."""

from __future__ import annotations

from cases import followup, signatures
from cases.domain.lifecycle import after_edit, move
from cases.domain.standing import Permission
from cases.domain.titles import public_title
from cases.dossiers import Sealed
from cases.office import Office
from cases.operations import acts, operations
from cases.store import access, audit, cases, documents, people, templates
from sikkersak.clock import local_date, now
from sikkersak.contracts.archiver import RecordType
from sikkersak.contracts.cases import ApprovalRequested
from sikkersak.contracts.cases_documents import (
    AskForSignatures,
    ConfirmWriting,
    DecideApproval,
    DocumentState,
    DocumentView,
    EditDocument,
    EventKind,
    FinishDocument,
    ReadDocument,
    SubmitForApproval,
    WriteDocument,
    WritingConfirmed,
)
from sikkersak.contracts.values import File, Party
from sikkersak.errors import Declined
from sikkersak.ids import new_id
from sikkersak.letters import compose
from sikkersak.messaging.operations import Ask
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row, Transaction

RECORD_TYPES = {EventKind.NOTE: RecordType.INTERNAL, EventKind.MEETING: RecordType.INTERNAL}
MONTHS = [
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
]


@operations.answers(WriteDocument)
async def write_document(asked: WriteDocument, ask: Ask, office: Office) -> DocumentView:
    """A new draft from the newest version of a template (M11)."""
    standing = await people.asking(ask)
    case = await access.writable_case(ask.tx, standing, asked.case_id)
    template = await templates.newest(ask.tx, asked.template, asked.language)
    kind, sealed = EventKind(template["kind"]), Sealed(office)
    to = asked.receivers
    if asked.to_guardians:
        to += await followup.guardians(ask.tx, sealed, case)
    pupil = (await people.pupil(ask.tx, case["pupil_id"]))["name"] if case["pupil_id"] else ""
    event_id = await cases.add_event(ask.tx, asked.case_id, kind, asked.title, now())
    fields = {
        "event_id": event_id,
        "case_id": asked.case_id,
        "title": asked.title,
        "public_title": asked.public_title or public_title(asked.title, (pupil, *_names(to))),
        "kind": kind.value,
        "record_type": RECORD_TYPES.get(kind, RecordType.OUTGOING).value,
        "state": DocumentState.DRAFT.value,
        "needs_approval": template["needs_approval"],
        "access": asked.access.model_dump(mode="json"),
        "language": asked.language,
        "template_id": template["template_id"],
        "body": asked.body,
        "to_guardians": asked.to_guardians,
        "parties": await sealed.keep_parties(to),
        "files": [],
        "owner_id": standing.staff_id,
    }
    document_id = (await documents.add_document(ask.tx, fields))["document_id"]
    return await acts.noted(ask, standing, asked.case_id, document_id, "document-written")


@operations.answers(EditDocument)
async def edit_document(asked: EditDocument, ask: Ask, office: Office) -> DocumentView:
    """A new version of a draft; an approval given for another text is taken back."""
    del office
    standing, row = await acts.writable(ask, asked.document_id)
    acts.demand_read(row, asked.version)
    acts.demand_free(row, standing)
    state = after_edit(DocumentState(row["state"]), needs_approval=row["needs_approval"])
    body = row["body"] if asked.body is None else asked.body
    await documents.edit(ask.tx, row, state, asked.title or row["title"], body, standing.staff_id)
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, "document-edited")


@operations.answers(ReadDocument)
async def read_document(asked: ReadDocument, ask: Ask, office: Office) -> DocumentView:
    """One document; the reading is a row in the audit log (R9)."""
    del office
    standing, row = await acts.readable(ask, asked.document_id)
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, "document-read")


@operations.answers(ConfirmWriting)
async def confirm_writing(asked: ConfirmWriting, ask: Ask, office: Office) -> WritingConfirmed:
    """The gate has decided; that somebody is about to decide about a sending is a row in the audit log."""
    del office
    standing = await people.asking(ask)
    row = await documents.document(ask.tx, asked.document_id)
    await audit.note(
        ask.tx, standing.staff_id, "sending-decided", case_id=row["case_id"], document_id=asked.document_id
    )
    return WritingConfirmed(document_id=asked.document_id)


@operations.answers(SubmitForApproval)
async def submit_for_approval(asked: SubmitForApproval, ask: Ask, office: Office) -> DocumentView:
    """Asks the school's leader (M13)."""
    del office
    standing, row = await acts.writable(ask, asked.document_id)
    acts.demand_read(row, asked.version)
    acts.demand_free(row, standing)
    await acts.move_to(ask.tx, row, DocumentState.AWAITING_APPROVAL, approval_asked_at=now(), approval_reminded_at=None)
    school_id = await cases.school_of(ask.tx, row["case_id"])
    await say(ask.tx, ApprovalRequested(document_id=asked.document_id, case_id=row["case_id"], school_id=school_id))
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, "approval-requested")


@operations.answers(DecideApproval)
async def decide_approval(asked: DecideApproval, ask: Ask, office: Office) -> DocumentView:
    """Approves, or returns with a remark; never one's own document (M13)."""
    del office
    standing, row = await acts.writable(ask, asked.document_id)
    standing.demand_at(Permission.APPROVE, await cases.school_of(ask.tx, row["case_id"]))
    acts.demand_read(row, asked.version)
    if not asked.is_approved and not asked.remark:
        raise Declined("remark-missing", "Skriv en merknad om hvorfor dokumentet returneres.", status=422)
    if row["owner_id"] == standing.staff_id:
        raise Declined("own-document", "Du kan ikke godkjenne ditt eget dokument.")
    state = DocumentState.APPROVED if asked.is_approved else DocumentState.RETURNED
    approved_by = standing.staff_id if asked.is_approved else None
    await acts.move_to(ask.tx, row, state, remark=asked.remark, approved_by=approved_by)
    act = "document-approved" if asked.is_approved else "document-returned"
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, act)


@operations.answers(FinishDocument)
async def finish_document(asked: FinishDocument, ask: Ask, office: Office) -> DocumentView:
    """Makes the letter, locks the document and creates the archive obligation, in one transaction (M12)."""
    standing, row = await acts.writable(ask, asked.document_id)
    acts.demand_read(row, asked.version)
    move(DocumentState(row["state"]), DocumentState.FINISHED, needs_approval=row["needs_approval"])
    acts.demand_free(row, standing)
    pdf = await letter(ask.tx, office, row)
    ref = await office.vault.put(pdf, "application/pdf")
    attached = [File.model_validate(file) for file in row["attachments"]]
    files = [File(name=f"{row['title']}.pdf", media_type="application/pdf", ref=ref), *attached]
    await followup.finish(ask.tx, Sealed(office), asked.document_id, files)
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, "document-finished")


@operations.answers(AskForSignatures)
async def ask_for_signatures(asked: AskForSignatures, ask: Ask, office: Office) -> DocumentView:
    """Has it signed as was wished; the order goes out as soon as there is a rendition to sign (M20)."""
    standing, row = await acts.writable(ask, asked.document_id)
    acts.demand_finished(row)
    if row["signing"] in {"waiting", "awaiting_signatures", "signed"}:
        raise Declined("signatures-asked", "Det er allerede bedt om signatur på dokumentet.")
    sealed = Sealed(office)
    wishes = await signatures.compose(ask.tx, sealed, row, asked)
    await documents.ask_signatures(ask.tx, asked.document_id, new_id(), asked.days_open, wishes)
    await signatures.order(ask.tx, sealed, await documents.document(ask.tx, asked.document_id))
    return await acts.noted(ask, standing, row["case_id"], asked.document_id, "signatures-asked")


async def letter(tx: Transaction, office: Office, row: Row) -> bytes:
    """The letter as PDF/A, from the template version that it was written from."""
    case = await cases.case_summary(tx, row["case_id"])
    school = await people.school(tx, case.school_id)
    pupil = (await people.pupil(tx, case.pupil_id))["name"] if case.pupil_id else ""
    fields = {
        "pupil_name": pupil,
        "school_name": school.name,
        "case_number": case.number,
        "date": _in_words(),
        "caseworker_name": await people.staff_name(tx, row["owner_id"]),
        "recipient_name": ", ".join(_names(await Sealed(office).parties(row))),
        "title": row["title"],
        "body": row["body"] or "",
    }
    source = await templates.source(tx, row["template_id"])
    return await compose(source, fields, language=row["language"], title=row["title"])


def _in_words() -> str:
    today = local_date(now())
    return f"{today.day}. {MONTHS[today.month - 1]} {today.year}"


def _names(parties: tuple[Party, ...]) -> tuple[str, ...]:
    return tuple(party.name for party in parties)
