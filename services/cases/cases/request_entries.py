"""A request for access and its answer as registry entries, in a general case of the request's own (M12, M19).

The case is the school's: its leaders read it, and whoever is responsible. That is who answers, for they may see all that
the answer is made of. No title names anybody; who asked and for what stands in the documents, which are exempt until
somebody assesses them as open.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from cases import followup
from cases.dossiers import Sealed
from cases.office import Office
from cases.store import audit, cases, documents, insight, people
from sikkersak.clock import local_date, now
from sikkersak.contracts.archiver import RecordType
from sikkersak.contracts.cases_access_requests import EntryKind, RequestBasis, RequestDossier
from sikkersak.contracts.cases_documents import DocumentState, EventKind
from sikkersak.contracts.values import AccessAssessment, File, Party, PartyKind
from sikkersak.identity.permissions import Permission
from sikkersak.letters import compose
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault.reference import VaultRef

CASE_TYPE: Final = "general"
NOBODY: Final = "Anonym"  # nobody need say who they are (offentleglova § 3); the archive wants a name all the same
WORDS: Final[dict[str, dict[str, str]]] = {
    "nb": {
        "heading": "Innsynskrav", "received": "Mottatt", "by": "Krevd etter", "from": "Fra", "reached": "Nås på",
        "unnamed": "Ikke oppgitt", "wanted": "Kravet gjelder", "public": "offentleglova § 3",
        "party": "forvaltningsloven § 18 (part i saken)", "data_subject": "personvernforordningen artikkel 15",
    },
    "nn": {
        "heading": "Innsynskrav", "received": "Motteke", "by": "Kravd etter", "from": "Frå", "reached": "Er å nå på",
        "unnamed": "Ikkje oppgjeve", "wanted": "Kravet gjeld", "public": "offentleglova § 3",
        "party": "forvaltningslova § 18 (part i saka)", "data_subject": "personvernforordninga artikkel 15",
    },
    "en": {
        "heading": "Request for access", "received": "Received", "by": "Made under", "from": "From", "reached": "Reached at",
        "unnamed": "Not told", "wanted": "The request", "public": "Freedom of Information Act § 3",
        "party": "Public Administration Act § 18 (party to the case)", "data_subject": "GDPR article 15",
    },
}  # fmt: skip
TEMPLATE: Final = """
#set page(margin: 20mm)
#set text(size: 11pt, hyphenate: false)
#heading(field("heading"))
#let line(name) = [#strong(field(name + "-word")): #field(name) \\ ]
#line("received") #line("by") #line("from") #line("reached")
#heading(level: 2, field("wanted-word"))
#paragraphs("wanted")
"""


async def file_request(tx: Transaction, office: Office, request: Row, by: UUID) -> UUID:
    """The case with the request as incoming, made once for a request. Returns the case's id."""
    for entry in await insight.entries(tx, request["request_id"]):
        return entry.case_id
    case_id = await _open_case(tx, request, by)
    dossier = await Sealed(office).read(VaultRef.model_validate(request["dossier"]), RequestDossier)
    pdf = await _composed(request, dossier)
    name, ref = f"{_title(request)}.pdf", await office.vault.put(pdf, "application/pdf")
    file = File(name=name, media_type="application/pdf", ref=ref)
    await _register(tx, office, request, EntryKind.REQUEST, case_id, by, dossier, [file])
    return case_id


async def file_answer(tx: Transaction, office: Office, request: Row, by: UUID, files: list[File]) -> None:
    """What was handed out as outgoing: the list of what was decided, then each file as the requester got it."""
    case_id = await file_request(tx, office, request, by)
    await cases.put_responsible(tx, case_id, by)
    dossier = await Sealed(office).read(VaultRef.model_validate(request["dossier"]), RequestDossier)
    await _register(tx, office, request, EntryKind.ANSWER, case_id, by, dossier, files)


