"""The public journal: what was registered, and nobody's name, whatever somebody wrote into a title (M19)."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pypdfium2
import pytest

from sikkersak.clock import local_date, now
from sikkersak.contracts.cases_documents import AssessAccess, FinishDocument, WithdrawDocument, WriteDocument
from sikkersak.contracts.cases_journal import ExportPublicJournal, JournalFormat, JournalRecord, ReadPublicJournal
from sikkersak.contracts.values import AccessAssessment, Party, PartyKind
from sikkersak.errors import Declined, Forbidden

OPEN = AccessAssessment(is_exempt=False, restriction="", legal_basis="")
BASIS = "Offl. § 13 jf. fvl. § 13 (1) nr. 1"
BISHOP = Party(kind=PartyKind.PERSON, name="Biskop Bye")
OFFICE = Party(kind=PartyKind.ORGANISATION, name="=Bygg AS")


def finished(town: Any, case_id: UUID, title: str, **also: Any) -> UUID:
    wanted = {"case_id": case_id, "template": "letter", "title": title} | also
    document_id: UUID = town.ask("teacher", WriteDocument.model_validate(wanted)).document_id
    town.ask("teacher", FinishDocument(document_id=document_id))
    return document_id


def asked(**also: Any) -> dict[str, Any]:
    today = local_date(now())
    return {"from_date": today - timedelta(days=1), "to_date": today, **also}


def whole(town: Any, **also: Any) -> list[JournalRecord]:
    found: list[JournalRecord] = []
    cursor = None
    while True:
        page = town.ask("distributor", ReadPublicJournal(**asked(**also), cursor=cursor, limit=2))
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


@pytest.fixture(scope="module")
def papers(town: Any) -> dict[str, UUID]:
    case_id = town.open_case(title="Elevmappe Ada Nordli", public_title="Elevmappe for Adas opplæring")
    made = {
        "exempt": finished(town, case_id, "Vedtak om Ada", to_guardians=True),
        "careless": finished(
            town, case_id, "Brev", public_title="Om ADA nordlis fravær, 010314 60000", receivers=[OFFICE]
        ),
        "open": finished(town, case_id, "Tilbud fra Bygg", access=OPEN, receivers=[BISHOP, OFFICE]),
        "withdrawn": finished(town, case_id, "Feilført"),
    }
    town.ask("principal", WithdrawDocument(document_id=made["withdrawn"], reason="Feil sak"))
    town.ask("teacher", WriteDocument(case_id=case_id, template="letter", title="Utkast som ingen har ferdigstilt"))
    return made


def test_names_are_gone_and_the_paragraph_stands(town: Any, papers: dict[str, UUID]) -> None:
    exempt, careless, opened, withdrawn = whole(town)
    assert (exempt.title, exempt.legal_basis) == ("Vedtak om *****", BASIS)
    assert [party.name for party in exempt.parties] == ["*****", "*****"]
    assert careless.title == "Om ***** ***** fravær, *****"
    assert [party.name for party in careless.parties] == ["*****"], "an organisation tells of the matter too"
    assert (opened.title, opened.legal_basis) == ("Tilbud fra Bygg", None)
    assert [(party.name, party.is_person) for party in opened.parties] == [("Biskop Bye", True), ("=Bygg AS", False)]
    assert withdrawn.is_withdrawn
    assert exempt.case_title == "Elevmappe for ***** opplæring"
    assert [record.entry.split("-")[1] for record in (exempt, careless, opened, withdrawn)] == ["1", "2", "3", "4"]
    everything = " ".join(record.model_dump_json() for record in whole(town)).casefold()
    assert not {"ada", "nordli", "60000", "utkast"} & set(everything.replace('"', " ").split())
    assert "nordli" not in everything
    assert len(papers) == 4


def test_the_newest_assessment_counts(town: Any) -> None:
    document_id = finished(town, town.open_case(), "Plan", access=OPEN, receivers=[BISHOP])
    town.ask("teacher", AssessAccess(document_id=document_id, access=AccessAssessment(), public_title="Plan om Bye"))
    last = whole(town)[-1]
    assert (last.title, last.legal_basis, last.parties[0].name) == ("Plan om *****", BASIS, "*****")


def test_private_names_are_gone_after_a_year(town: Any, papers: dict[str, UUID]) -> None:
    town.sql("alter table documents disable trigger documents_locked")
    sql = "update documents set finished_at = finished_at - interval '2 years' where document_id = $1"
    town.sql(sql, papers["open"])
    days = {"from_date": local_date(now()) - timedelta(days=800), "to_date": local_date(now()) - timedelta(days=700)}
    found = town.ask("distributor", ReadPublicJournal(**days)).items
    assert [party.name for party in found[0].parties] == ["*****", "=Bygg AS"]
    town.sql(sql.replace("- interval", "+ interval"), papers["open"])
    town.sql("alter table documents enable trigger documents_locked")


def test_a_school_that_would_show_where_somebody_lives_is_not_named(town: Any, papers: dict[str, UUID]) -> None:
    del papers
    town.sql("update pupils set has_protected_address = true where pupil_id = $1", town.pupil_id)
    try:
        assert {record.school for record in whole(town)} == {"*****"}
        assert whole(town, school_id=town.schools["north"]) == []
    finally:
        town.sql("update pupils set has_protected_address = false where pupil_id = $1", town.pupil_id)
    assert whole(town, school_id=town.schools["north"])
    assert whole(town, school_id=town.schools["south"]) == []


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("kind", list(JournalFormat))
def test_the_file_says_the_same(town: Any, papers: dict[str, UUID], kind: JournalFormat, language: str) -> None:
    del papers
    made = town.ask("admin", ExportPublicJournal(**asked(), format=kind, language=language))
    content = town.run(town.office.vault.read_bytes(made.file.ref, 10_000_000))
    assert made.records == len(whole(town))
    assert b"Nordli" not in content
    unknown = {"nb": "Ikke kjent ennå", "nn": "Ikkje kjent enno", "en": "Not known yet"}[language]
    if kind is JournalFormat.CSV:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
        assert len(rows) == made.records + 1
        assert not [cell for row in rows for cell in row if cell.startswith("=")]
        assert {row[1] for row in rows[1:]} == {unknown}
    elif kind is JournalFormat.HTML:
        assert b'content="noindex' in content
        assert content.count(f"<td>{unknown}</td>".encode()) == made.records
        assert b'<span class="personnavn" data-nosnippet>Biskop Bye</span>' in content
    else:
        with pypdfium2.PdfDocument(content) as opened:
            text = "".join(page.get_textpage().get_text_bounded() for page in opened)
        assert "13 jf. fvl." in text.replace("\r\n", " ")
        assert unknown.split()[0] in text
        assert "ordli" not in text


def test_who_may_and_for_how_long(town: Any) -> None:
    for who in ("teacher", "principal"):
        with pytest.raises(Forbidden):
            town.ask(who, ReadPublicJournal(**asked()))
    today = local_date(now())
    for wrong in ({"from_date": today + timedelta(days=1)}, {"from_date": today - timedelta(days=800)}):
        with pytest.raises(Declined) as no:
            town.ask("distributor", ReadPublicJournal.model_validate(asked() | wrong))
        assert no.value.code == "period-wrong"
