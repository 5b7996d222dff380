"""What follows when a document is locked: the archive, signatures, letters. Each step is an order in the same transaction."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cases import dossiers, enclosures
from cases.domain.sending import Sending, is_stopped, plan_sending
from cases.dossiers import Sealed
from cases.store import cases, documents, people, tasks
from sikkersak.clock import local_date, now
from sikkersak.contracts.archiver import ArchiveDossier, Deliver, DeliveryKind
from sikkersak.contracts.cases import DocumentFinished
from sikkersak.contracts.cases_casework import TaskKind
from sikkersak.contracts.cases_documents import DocumentState, DocumentView
from sikkersak.contracts.notifier import LetterChanged, SendLetter
from sikkersak.contracts.values import File, Party
from sikkersak.errors import Declined
from sikkersak.guidance.letters import FAILED, letter_detail
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row, Transaction

FREE: Final = {"held_by": None, "held_until": None}


async def finish(tx: Transaction, sealed: Sealed, document_id: UUID, files: list[File]) -> None:
    """Locks it and creates the archive obligation at the same moment (M12)."""
    kept = [file.model_dump(mode="json") for file in files]
    finished = {"files": kept, "finished_at": now()} | FREE
    row = await documents.set_state(tx, document_id, DocumentState.FINISHED, **finished)
    await finished_now(tx, sealed, row)


async def finished_now(tx: Transaction, sealed: Sealed, row: Row, event: Row | None = None) -> None:
    """Creates the archive obligation of a document that this transaction locks (M12), and tells of it."""
    case, dossier = await dossiers.record(tx, sealed, row, event)
    order = await _archiving(tx, sealed, row, case["school_id"], dossier)
    fact = DocumentFinished(document_id=row["document_id"], case_id=row["case_id"], school_id=case["school_id"])
    await say(tx, order, fact)


async def archive_evidence(tx: Transaction, sealed: Sealed, row: Row, files: tuple[File, ...]) -> None:
    """The signed result and its proofs are archived beside the rendition (M20)."""
    case, dossier = await dossiers.evidence(tx, row, files)
    await say(tx, await _archiving(tx, sealed, row, case["school_id"], dossier))


async def archive_closing(tx: Transaction, sealed: Sealed, case: Row, remark: str) -> None:
    """The case file is closed in the archive too (M14)."""
    await _order_of_case(tx, sealed, case, DeliveryKind.CLOSING, remark)


async def archive_reopening(tx: Transaction, sealed: Sealed, case: Row, reason: str) -> None:
    """The case file is opened again in the archive too; what comes into the case waits there until it is (M14)."""
    await _order_of_case(tx, sealed, case, DeliveryKind.REOPENING, reason)


async def archive_assessment(tx: Transaction, sealed: Sealed, row: Row, view: DocumentView) -> None:
    """What stands in the archive gets the newer screening and public title (M8)."""
    case, given = await dossiers.record(tx, sealed, row, await cases.event(tx, row["event_id"]))
    dossier = dossiers.correction(given, view.access, view.public_title)
    await say(tx, await _archiving(tx, sealed, row, case["school_id"], dossier))


async def archive_withdrawal(tx: Transaction, sealed: Sealed, row: Row, reason: str) -> None:
    """Utgår in the archive too: nothing is deleted there either (M12)."""
    case, given = await dossiers.record(tx, sealed, row, await cases.event(tx, row["event_id"]))
    await say(tx, await _archiving(tx, sealed, row, case["school_id"], dossiers.withdrawal(given, reason)))


async def _order_of_case(tx: Transaction, sealed: Sealed, case: Row, kind: DeliveryKind, remark: str) -> None:
    dossier = await sealed.keep(await dossiers.of_case(tx, case["case_id"], kind, remark))
    delivery_id = await documents.oblige_archive(tx, case["case_id"], None, kind, dossier)
    order = Deliver(
        delivery_id=delivery_id,
        document_id=case["case_id"],
        case_id=case["case_id"],
        school_id=case["school_id"],
        kind=kind,
        dossier=dossier,
    )
    await say(tx, order)


async def _archiving(tx: Transaction, sealed: Sealed, row: Row, school_id: UUID, dossier: ArchiveDossier) -> Deliver:
    """Obliges, and returns the order that says so."""
    kept = await sealed.keep(dossier)
    delivery_id = await documents.oblige_archive(tx, row["case_id"], row["document_id"], dossier.kind, kept)
    return Deliver(
        delivery_id=delivery_id,
        document_id=row["document_id"],
        case_id=row["case_id"],
        school_id=school_id,
        kind=dossier.kind,
        dossier=kept,
        is_urgent=row["signing"] == "waiting" or row["is_to_be_sent"],
    )


async def order_letters(tx: Transaction, sealed: Sealed, row: Row) -> None:
    """Orders one letter a receiver, once there is something to send. A document goes out once."""
    is_ready = row["rendition"] is not None and row["signing"] in {None, "signed"} and row["withdrawn_at"] is None
    if not (row["is_to_be_sent"] and is_ready) or await documents.has_letters(tx, row["document_id"]):
        return
    school_id = await _school(tx, row)
    planned = await plan(tx, sealed, row)
    if is_stopped(planned):  # an address was protected while the letter waited
        await stop_sending(tx, row)
        return
    further = await enclosures.files_of(tx, row, tuple(row["enclosed"]), is_signed_too=True)
    for sending in planned:
        letter_id = await documents.add_letter(tx, row["document_id"])
        dossier = await sealed.keep(await dossiers.letter(tx, row, sending.party, further))
        await say(
            tx,
            SendLetter(
                letter_id=letter_id,
                document_id=row["document_id"],
                case_id=row["case_id"],
                school_id=school_id,
                dossier=dossier,
                asked_by=row["owner_id"],
            ),
        )


async def plan(tx: Transaction, sealed: Sealed, row: Row) -> tuple[Sending, ...]:
    """Who would be written to and why, as things are now; refuses when nobody is named."""
    found = await sealed.parties(row)
    if not found:
        raise Declined("no-receivers", "Dokumentet har ingen mottakere.")
    case = await cases.case(tx, row["case_id"])
    pupil = None
    if case is not None and case["pupil_id"] is not None:
        pupil = await sealed.pupil(await people.pupil(tx, case["pupil_id"]))
    return plan_sending(found, pupil, local_date(now()))


async def stop_sending(tx: Transaction, row: Row) -> None:
    """Nothing goes by itself: a person finds another way, and says how (M21)."""
    await documents.stop_sending(tx, row["document_id"], "protected-address")
    task = {"case_id": row["case_id"], "document_id": row["document_id"], "assigned_to": row["owner_id"]}
    await tasks.add(tx, TaskKind.SEND_OTHERWISE, await _school(tx, row), **task)


async def letter_moved(tx: Transaction, row: Row, fact: LetterChanged) -> None:
    """A letter that did not arrive is somebody's task until something is decided about it (M21). Key: letter_id."""
    if fact.state in FAILED:
        about = {"case_id": row["case_id"], "document_id": row["document_id"], "assigned_to": row["owner_id"]}
        await tasks.add(tx, TaskKind.LETTER_UNDELIVERED, await _school(tx, row), letter_id=fact.letter_id, **about)
    else:
        await tasks.settle(tx, fact.letter_id, letter_detail(fact.state, fact.code, fact.price_class))


async def guardians(tx: Transaction, sealed: Sealed, row: Row) -> tuple[Party, ...]:
    """Those with parental responsibility for the case's pupil, who can be asked to sign."""
    case = await cases.case(tx, row["case_id"])
    if case is None or case["pupil_id"] is None:
        raise Declined("no-pupil", "Saken gjelder ingen elev, så det er ingen foresatte å sende til.")
    pupil = await sealed.pupil(await people.pupil(tx, case["pupil_id"]))
    found = tuple(guardian.party for guardian in pupil.guardians if guardian.has_parental_responsibility)
    if not found or any(party.national_id is None for party in found):
        raise Declined("no-guardians", "Eleven mangler foresatte med fødselsnummer i registeret.")
    if pupil.has_protected_address:
        return tuple(party.model_copy(update={"has_protected_address": True}) for party in found)
    return found


async def _school(tx: Transaction, row: Row) -> UUID:
    return await cases.school_of(tx, row["case_id"])
