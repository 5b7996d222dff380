"""Cases and documents beside the state machine: numbers, moves, sending, stand-ins, closed cases (M10–M14, M21)."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from sikkersak.clock import local_date, now
from sikkersak.contracts.archiver import RenditionReady
from sikkersak.contracts.cases import CloseCase, GiveAccess, OpenCase, ReadCase, Right
from sikkersak.contracts.cases_casework import (
    AddCaseParty,
    CloseCases,
    CompleteTask,
    ListClosedCases,
    ListClosingCandidates,
    ListTasks,
    MovePupil,
    PartyPart,
    RelateCases,
    SetPhase,
)
from sikkersak.contracts.cases_documents import (
    AddAttachment,
    AssessAccess,
    DecideApproval,
    FinishDocument,
    ListApprovals,
    PreviewDocument,
    PutStandIn,
    ReadDocument,
    ReadSendingPlan,
    SendDocument,
    SubmitForApproval,
    Why,
    WriteDocument,
)
from sikkersak.contracts.cases_people import PutPupil
from sikkersak.contracts.finished import OrderAgain
from sikkersak.contracts.values import AccessAssessment, File, Party, PartyKind
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.ids import new_id


def finished(town: Any, case_id: Any, **also: Any) -> Any:
    wanted = {"case_id": case_id, "template": "letter", "title": "Et brev", "body": "Hei."} | also
    document_id = town.ask("teacher", WriteDocument.model_validate(wanted)).document_id
    return town.ask("teacher", FinishDocument(document_id=document_id)).document_id


def test_what_was_ordered_to_the_archive_is_said_again_word_for_word(town: Any) -> None:
    document_id = finished(town, town.open_case())
    sql = "select body from outbox where message_type = 'archiver.deliver.v1' and convert_from(body, 'utf8') like $1 order by id"
    pattern = f"%{document_id}%"
    (first,) = town.sql(sql, pattern)
    town.hear(OrderAgain(document_id=document_id))
    town.hear(OrderAgain(document_id=town.pupil_id))  # nothing of ours
    said = [json.loads(row["body"]) for row in town.sql(sql, pattern)]
    assert len(said) == 2
    for name in ("delivery_id", "case_id", "school_id", "kind", "dossier"):
        assert said[1][name] == json.loads(first["body"])[name]


def test_numbers_have_no_gaps_however_many_open_cases_at_once_and_some_fail(town: Any) -> None:
    async def one(fails: bool) -> str | None:
        pupil_id = new_id() if fails else town.pupil_id
        wanted = OpenCase(school_id=town.schools["north"], pupil_id=pupil_id, title="En sak")
        try:
            return str((await town.asking("teacher", wanted)).number)
        except NotFound:
            return None

    async def many() -> list[str | None]:
        return list(await asyncio.gather(*(one(number % 4 == 0) for number in range(40))))

    numbers = [number for number in town.run(many()) if number]
    year = local_date(now()).year
    running = sorted(int(number.removeprefix(f"{year}/")) for number in numbers)
    assert len(running) == 30
    assert running == list(range(running[0], running[0] + 30))


def test_a_case_fits_its_type(town: Any) -> None:
    for case_type, pupil_id, code in (
        ("pupil", None, "pupil-missing"),
        ("general", town.pupil_id, "pupil-not-wanted"),
        ("nonsense", None, "unknown-case-type"),
    ):
        with pytest.raises(Declined) as refused:
            town.open_case(case_type=case_type, pupil_id=pupil_id)
        assert refused.value.code == code
    case_id = town.open_case(case_type="group", pupil_id=None)
    assert town.ask("teacher", SetPhase(case_id=case_id, phase="Under arbeid")).phase == "Under arbeid"
    with pytest.raises(Declined, match="unknown-phase"):
        town.ask("teacher", SetPhase(case_id=case_id, phase="Ukjent"))


def test_related_cases_are_shown_to_those_only_who_may_read_them(town: Any) -> None:
    one, other = town.open_case(), town.open_case("principal")
    town.ask("teacher", GiveAccess(case_id=one, staff_id=town.staff["colleague"], right=Right.READ))
    with pytest.raises(NotFound):
        town.ask("teacher", RelateCases(case_id=one, other_id=other))
    town.ask("principal", RelateCases(case_id=one, other_id=other))
    assert [case.case_id for case in town.ask("principal", ReadCase(case_id=one)).related] == [other]
    assert town.ask("colleague", ReadCase(case_id=one)).related == ()


def test_a_party_has_a_part_and_its_number_is_not_in_the_row(town: Any) -> None:
    case_id = town.open_case()
    party = Party(kind=PartyKind.PERSON, name="Ola Tolk", national_id="05858310300")
    shown = town.ask("teacher", AddCaseParty(case_id=case_id, role=PartyPart.OTHER, party=party))
    assert [one.name for one in shown.parties] == ["Ola Tolk"]
    row = town.sql("select * from case_parties where case_id = $1", case_id)[0]
    assert "05858310300" not in str(dict(row))


def test_a_pupil_that_moves_takes_open_cases_along_and_leaves_closed_ones_and_access_behind(town: Any) -> None:
    national_id = "01831461111"
    pupil = PutPupil(name="Bo Flytt", national_id=national_id, school_id=town.schools["north"])
    pupil_id = town.ask("admin", pupil).pupil_id
    open_one, closed_one = town.open_case(pupil_id=pupil_id), town.open_case(pupil_id=pupil_id)
    town.ask("teacher", GiveAccess(case_id=open_one, staff_id=town.staff["colleague"], right=Right.WRITE))
    town.ask("teacher", CloseCase(case_id=closed_one, remark="Ferdig."))
    with pytest.raises(Declined, match="pupil-moves"):
        town.ask("admin", pupil.model_copy(update={"school_id": town.schools["south"]}))
    move = MovePupil(pupil_id=pupil_id, to_school_id=town.schools["south"], responsible_id=town.staff["southerner"])
    with pytest.raises(Forbidden):
        town.ask("teacher", move)
    result = town.ask("admin", move)
    assert (result.moved_cases, result.lost_access) == ((open_one,), 1)
    for who in ("teacher", "colleague", "principal"):
        with pytest.raises(NotFound):
            town.ask(who, ReadCase(case_id=open_one))
    assert town.ask("southerner", ReadCase(case_id=open_one)).summary.school_id == town.schools["south"]
    assert town.ask("principal", ReadCase(case_id=closed_one)).summary.status == "closed"


def test_a_protected_address_stops_the_letter_makes_a_task_and_says_why(town: Any) -> None:
    case_id = town.open_case()
    hidden = Party(kind=PartyKind.PERSON, name="Skjult Person", national_id="06868410400", has_protected_address=True)
    document_id = finished(town, case_id, receivers=[hidden])
    plan = town.ask("teacher", ReadSendingPlan(document_id=document_id))
    assert plan.is_stopped
    assert plan.letters[0].why is Why.PROTECTED_ADDRESS
    assert plan.letters[0].detail
    assert town.ask("teacher", SendDocument(document_id=document_id)).sending_stopped == "protected-address"
    town.ask("teacher", SendDocument(document_id=document_id))
    tasks = [one for one in town.ask("teacher", ListTasks()).items if one.document_id == document_id]
    assert len(tasks) == 1
    assert not [one for one in town.ask("southerner", ListTasks()).items if one.document_id == document_id]
    assert town.sql("select * from letters where document_id = $1", document_id) == []
    done = town.ask("teacher", CompleteTask(task_id=tasks[0].task_id, remark="Levert personlig."))
    assert done.done_at is not None
    with pytest.raises(Declined, match="task-gone"):
        town.ask("teacher", CompleteTask(task_id=tasks[0].task_id, remark="En gang til."))


def test_an_address_that_is_protected_while_the_letter_waits_stops_it_too(town: Any) -> None:
    guardian = {"kind": "person", "name": "Ny Mor", "national_id": "07878510500"}
    pupil = {"name": "Cy Vent", "national_id": "01831462222", "school_id": town.schools["north"]}
    wanted = PutPupil.model_validate(pupil | {"guardians": [{"party": guardian}]})
    pupil_id = town.ask("admin", wanted).pupil_id
    document_id = finished(town, town.open_case(pupil_id=pupil_id), to_guardians=True)
    assert town.ask("teacher", SendDocument(document_id=document_id)).sending_stopped is None
    town.ask("admin", wanted.model_copy(update={"has_protected_address": True}))
    ref = town.ask("teacher", ReadDocument(document_id=document_id)).files[0].ref
    ready = RenditionReady(delivery_id=new_id(), document_id=document_id, rendition=ref, flavour="2a")
    town.hear(ready)
    assert town.sql("select * from letters where document_id = $1", document_id) == []
    assert town.ask("teacher", ReadDocument(document_id=document_id)).sending_stopped == "protected-address"


def test_a_letter_to_a_child_becomes_a_letter_to_each_guardian_as_well(town: Any) -> None:
    child = Party(kind=PartyKind.PERSON, name="Ada Nordli", national_id=town.pupil_number)
    document_id = finished(town, town.open_case(), receivers=[child])
    town.ask("teacher", SendDocument(document_id=document_id))
    ref = town.ask("teacher", ReadDocument(document_id=document_id)).files[0].ref
    town.hear(RenditionReady(delivery_id=new_id(), document_id=document_id, rendition=ref, flavour="2a"))
    assert len(town.sql("select * from letters where document_id = $1", document_id)) == 3


def test_attachments_are_archived_with_the_document_and_the_preview_is_a_pdf(town: Any) -> None:
    case_id = town.open_case()
    document_id = town.ask("teacher", WriteDocument(case_id=case_id, template="letter", title="Et brev")).document_id
    assert town.ask("teacher", PreviewDocument(document_id=document_id)).pdf.startswith(b"%PDF-")
    ref = town.run(town.office.vault.put(b"%PDF-1.7 vedlegg", "application/pdf"))
    file = File(name="plan.pdf", media_type="application/pdf", ref=ref)
    town.ask("teacher", AddAttachment(document_id=document_id, file=file))
    done = town.ask("teacher", FinishDocument(document_id=document_id))
    assert [one.name for one in done.files] == ["Et brev.pdf", "plan.pdf"]
    with pytest.raises(Declined, match="document-locked"):
        town.ask("teacher", AddAttachment(document_id=document_id, file=file))


def test_a_new_assessment_of_a_finished_document_stands_beside_it(town: Any) -> None:
    document_id = finished(town, town.open_case())
    open_one = AccessAssessment(is_exempt=False, restriction="", legal_basis="")
    shown = town.ask("teacher", AssessAccess(document_id=document_id, access=open_one, public_title="Et åpent brev"))
    assert (shown.access.is_exempt, shown.public_title) == (False, "Et åpent brev")
    assert town.sql("select access from documents where document_id = $1", document_id)[0]["access"]["is_exempt"]


def test_a_stand_in_approves_while_it_lasts_and_not_before(town: Any) -> None:
    town.put_staff("deputy", {"employee"}, "north")
    case_id = town.open_case()
    wanted = WriteDocument(case_id=case_id, template="decision", title="Et vedtak")
    document_id = town.ask("teacher", wanted).document_id
    town.ask("teacher", SubmitForApproval(document_id=document_id))
    decision = DecideApproval(document_id=document_id, is_approved=True)
    with pytest.raises(NotFound):
        town.ask("deputy", decision)
    today = local_date(now())
    later = PutStandIn(
        school_id=town.schools["north"],
        staff_id=town.staff["deputy"],
        from_date=today + timedelta(days=5),
        to_date=today + timedelta(days=9),
    )
    with pytest.raises(Forbidden):
        town.ask("southerner", later)
    town.ask("principal", later)
    with pytest.raises(NotFound):
        town.ask("deputy", decision)
    town.ask("principal", later.model_copy(update={"from_date": today}))
    assert document_id in {one.document_id for one in town.ask("deputy", ListApprovals()).items}
    assert town.ask("deputy", decision).state == "approved"
    assert town.ask("southerner", ListApprovals()).items == ()


def test_closed_cases_have_a_view_of_their_own_and_many_are_closed_at_once(town: Any) -> None:
    done, hindered, elsewhere = town.open_case(), town.open_case(), new_id()
    town.ask("teacher", WriteDocument(case_id=hindered, template="letter", title="Uferdig"))
    result = town.ask("principal", CloseCases(case_ids=(done, hindered, elsewhere), remark="Skoleårets slutt."))
    assert result.closed == (done,)
    assert {one.case_id: one.code for one in result.not_closed} == {
        hindered: "case-not-closable",
        elsewhere: "case-not-found",
    }
    shown = town.ask("principal", ListClosedCases()).items
    mine = next(one for one in shown if one.summary.case_id == done)
    assert (mine.remark, mine.closed_by) == ("Skoleårets slutt.", town.staff["principal"])
    assert town.ask("southerner", ListClosedCases(school_id=town.schools["north"])).items == ()
    assert town.ask("teacher", ListClosedCases()).items == ()
    first = town.ask("principal", ListClosedCases(limit=1))
    second = town.ask("principal", ListClosedCases(limit=1, cursor=first.next))
    assert first.items[0].summary.case_id != second.items[0].summary.case_id


def test_cases_to_close_when_the_year_ends_are_listed_with_what_hinders_each(town: Any) -> None:
    town.put_staff("leaver", {"employee_create_cases"}, "north")
    done, hindered = town.open_case("leaver"), town.open_case("leaver")
    town.ask("leaver", WriteDocument(case_id=hindered, template="letter", title="Uferdig"))
    staying = town.open_case("teacher")
    assert {done, hindered}.isdisjoint(one.case_id for one in town.ask("principal", ListClosingCandidates()).items)
    town.put_staff("leaver", {"employee_create_cases"}, "north", active=False)
    listed = {one.case_id: one for one in town.ask("principal", ListClosingCandidates()).items}
    assert staying not in listed
    assert (listed[done].why, listed[done].is_closable) == (("caseworker_left",), True)
    assert [one.code for one in listed[hindered].hindrances] == ["unfinished"]
    tomorrow = local_date(now()) + timedelta(days=1)
    quiet = town.ask("principal", ListClosingCandidates(quiet_since=tomorrow, limit=200)).items
    assert {one.case_id: one.why for one in quiet}[staying] == ("quiet",)
    first = town.ask("principal", ListClosingCandidates(limit=1))
    assert town.ask("principal", ListClosingCandidates(limit=1, cursor=first.next)).items[0] != first.items[0]
    for who in ("teacher", "southerner", "distributor", "admin"):
        assert town.ask(who, ListClosingCandidates(school_id=town.schools["north"])).items == ()
    result = town.ask("principal", CloseCases(case_ids=tuple(listed), remark="Skoleårets slutt."))
    assert done in result.closed
    assert [one.code for one in result.not_closed[0].hindrances] == ["unfinished"]


def test_the_database_itself_refuses_a_document_in_a_closed_case_and_one_without_an_obligation(town: Any) -> None:
    case_id = town.open_case()
    document_id = town.ask("teacher", WriteDocument(case_id=case_id, template="letter", title="Et brev")).document_id
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="without an archive obligation"):
        town.sql("update documents set state = 'finished' where document_id = $1", document_id)
    closed = town.open_case()
    town.ask("teacher", CloseCase(case_id=closed, remark="Ferdig."))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="is closed"):
        town.sql("insert into events (event_id, case_id, kind, title) values ($1, $2, 'note', 'x')", new_id(), closed)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        town.sql("update document_versions set body = 'x' where document_id = $1", document_id)
