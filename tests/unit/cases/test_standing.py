"""Who may do what: role × school. No school means nobody (M15, M16, R8)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from cases.domain.standing import Permission, Standing
from sikkersak.errors import Forbidden
from sikkersak.identity.permissions import DEFAULTS, KEPT
from sikkersak.identity.roles import Role

HERE, ELSEWHERE = uuid4(), uuid4()


def standing(*roles: Role, schools: frozenset = frozenset({HERE})) -> Standing:
    return Standing(uuid4(), "Test", frozenset(roles), schools)


def test_every_role_has_its_permissions_declared() -> None:
    assert set(DEFAULTS) == set(Role)


def test_what_a_role_must_keep_it_has_from_the_start() -> None:
    assert all(kept <= DEFAULTS[role] for role, kept in KEPT.items())


def test_every_permission_has_its_explanation() -> None:
    assert all(permission.explanation.endswith(".") for permission in Permission)


@pytest.mark.parametrize("role", Role)
def test_nobody_is_given_every_case_to_read(role: Role) -> None:
    assert standing(role, schools=frozenset()).led_schools == []


def test_a_leader_reads_the_own_schools_cases_only() -> None:
    assert standing(Role.SCHOOL_LEADER).led_schools == [HERE]
    assert not standing(Role.SCHOOL_LEADER).holds_at(Permission.APPROVE, ELSEWHERE)


def test_an_employee_opens_no_case() -> None:
    with pytest.raises(Forbidden):
        standing(Role.EMPLOYEE).demand_opening_at(HERE)


def test_an_employee_who_may_create_cases_does_so_at_the_own_school_only() -> None:
    standing(Role.EMPLOYEE_CREATE_CASES).demand_opening_at(HERE)
    with pytest.raises(Forbidden):
        standing(Role.EMPLOYEE_CREATE_CASES).demand_opening_at(ELSEWHERE)


def test_a_distributor_opens_cases_everywhere_and_lists_them_without_reading_them() -> None:
    distributor = standing(Role.MAIL_DISTRIBUTOR, schools=frozenset())
    distributor.demand_opening_at(ELSEWHERE)
    assert distributor.lists_every_case
    assert distributor.led_schools == []


def test_somebody_without_roles_holds_nothing() -> None:
    assert not any(standing().holds(permission) for permission in Permission)
