"""Nobody overwrites what they have not seen: roles, the HR system's roles, case types, templates (RFC 9110 §13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sikkersak.contracts.cases import EventKind, PutTemplate
from sikkersak.contracts.cases_casework import FolderKind, PutCaseType
from sikkersak.contracts.cases_employees import ListHrRoles, PutHrRoles
from sikkersak.contracts.cases_roles import ListRoles, PutRole
from sikkersak.contracts.cases_templates import ReadTemplate
from sikkersak.contracts.message import Operation
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


def tag_of(answer: Any) -> str:
    return str(getattr(answer, "tag", None) or answer.version)


@pytest.mark.parametrize("change", [role, hr_roles, case_type, template])
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
