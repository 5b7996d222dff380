"""Nobody overwrites what they have not seen: roles, case types, templates, schools, staff, pupils (RFC 9110 §13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sikkersak.contracts.cases import (
    EventKind,
    ListPupils,
    ListStaff,
    PutPupil,
    PutSchool,
    PutStaff,
    PutTemplate,
    ReadCase,
    WriteDocument,
)
from sikkersak.contracts.cases_casework import FolderKind, PutCaseType, SetPhase
from sikkersak.contracts.cases_documents import AssessAccess
from sikkersak.contracts.cases_employees import ListHrRoles, PutHrRoles
from sikkersak.contracts.cases_roles import ListRoles, PutRole
from sikkersak.contracts.cases_templates import ReadTemplate
from sikkersak.contracts.message import Operation
from sikkersak.contracts.values import AccessAssessment, PostalAddress
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