async def note_withdrawal(tx: Transaction, office: Office, request: Row, by: UUID, remark: str) -> None:
    """Nobody gets an answer: why stands on the case's timeline."""
    case_id = await file_request(tx, office, request, by)
    await cases.add_event(tx, case_id, EventKind.NOTE, f"Innsynskravet er trukket: {remark}", now())


async def _open_case(tx: Transaction, request: Row, by: UUID) -> UUID:
    """Whoever registers it is responsible if they may answer it, else one who may; it is nobody's mail (M15)."""
    answering = await people.holders_at(tx, Permission.ANSWER_ACCESS_REQUESTS, request["school_id"])
    title = _title(request)
    fields = {
        "title": title,
        "public_title": title,
        "case_type": CASE_TYPE,
        "school_id": request["school_id"],
        "pupil_id": None,
        "responsible_id": by if by in answering or not answering else answering[0],
        "access": AccessAssessment().model_dump(mode="json"),
    }
    return await cases.open_case(tx, fields)


async def _register(
    tx: Transaction,
    office: Office,
    request: Row,
    kind: EntryKind,
    case_id: UUID,
    by: UUID,
    dossier: RequestDossier,
    files: list[File],
) -> None:
    """Finished at once, as mail is: locked, and obliged to the archive in this transaction (M12)."""
    sealed, is_request = Sealed(office), kind is EntryKind.REQUEST
    event_kind = EventKind.INCOMING if is_request else EventKind.OUTGOING
    title = _title(request) if is_request else f"Svar på {_title(request).lower()}"
    moment = request["received_at"] if is_request else now()
    event = await cases.add_event_row(tx, case_id, event_kind, title, moment)
    party = Party(kind=PartyKind.PERSON, name=dossier.requester.name.strip() or NOBODY)
    fields: dict[str, Any] = {
        "event_id": event["event_id"],
        "case_id": case_id,
        "title": title,
        "public_title": title,
        "kind": event_kind.value,
        "record_type": (RecordType.INCOMING if is_request else RecordType.OUTGOING).value,
        "document_date": local_date(moment),
        "state": DocumentState.FINISHED.value,
        "finished_at": now(),
        "needs_approval": False,
        "access": AccessAssessment().model_dump(mode="json"),
        "language": request["language"],
        "to_guardians": False,
        "parties": await sealed.keep_parties((party,)),
        "files": [file.model_dump(mode="json") for file in files],
        "attachments": [file.model_dump(mode="json") for file in files[1:]],
        "owner_id": by,
    }
    document = await documents.add_document(tx, fields)
    await insight.keep_entry(tx, request["request_id"], kind, document["document_id"])
    await followup.finished_now(tx, sealed, document, event)


async def note(tx: Transaction, request_id: UUID, by: UUID, kind: EntryKind) -> None:
    """The rows of the audit log, last in what is done: whoever adds one holds the log's end until the commit."""
    for entry in await insight.entries(tx, request_id):
        if entry.kind is kind:
            about = {"case_id": entry.case_id, "document_id": entry.document_id}
            await audit.note(tx, by, f"access-{kind.value}-filed", **about, request_id=str(request_id))


async def _composed(request: Row, dossier: RequestDossier) -> bytes:
    """What was told when it was registered, as a page."""
    words = WORDS[request["language"]]
    heading = f"{words['heading']} {number(request)}"
    fields = {f"{name}-word": words[name] for name in ("received", "by", "from", "reached", "wanted")} | {
        "heading": heading,
        "received": local_date(request["received_at"]).strftime("%d.%m.%Y"),
        "by": words[RequestBasis(request["basis"]).value],
        "from": dossier.requester.name.strip() or words["unnamed"],
        "reached": dossier.requester.reached_by,
        "wanted": dossier.wanted,
    }
    return await compose(TEMPLATE, fields, language=request["language"], title=heading)


def _title(request: Row) -> str:
    """The same in bokmål and nynorsk, with nobody's name in it."""
    return f"Innsynskrav {number(request)}"


def number(request: Row) -> str:
    """As people know it."""
    return f"{request['year']}/{request['running']}"
