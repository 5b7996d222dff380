"""The archive's own journal number: shown once archiver has told it, and said to be unknown until then (M19, M26)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sikkersak.clock import local_date, now
from sikkersak.contracts.archiver import DeliveryChanged, DeliveryKind, DeliveryState, JournalNumber
from sikkersak.contracts.cases_access_requests import ReadAccessRequest, RegisterAccessRequest, Requester
from sikkersak.contracts.cases_documents import AssessAccess, DocumentView, FinishDocument, ReadDocument, WriteDocument
from sikkersak.contracts.cases_journal import ExportPublicJournal, JournalFormat, JournalRecord, ReadPublicJournal
from sikkersak.contracts.values import AccessAssessment

NUMBER = JournalNumber(year=2026, sequence=10234, entry=7)
OPEN = AccessAssessment(is_exempt=False, restriction="", legal_basis="")


def finished(town: Any) -> DocumentView:
    wanted = WriteDocument(case_id=town.open_case(), template="letter", title="Brev om plan")
    made: DocumentView = town.ask("teacher", wanted)
    town.ask("teacher", FinishDocument(document_id=made.document_id))
    return made


def told(town: Any, document_id: UUID, journal: JournalNumber | None, **also: Any) -> DeliveryChanged:
    """What archiver says of the newest delivery of a document."""
    sql = "select * from archive_obligations where document_id = $1 order by delivery_id desc limit 1"
    row = town.sql(sql, document_id)[0]
    fields = {name: row[name] for name in ("delivery_id", "document_id", "case_id", "kind")}
    fields |= {"school_id": town.schools["north"], "state": DeliveryState.ARCHIVED, "changed_at": now()}
    return DeliveryChanged.model_validate(fields | {"journal": journal} | also)


def shown(town: Any, document_id: UUID) -> JournalNumber | None:
    number: JournalNumber | None = town.ask("teacher", ReadDocument(document_id=document_id)).journal
    return number


def listed(town: Any, document: DocumentView) -> JournalRecord:
    """The only entry of its case in the public journal."""
    today = local_date(now())
    sql = "select year || '/' || running || '-1' from cases where case_id = $1"
    entry = town.sql(sql, document.case_id)[0][0]
    page = town.ask("distributor", ReadPublicJournal(from_date=today, to_date=today, limit=200))
    found: JournalRecord = next(one for one in page.items if one.entry == entry)
    return found


def test_it_is_shown_on_the_document_and_in_the_journal_once_archived(town: Any) -> None:
    document = finished(town)
    town.hear(told(town, document.document_id, None, state=DeliveryState.DELIVERING))
    assert shown(town, document.document_id) is None
    assert listed(town, document).journal is None
    fact = told(town, document.document_id, NUMBER)
    town.hear(fact)
    town.hear(fact)
    assert shown(town, document.document_id) == NUMBER
    assert listed(town, document).journal == NUMBER
    today = local_date(now())
    asked = ExportPublicJournal(from_date=today, to_date=today, format=JournalFormat.CSV, language="nb")
    made = town.ask("admin", asked)
    lines = town.run(town.office.vault.read_bytes(made.file.ref, 10_000_000)).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Journalpost;Journalnummer;Journaldato;")
    entry = listed(town, document).entry
    assert [line.split(";")[1] for line in lines if line.startswith(f"{entry};")] == ["10234/2026"]


def test_an_archive_that_gives_no_number_is_archived_all_the_same_and_may_tell_it_later(town: Any) -> None:
    document = finished(town)
    town.hear(told(town, document.document_id, None))
    assert town.ask("teacher", ReadDocument(document_id=document.document_id)).archive == "archived"
    assert shown(town, document.document_id) is None
    town.hear(told(town, document.document_id, NUMBER))
    assert shown(town, document.document_id) == NUMBER


def test_a_fact_that_was_overtaken_changes_no_number(town: Any) -> None:
    document = finished(town)
    moment = now()
    town.hear(told(town, document.document_id, NUMBER, changed_at=moment + timedelta(seconds=2)))
    older = NUMBER.model_copy(update={"sequence": 1})
    town.hear(told(town, document.document_id, older, changed_at=moment + timedelta(seconds=1)))
    assert shown(town, document.document_id) == NUMBER
    newer = NUMBER.model_copy(update={"sequence": 10235})
    town.hear(told(town, document.document_id, newer, changed_at=moment + timedelta(seconds=3)))
    assert shown(town, document.document_id) == newer


def test_what_was_archived_before_numbers_were_kept_gets_it_with_a_later_assessment(town: Any) -> None:
    document = finished(town)
    town.hear(told(town, document.document_id, None))
    assessed = AssessAccess(document_id=document.document_id, access=OPEN, public_title="Brev om plan")
    town.ask("teacher", assessed)
    correction = told(town, document.document_id, NUMBER)
    assert correction.kind is DeliveryKind.CORRECTION
    town.hear(correction)
    assert shown(town, document.document_id) == NUMBER


def test_evidence_that_became_an_entry_of_its_own_does_not_give_the_document_its_number(town: Any) -> None:
    document = finished(town)
    town.hear(told(town, document.document_id, NUMBER))
    sql = """insert into archive_obligations (delivery_id, document_id, case_id, kind)
    select gen_random_uuid(), document_id, case_id, 'evidence' from archive_obligations where document_id = $1
    returning delivery_id"""
    delivery_id = town.sql(sql, document.document_id)[0][0]
    other = NUMBER.model_copy(update={"sequence": 10299})
    evidence = {"delivery_id": delivery_id, "kind": DeliveryKind.EVIDENCE}
    town.hear(told(town, document.document_id, other, **evidence))
    assert shown(town, document.document_id) == NUMBER


def test_a_request_for_access_shows_the_numbers_of_its_entries(town: Any) -> None:
    at = {"school_id": town.schools["north"]}
    wanted = RegisterAccessRequest(requester=Requester(reached_by="postboks 1"), wanted="Alle brev", **at)
    asked = town.ask("principal", wanted)
    assert [one.journal for one in asked.entries] == [None]
    town.hear(told(town, asked.entries[0].document_id, NUMBER))
    read = town.ask("principal", ReadAccessRequest(request_id=asked.summary.request_id, **at))
    assert [(one.archive, one.journal) for one in read.entries] == [("archived", NUMBER)]
