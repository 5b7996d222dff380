"""Search: what is found, by whom, and that nothing is found by anybody else (R8)."""

from __future__ import annotations

from typing import Any

import pypdfium2
import pytest

from cases.periodic import read_texts
from sikkersak.contracts.archiver import RenditionReady
from sikkersak.contracts.cases import CaseStatus, GiveAccess, Right
from sikkersak.contracts.cases_casework import MovePupil
from sikkersak.contracts.cases_documents import FinishDocument, WriteDocument
from sikkersak.contracts.cases_people import PutPupil
from sikkersak.contracts.cases_search import DropView, ListViews, PutView, Search, ViewFilters
from sikkersak.contracts.cases_templates import ListMergeFields, ReadTemplate, TryTemplate
from sikkersak.errors import Declined, Forbidden
from sikkersak.ids import new_id


def written(town: Any, case_id: Any, body: str, title: str = "Et notat") -> Any:
    wanted = WriteDocument(case_id=case_id, template="letter", title=title, body=body)
    return town.ask("teacher", wanted).document_id


def found(town: Any, who: str, query: str, **also: Any) -> set[Any]:
    hits = town.ask(who, Search(query=query, **also)).items
    return {hit.document_id or hit.case_id for hit in hits}


def test_norwegian_forms_of_a_word_are_found_with_an_excerpt(town: Any) -> None:
    document_id = written(town, town.open_case(), "Skolen har gjennomført kartlegginger av lesevansker.")
    hits = town.ask("teacher", Search(query="kartlegging")).items
    assert [hit.document_id for hit in hits] == [document_id]
    assert "«kartlegginger»" in (hits[0].excerpt or "")


def test_numbers_pupils_and_phrases_are_found(town: Any) -> None:
    case_id = town.open_case(title="Språkopplæring")
    document_id = written(town, case_id, "Eleven trives svært godt i gruppen")
    number = town.sql("select year || '/' || running from cases where case_id = $1", case_id)[0][0]
    assert case_id in found(town, "teacher", number)
    assert case_id in found(town, "teacher", "nordli språkopplæring")
    assert found(town, "teacher", '"svært godt i gruppen"') == {document_id}
    assert found(town, "teacher", '"godt svært"') == set()


def test_only_those_find_it_who_may_see_it(town: Any) -> None:
    case_id = town.open_case(title="Hemmelighetsfullt")
    document_id = written(town, case_id, "Omtaler hemmelighetsfullt")
    both = {case_id, document_id}
    assert found(town, "teacher", "hemmelighetsfullt") == both
    assert found(town, "principal", "hemmelighetsfullt") == both
    assert found(town, "southerner", "hemmelighetsfullt") == set()
    assert found(town, "colleague", "hemmelighetsfullt") == set()
    assert found(town, "admin", "hemmelighetsfullt") == set()
    assert found(town, "distributor", "hemmelighetsfullt") == {case_id}, "cases by title, never what documents say"
    town.ask("teacher", GiveAccess(case_id=case_id, staff_id=town.staff["colleague"], right=Right.READ))
    assert found(town, "colleague", "hemmelighetsfullt") == both
    assert found(town, "principal", "hemmelighetsfullt", school_id=town.schools["south"]) == set()
    assert found(town, "principal", "hemmelighetsfullt", status=CaseStatus.CLOSED) == set()


def test_a_case_that_moves_is_found_at_its_new_school_only(town: Any) -> None:
    pupil = PutPupil(name="Dag Sæter", national_id="01831463333", school_id=town.schools["north"])
    pupil_id = town.ask("admin", pupil).pupil_id
    document_id = written(town, town.open_case(pupil_id=pupil_id), "Flyttelasset")
    town.ask(
        "admin",
        MovePupil(pupil_id=pupil_id, to_school_id=town.schools["south"], responsible_id=town.staff["southerner"]),
    )
    assert found(town, "southerner", "flyttelasset") == {document_id}
    assert found(town, "principal", "flyttelasset") == set()


def test_pages_follow_each_other_without_a_gap(town: Any) -> None:
    case_id = town.open_case()
    wanted = {written(town, case_id, f"Bladvending nummer {number}") for number in range(5)}
    seen: list[Any] = []
    cursor = None
    while True:
        page = town.ask("teacher", Search(query="bladvending", limit=2, cursor=cursor))
        seen += [hit.document_id for hit in page.items]
        if (cursor := page.next) is None:
            break
    assert sorted(seen) == sorted(wanted)
    with pytest.raises(Declined, match="bad-cursor"):
        town.ask("teacher", Search(query="bladvending", cursor="x"))


def test_what_an_archived_file_says_is_found_and_what_cannot_be_read_is_passed_over(town: Any) -> None:
    case_id = town.open_case()
    document_id = written(town, case_id, "Ubrukelig omtalt")
    pdf = town.ask("admin", TryTemplate(language="nb", name="x", source="Gjemselslek i PDF")).pdf
    town.ask("teacher", FinishDocument(document_id=document_id))
    broken = written(town, case_id, "", title="Ødelagt skann")
    town.ask("teacher", FinishDocument(document_id=broken))
    for one, content in ((document_id, pdf), (broken, b"%PDF-1.7 ingenting")):
        ref = town.run(town.office.vault.put(content, "application/pdf"))
        town.hear(RenditionReady(delivery_id=new_id(), document_id=one, rendition=ref, flavour="2a"))
    town.run(read_texts(town.office))
    assert found(town, "teacher", "gjemselslek") == {document_id}
    assert found(town, "teacher", "ødelagt") == {broken}
    assert len(town.sql("select * from document_texts")) == 2


def test_a_saved_view_is_ones_own(town: Any) -> None:
    filters = ViewFilters(query="vedtak", school_id=town.schools["north"])
    kept = town.ask("teacher", PutView(name="Mine vedtak", filters=filters)).items
    assert [(one.name, one.filters) for one in kept] == [("Mine vedtak", filters)]
    assert town.ask("colleague", ListViews()).items == ()
    town.ask("colleague", DropView(view_id=kept[0].view_id))
    assert town.ask("teacher", ListViews()).items == kept
    town.ask("teacher", DropView(view_id=kept[0].view_id))
    assert town.ask("teacher", ListViews()).items == ()


def test_a_template_is_tried_with_test_data_and_its_versions_are_kept(town: Any) -> None:
    source = '#field("pupil_name") og #field("body")'
    made = town.ask("admin", TryTemplate(language="nn", name="Prøve", source=source, values={"body": "Nynorsk tekst"}))
    with pypdfium2.PdfDocument(made.pdf) as document:
        text = document[0].get_textpage().get_text_bounded()
    assert "Test Testesen og Nynorsk tekst" in text
    with pytest.raises(Declined, match="template-broken"):
        town.ask("admin", TryTemplate(language="nb", name="Prøve", source="#ukjent()"))
    with pytest.raises(Forbidden):
        town.ask("principal", TryTemplate(language="nb", name="Prøve", source=source))
    assert [one.version for one in town.ask("admin", ReadTemplate(code="letter", language="nb")).items] == [1]
    assert {"body", "pupil_name"} <= {one.name for one in town.ask("teacher", ListMergeFields()).items}
