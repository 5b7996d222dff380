"""Nobody overwrites what they have not seen: roles, case types, templates, schools, staff, pupils (RFC 9110 §13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sikkersak.contracts.cases import ReadCase
from sikkersak.contracts.cases_casework import FolderKind, PutCaseType, SetPhase
from sikkersak.contracts.cases_documents import (
    AddAttachment,
    AssessAccess,
    DecideApproval,
    EditDocument,
    EventKind,
    FinishDocument,
    RemoveAttachment,
    SubmitForApproval,
    WriteDocument,
)
from sikkersak.contracts.cases_employees import ListHrRoles, PutHrRoles
from sikkersak.contracts.cases_people import ListPupils, ListStaff, PutPupil, PutSchool, PutStaff
from sikkersak.contracts.cases_roles import ListRoles, PutRole
from sikkersak.contracts.cases_templates import PutTemplate, ReadTemplate
from sikkersak.contracts.message import Operation
from sikkersak.contracts.values import AccessAssessment, File, PostalAddress
from sikkersak.errors import Declined

Change = Callable[[Any, str | None, int], Operation[Any]]
SOURCE = '#field("title")'


def role(town: Any, tag: str | None, number: int) -> Operation[Any]:
    wanted = frozenset({"operate"} if number else {"operate", "archive_log_all"})
    return PutRole(role="operations", permissions=wanted, if_match=tag)


def hr_roles(town: Any, tag: str | None, number: int) -> Operation[Any]:
    return PutHrRoles(hr_roles=("teacher", f"role {number}"), if_match=tag)


def case_type(town: Any, tag: str | None, number: int) -> Operation[Any]:
    return PutCaseType(code="unchanged", name=f"Sak {number}", folder=FolderKind.GENERAL, if_match=tag)


def template(town: Any, tag: str | None, number: int) -> Operation[Any]:
    return PutTemplate(
        code="unchanged",
        language="nb",
        name=f"Brev {number}",
        kind=EventKind.NOTE,
        needs_approval=False,
        source=SOURCE,
        if_match=tag,
    )


def school(town: Any, tag: str | None, number: int) -> Operation[Any]:
    return PutSchool(name=f"Uendret skole {number}", organisation="310000043", if_match=tag)


def staff(town: Any, tag: str | None, number: int) -> Operation[Any]:
    schools = frozenset({town.schools["north"]})
    address = f"kari{number}@example.org"  # seen in no answer, and yet not overwritten unseen
    return PutStaff(pid_lookup="e" * 64, name="Kari", email=address, roles=frozenset(), schools=schools, if_match=tag)


def pupil(town: Any, tag: str | None, number: int) -> Operation[Any]:
    address = PostalAddress(line=f"Veien {number}", postal_code="0003", city="OSLO")
    fields = {"name": "Bo Uendret", "national_id": "01831463333", "school_id": town.schools["north"]}
    return PutPupil(**fields, address=address, if_match=tag)


def tag_of(answer: Any) -> str:
    return str(getattr(answer, "tag", None) or answer.version)


@pytest.mark.parametrize("change", [role, hr_roles, case_type, template, school, staff, pupil])
def test_a_change_of_what_was_read_is_made_once_and_the_second_is_told(town: Any, change: Change) -> None:
    first = town.ask("admin", change(town, None, 0))
    second = town.ask("admin", change(town, tag_of(first), 1))
    assert tag_of(second) != tag_of(first)
    with pytest.raises(Declined) as no:
        town.ask("admin", change(town, tag_of(first), 2))
    assert (no.value.code, no.value.status) == ("stale-version", 412)
    assert tag_of(town.ask("admin", change(town, tag_of(second), 3)))


def test_what_is_read_has_the_tag_of_what_was_kept(town: Any) -> None:
    kept = town.ask("admin", role(town, None, 0))
    (read,) = [one for one in town.ask("admin", ListRoles()).items if one.role == "operations"]
    assert read.tag == kept.tag
    assert town.ask("admin", hr_roles(town, None, 0)).tag == town.ask("admin", ListHrRoles()).tag
    kept = town.ask("admin", template(town, None, 0))
    assert town.ask("admin", ReadTemplate(code="unchanged", language="nb")).items[0].version == kept.version
    kept = town.ask("admin", staff(town, None, 0))
    assert [one.version for one in town.ask("admin", ListStaff()).items if one.name == "Kari"] == [kept.version]
    kept = town.ask("admin", pupil(town, None, 0))
    assert [one.version for one in town.ask("admin", ListPupils(query="Bo Uendret")).items] == [kept.version]


@pytest.mark.parametrize("change", [role, hr_roles, case_type, template, school, staff, pupil])
def test_what_is_there_cannot_be_made_anew_over_what_nobody_read(town: Any, change: Change) -> None:
    town.ask("admin", change(town, None, 0))
    nothing = "0" if change is template else ""  # what the gateway says where If-None-Match: * was sent
    with pytest.raises(Declined, match="stale-version"):
        town.ask("admin", change(town, nothing, 1))


def test_nobody_locks_or_approves_what_they_have_not_read(town: Any) -> None:
    case_id = town.open_case()
    paper = town.ask("teacher", WriteDocument(case_id=case_id, template="letter", title="Et brev"))
    later = EditDocument(document_id=paper.document_id, version=paper.version, body="Et tillegg.")
    newer = town.ask("teacher", later)
    for act in (FinishDocument, SubmitForApproval):
        with pytest.raises(Declined, match="stale-version"):
            town.ask("teacher", act(document_id=paper.document_id, version=paper.version))
    with pytest.raises(Declined, match="stale-version"):
        town.ask("principal", DecideApproval(document_id=paper.document_id, version=paper.version, is_approved=True))
    finished = town.ask("teacher", FinishDocument(document_id=paper.document_id, version=newer.version))
    assert finished.state == "finished"


def test_a_position_is_of_the_attachments_that_were_read(town: Any) -> None:
    paper = town.ask("teacher", WriteDocument(case_id=town.open_case(), template="letter", title="Et brev"))
    for number in range(3):
        ref = town.run(town.office.vault.put(f"%PDF-1.7 {number}".encode(), "application/pdf"))
        file = File(name=f"{number}.pdf", media_type="application/pdf", ref=ref)
        read = town.ask("teacher", AddAttachment(document_id=paper.document_id, file=file))
    assert read.version > paper.version, "an attachment makes a new version: who finishes must have seen it"
    take = RemoveAttachment(document_id=paper.document_id, position=0, version=read.version)
    assert [one.name for one in town.ask("teacher", take).attachments] == ["1.pdf", "2.pdf"]
    with pytest.raises(Declined, match="stale-version"):
        town.ask("teacher", take)


def test_an_assessment_and_a_working_status_are_changed_only_by_who_saw_the_last(town: Any) -> None:
    town.ask("admin", PutCaseType(code="stages", name="Trinn", folder=FolderKind.GENERAL, statuses=("Ny", "I gang")))
    case_id = town.open_case(case_type="stages", pupil_id=None)
    seen = town.ask("teacher", ReadCase(case_id=case_id)).summary
    town.ask("teacher", SetPhase(case_id=case_id, phase="Ny", if_match=seen.tag))
    with pytest.raises(Declined, match="stale-version"):
        town.ask("teacher", SetPhase(case_id=case_id, phase="I gang", if_match=seen.tag))
    paper = town.ask("teacher", WriteDocument(case_id=case_id, template="letter", title="Et brev"))
    change = AssessAccess(
        document_id=paper.document_id,
        access=AccessAssessment(),
        public_title="Brev til heimen",
        if_match=paper.assessment.tag,
    )
    assert town.ask("teacher", change).assessment.tag != paper.assessment.tag
    with pytest.raises(Declined, match="stale-version"):
        town.ask("teacher", change)
