"""What cases hears: mail to take in, and what became of documents elsewhere."""

from __future__ import annotations

from uuid import UUID

import structlog

from cases import followup, incoming, signatures
from cases.domain.folders import demand_fit
from cases.domain.titles import SHIELD, public_title
from cases.dossiers import Sealed
from cases.office import Office
from cases.store import audit, cases, documents, folders, people
from sikkersak.clock import now
from sikkersak.contracts.archiver import DeliveryChanged, RecordType, RenditionReady
from sikkersak.contracts.cases import IncomingMailDossier, MailRefused, MailTaken, RegisterIncoming
from sikkersak.contracts.cases_documents import DocumentState, EventKind
from sikkersak.contracts.notifier import LetterChanged
from sikkersak.contracts.signing import DocumentSigned, JobChanged, SignedEvidence
from sikkersak.errors import Declined
from sikkersak.messaging.handlers import Handlers
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction
from sikkersak.vault.sealed import unseal

log = structlog.get_logger(__name__)
handlers: Handlers[Office] = Handlers("cases")


@handlers.hears(RegisterIncoming)
async def register_incoming(order: RegisterIncoming, tx: Transaction, office: Office) -> None:
    """Takes mail into a case (M7, M8). Key: mail_id; an event that has it already answers again and adds nothing."""
    known = await cases.event_of_mail(tx, order.mail_id)
    if known is not None:
        await say(tx, MailTaken(mail_id=order.mail_id, case_id=known["case_id"], event_id=known["event_id"]))
        return
    dossier = await unseal(office.vault, order.dossier, IncomingMailDossier)
    try:
        async with tx.transaction():
            await _take(tx, office, order, dossier)
    except Declined as no:
        await say(tx, MailRefused(mail_id=order.mail_id, code=no.code))


async def _take(tx: Transaction, office: Office, order: RegisterIncoming, dossier: IncomingMailDossier) -> None:
    by = await people.standing(tx, order.registered_by)
    case_id = order.case_id or await _new_case(tx, order, dossier)
    case = await cases.case(tx, case_id)
    if case is None or case["school_id"] != order.school_id:
        raise Declined("case-not-at-school", "Saken finnes ikke ved denne skolen.")
    sealed = Sealed(office)
    await incoming.demand_open(tx, sealed, case, order, by)
    names = await _names(tx, case["pupil_id"], dossier)
    kind = EventKind.NOTE if dossier.is_internal else EventKind.INCOMING
    event = await cases.add_event_row(tx, case_id, kind, dossier.title, dossier.received_at, mail_id=order.mail_id)
    fields = {
        "event_id": event["event_id"],
        "case_id": case_id,
        "title": dossier.title,
        "public_title": incoming.shown_title(dossier, names),
        "kind": kind.value,
        "record_type": (RecordType.INTERNAL if dossier.is_internal else RecordType.INCOMING).value,
        "document_date": dossier.document_date,
        "category": dossier.category,
        "state": DocumentState.FINISHED.value,
        "finished_at": now(),
        "needs_approval": False,
        "access": dossier.access.model_dump(mode="json"),
        "language": "nb",
        "to_guardians": False,
        "parties": await sealed.keep_parties(() if dossier.is_internal else (dossier.sender,)),
        "files": [file.model_dump(mode="json") for file in dossier.files],
        "owner_id": by.staff_id,
    }
    document = await documents.add_document(tx, fields)
    await followup.finished_now(tx, sealed, document, event)
    taken = MailTaken(mail_id=order.mail_id, case_id=case_id, event_id=event["event_id"])
    await say(tx, taken, *await incoming.notices(tx, case, order))
    about = {"case_id": case_id, "document_id": document["document_id"]}
    await audit.note(tx, by.staff_id, "mail-registered", **about, mail_id=str(order.mail_id))


async def _new_case(tx: Transaction, order: RegisterIncoming, dossier: IncomingMailDossier) -> UUID:
    """The plan's new case: its school's, with the one who is responsible there."""
    by = await people.standing(tx, order.registered_by)
    by.demand_opening_at(order.school_id)
    demand_fit(await folders.case_type(tx, order.case_type), has_pupil=order.pupil_id is not None)
    title = dossier.case_title or dossier.title
    names = await _names(tx, order.pupil_id, dossier)
    fields = {
        "title": title,
        "public_title": SHIELD if dossier.is_withheld else public_title(title, names),
        "case_type": order.case_type,
        "school_id": order.school_id,
        "pupil_id": order.pupil_id,
        "responsible_id": order.responsible_id or next(iter(order.recipients), order.registered_by),
        "access": dossier.access.model_dump(mode="json"),
    }
    case_id = await cases.open_case(tx, fields)
    await incoming.open_to(tx, case_id, order)
    await audit.note(tx, order.registered_by, "case-opened", case_id=case_id)
    return case_id


async def _names(tx: Transaction, pupil_id: UUID | None, dossier: IncomingMailDossier) -> tuple[str, ...]:
    """Whose names a public title may not show: the pupil's, and a private sender's."""
    pupil = (await people.pupil(tx, pupil_id))["name"] if pupil_id else ""
    sender = dossier.sender.name if dossier.sender.kind == "person" else ""
    return (pupil, sender)


@handlers.hears(RenditionReady)
async def rendition_ready(fact: RenditionReady, tx: Transaction, office: Office) -> None:
    """Keeps the PDF/A and sets in motion what waited for it. Key: document_id; a second time changes nothing."""
    row = await documents.rendition_ready(tx, fact.document_id, fact.rendition)
    if row is not None:
        await signatures.order(tx, Sealed(office), row)
        await followup.order_letters(tx, Sealed(office), row)


@handlers.hears(DeliveryChanged)
async def delivery_changed(fact: DeliveryChanged, tx: Transaction, office: Office) -> None:
    """Shows the archive status on the event (M26). Key: delivery_id and changed_at."""
    del office
    await documents.archive_changed(tx, fact)


@handlers.hears(JobChanged)
async def job_changed(fact: JobChanged, tx: Transaction, office: Office) -> None:
    """Shows how far the signatures have come (M20). Key: job_id and changed_at."""
    del office
    await documents.signing_changed(tx, fact)


@handlers.hears(DocumentSigned)
async def document_signed(fact: DocumentSigned, tx: Transaction, office: Office) -> None:
    """Keeps the signed result, archives it with its evidence, sends it if it was to be sent. Key: job_id by the inbox."""
    evidence = await unseal(office.vault, fact.evidence, SignedEvidence)
    row = await documents.keep_signed(tx, fact.job_id, evidence.pades)
    if row is None:
        log.warning("signed_result_of_unknown_job", job_id=str(fact.job_id))
        return
    sealed = Sealed(office)
    await followup.archive_evidence(tx, sealed, row, (evidence.pades, *evidence.xades))
    await followup.order_letters(tx, sealed, row)


@handlers.hears(LetterChanged)
async def letter_changed(fact: LetterChanged, tx: Transaction, office: Office) -> None:
    """Shows the status of a letter on its event, and makes or ends its task (M21). Key: letter_id and changed_at."""
    del office
    row = await documents.letter_changed(tx, fact)
    if row is not None:
        await followup.letter_moved(tx, row, fact)
