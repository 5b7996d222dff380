"""A request for access and its answer are registry entries: archived once each, seen by few, naming nobody (M12, M19)."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from uuid import UUID

import asyncpg
import pypdfium2
import pytest

from sikkersak.clock import local_date, now
from sikkersak.contracts.archiver import ArchiveDossier, PartyRole, RecordType
from sikkersak.contracts.cases import CloseCase, GiveAccess, ReadCase
from sikkersak.contracts.cases_access_requests import (
    AnswerAccessRequest,
    CollectDocuments,
    DecideItem,
    FinishAccessRequest,
    ReadAccessRequest,
    ReadRequestAnswer,
    RedactItem,
    RegisterAccessRequest,
    RequestBasis,
    RequestDetail,
    RequestEntry,
    Requester,
    WithdrawAccessRequest,
)
from sikkersak.contracts.cases_documents import FinishDocument, ReadDocument, WriteDocument
from sikkersak.contracts.cases_journal import ReadPublicJournal
from sikkersak.contracts.values import AccessAssessment
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import unseal

OPEN = AccessAssessment(is_exempt=False, restriction="", legal_basis="")
PARAGRAPH = {"legal_basis": "Offl. § 13 jf. fvl. § 13", "reason": "Opplysninger om helse"}
COUNTED = "select count(*) from access_request_entries where request_id = $1 and kind = $2"


def register(town: Any, who: str = "distributor", **also: Any) -> RequestDetail:
    asks = Requester(name="Petra Presse", reached_by="petra@eksempel.no")
    wanted = {"school_id": town.schools["north"], "requester": asks, "wanted": "Alle brev om Ada Nordli"} | also
    made: RequestDetail = town.ask(who, RegisterAccessRequest.model_validate(wanted))
    return made


def act(town: Any, operation: Any, of: RequestDetail, who: str = "principal", **also: Any) -> RequestDetail:
    wanted: dict[str, Any] = {"school_id": of.summary.school_id, "request_id": of.summary.request_id}
    made: RequestDetail = town.ask(who, operation(**({"version": of.summary.version} | wanted | also)))
    return made


def letter(town: Any, case_id: UUID, title: str) -> UUID:
    wanted = WriteDocument(case_id=case_id, template="letter", title=title, body="Hemmeligsen bor her.", access=OPEN)
    document_id: UUID = town.ask("teacher", wanted).document_id
    town.ask("teacher", FinishDocument(document_id=document_id))
    return document_id


def decided(town: Any, *, asked: RequestDetail | None = None) -> RequestDetail:
    """One given, one redacted, one refused; ready to be handed out."""
    case_id = town.open_case()
    letters = tuple(letter(town, case_id, f"Om Ada {number}") for number in range(3))
    asked = act(town, CollectDocuments, asked or register(town), document_ids=letters)
    asked = act(town, DecideItem, asked, item=1, decision="give")
    asked = act(town, RedactItem, asked, item=2, words=("Hemmeligsen",))
    asked = act(town, DecideItem, asked, item=2, decision="redact", **PARAGRAPH)
    asked = act(town, DecideItem, asked, item=3, decision="refuse", **PARAGRAPH)
    return act(town, FinishAccessRequest, asked)


def ordered(town: Any, entry: RequestEntry) -> ArchiveDossier:
    """What the archive is told of a registry entry: ordered once, in the transaction that made it."""
    rows = town.sql("select kind, dossier from archive_obligations where document_id = $1", entry.document_id)
    assert [row["kind"] for row in rows] == ["record"]
    said = "select count(*) from outbox where message_type = 'archiver.deliver.v1' and encode(body, 'escape') like $1"
    assert town.sql(said, f"%{entry.document_id}%")[0][0] == 1
    dossier: ArchiveDossier = town.run(
        unseal(town.office.vault, VaultRef.model_validate(rows[0]["dossier"]), ArchiveDossier)
    )
    return dossier


def content(town: Any, ref: Any) -> bytes:
    read: bytes = town.run(town.office.vault.read_bytes(ref, limit=50_000_000))
    return read


def text(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as opened:
        return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in opened).split())


def test_the_request_is_incoming_and_what_is_handed_out_outgoing(town: Any) -> None:
    asked = register(town)
    assert [(one.kind, one.archive) for one in asked.entries] == [("request", "waiting")]
    incoming = ordered(town, asked.entries[0])
    number = asked.summary.number
    assert (incoming.record_type, incoming.title) == (RecordType.INCOMING, f"Innsynskrav {number}")
    assert (incoming.case_file.title, incoming.case_file.number) == (incoming.title, asked.entries[0].case_number)
    assert [(one.role, one.party.name) for one in incoming.parties] == [(PartyRole.SENDER, "Petra Presse")]
    assert incoming.received_at == asked.summary.received_at
    said = text(content(town, incoming.documents[0].file.ref))
    for known in (f"Innsynskrav {number}", "offentleglova § 3", "petra@eksempel.no", "Alle brev om Ada Nordli"):
        assert known in said

    done = act(town, AnswerAccessRequest, decided(town, asked=asked), channel="email")
    assert [one.kind for one in done.entries] == ["request", "answer"]
    outgoing = ordered(town, done.entries[1])
    assert (outgoing.record_type, outgoing.title) == (RecordType.OUTGOING, f"Svar på innsynskrav {number}")
    assert [(one.role, one.party.name) for one in outgoing.parties] == [(PartyRole.RECEIVER, "Petra Presse")]
    assert outgoing.sent_at is not None
    assert [one.is_main for one in outgoing.documents] == [True, False, False]
    main, given, redacted = (text(content(town, one.file.ref)) for one in outgoing.documents)
    assert "Hemmeligsen" in given
    assert "Hemmeligsen" not in redacted
    assert main.count("Offl. § 13 jf. fvl. § 13 – Opplysninger om helse") == 2
    for known in ("Gis med sladding", "Avslått"):
        assert known in main
    for dossier in (incoming, outgoing):
        assert dossier.access == AccessAssessment()
        titles = [dossier.title, dossier.public_title, dossier.case_file.title, dossier.case_file.public_title]
        titles += [one.title for one in dossier.documents]
        assert not any(name in title for title in titles for name in ("Ada", "Nordli", "Petra", "Presse"))


def test_the_archive_gets_the_very_files_that_the_requester_gets(town: Any) -> None:
    done = act(town, AnswerAccessRequest, decided(town), channel="letter")
    package = act(town, ReadRequestAnswer, done).file  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(content(town, package.ref))) as opened:
        handed_out = [(name, opened.read(name)) for name in opened.namelist()]
    shown = town.ask("principal", ReadDocument(document_id=done.entries[1].document_id))
    assert [(file.name, content(town, file.ref)) for file in shown.files] == handed_out


def test_nothing_is_registered_twice(town: Any) -> None:
    ready = decided(town)
    done = act(town, AnswerAccessRequest, ready, channel="letter")
    for again in (ready, done):
        with pytest.raises(Declined):
            act(town, AnswerAccessRequest, again, channel="letter")
    request_id = done.summary.request_id
    for kind in ("request", "answer"):
        assert town.sql(COUNTED, request_id, kind)[0][0] == 1
    twice = "insert into access_request_entries select request_id, kind, $2 from access_request_entries where request_id = $1"
    with pytest.raises(asyncpg.UniqueViolationError):
        town.sql(twice, request_id, letter(town, town.open_case(), "Et annet brev"))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        town.sql("delete from access_request_entries where request_id = $1", request_id)


def test_the_database_lets_nothing_be_answered_unregistered(town: Any) -> None:
    ready = decided(town)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        town.sql("update access_requests set state = 'answered' where request_id = $1", ready.summary.request_id)
    assert act(town, ReadAccessRequest, ready).summary.state == "decided"


def test_the_case_is_for_those_who_answer_and_not_for_who_brought_the_request(town: Any) -> None:
    done = act(town, AnswerAccessRequest, decided(town), channel="letter")
    case_id, document_id = done.entries[1].case_id, done.entries[1].document_id
    case = town.ask("principal", ReadCase(case_id=case_id)).summary
    assert (case.responsible_id, case.case_type, case.pupil_id) == (town.staff["principal"], "general", None)
    for who in ("distributor", "teacher", "southerner", "admin"):
        for asked in (ReadCase(case_id=case_id), ReadDocument(document_id=document_id)):
            with pytest.raises((NotFound, Forbidden)):
                town.ask(who, asked)
    town.ask("principal", GiveAccess(case_id=case_id, staff_id=town.staff["colleague"], right="read"))
    assert town.ask("colleague", ReadDocument(document_id=document_id)).document_id == document_id


def test_until_somebody_may_answer_whoever_registered_it_is_responsible_and_then_no_more(town: Any) -> None:
    south = {"school_id": town.schools["south"]}
    town.sql("update staff set is_active = false where staff_id = $1", town.staff["southerner"])
    try:
        asked = register(town, **south)
    finally:
        town.sql("update staff set is_active = true where staff_id = $1", town.staff["southerner"])
    case_id = asked.entries[0].case_id
    assert town.ask("distributor", ReadCase(case_id=case_id)).summary.responsible_id == town.staff["distributor"]
    asked = act(town, FinishAccessRequest, asked, "southerner", remark="Ingenting funnet.")
    asked = act(town, AnswerAccessRequest, asked, "southerner", channel="letter")
    assert "Ingen dokumenter ble funnet." in text(content(town, ordered(town, asked.entries[1]).documents[0].file.ref))
    with pytest.raises((NotFound, Forbidden)):
        town.ask("distributor", ReadCase(case_id=case_id))


def test_its_case_is_not_closed_before_it_is_answered_or_taken_back(town: Any) -> None:
    asked = register(town, "principal")
    case_id = asked.entries[0].case_id
    town.sql("update archive_obligations set state = 'archived' where case_id = $1", case_id)
    with pytest.raises(Declined) as no:
        town.ask("principal", CloseCase(case_id=case_id, remark="Ferdig"))
    assert (no.value.code, [one.code for one in no.value.hindrances]) == (  # type: ignore[attr-defined]
        "case-not-closable",
        ["request-unanswered"],
    )
    act(town, WithdrawAccessRequest, asked, remark="Ringte og trakk kravet")
    events = town.ask("principal", ReadCase(case_id=case_id)).events
    assert events[0].title == "Innsynskravet er trukket: Ringte og trakk kravet"
    assert town.ask("principal", CloseCase(case_id=case_id, remark="Ferdig")).status == "closed"


def test_what_was_registered_before_there_were_entries_gets_them_when_it_is_answered(town: Any) -> None:
    ready = decided(town)
    town.sql("alter table access_request_entries disable trigger access_request_entries_kept")
    town.sql("delete from access_request_entries where request_id = $1", ready.summary.request_id)
    town.sql("alter table access_request_entries enable trigger access_request_entries_kept")
    assert act(town, ReadAccessRequest, ready).entries == ()
    done = act(town, AnswerAccessRequest, ready, channel="letter")
    assert [ordered(town, one).record_type for one in done.entries] == ["I", "U"]
    assert len({one.case_id for one in done.entries}) == 1


def test_a_request_is_not_among_what_it_asks_for(town: Any) -> None:
    asked = register(town)
    with pytest.raises(Declined) as no:
        act(town, CollectDocuments, asked, case_ids=(asked.entries[0].case_id,))
    assert no.value.code == "none-collected"
    another = act(town, CollectDocuments, register(town), case_ids=(asked.entries[0].case_id,))
    assert [item.document_id for item in another.items] == [asked.entries[0].document_id]


def test_the_public_journal_shows_both_and_nobody_in_them(town: Any) -> None:
    done = act(town, AnswerAccessRequest, decided(town), channel="letter")
    today = local_date(now())
    listed = town.ask("distributor", ReadPublicJournal(from_date=today, to_date=today, limit=200)).items
    entries = {one.entry: one for one in done.entries}
    found = [one for one in listed if one.entry in entries]
    assert [one.record_type for one in found] == ["I", "U"]
    assert [one.title for one in found] == [
        f"Innsynskrav {done.summary.number}",
        f"Svar på innsynskrav {done.summary.number}",
    ]
    assert {party.name for one in found for party in one.parties} == {"*****"}
    assert {one.legal_basis for one in found} == {AccessAssessment().legal_basis}


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("basis", list(RequestBasis))
def test_who_does_not_say_who_they_are_is_registered_all_the_same(town: Any, language: str, basis: str) -> None:
    asked = register(town, requester=Requester(reached_by="postboks 1"), language=language, basis=basis)
    incoming = ordered(town, asked.entries[0])
    assert [one.party.name for one in incoming.parties] == ["Anonym"]
    assert incoming.title == f"Innsynskrav {asked.summary.number}"
    assert "postboks 1" in text(content(town, incoming.documents[0].file.ref))


def test_the_audit_log_has_what_was_registered_by_whom(town: Any) -> None:
    done = act(town, AnswerAccessRequest, decided(town), channel="letter")
    for entry, actor in zip(done.entries, ("distributor", "principal"), strict=True):
        rows = town.sql("select act, actor_id, case_id from audit where document_id = $1", entry.document_id)
        assert [tuple(row) for row in rows] == [(f"access-{entry.kind}-filed", town.staff[actor], entry.case_id)]
