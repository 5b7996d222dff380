"""The invented municipality: only synthetic people and organisations, and enough of each for the demo."""

from __future__ import annotations

import pytest

from samples.municipality import municipality
from samples.numbers import is_organisation_number, is_synthetic_birth_number
from sikkersak.identity.roles import Role

PLACE = municipality()
ORGANISATIONS = [
    PLACE.organisation,
    *(school.organisation for school in PLACE.schools),
    *(writer.organisation for writer in PLACE.correspondents),
]
PEOPLE = [
    *(one.national_id for one in PLACE.staff),
    *(one.national_id for one in PLACE.pupils),
    *(guardian.national_id for pupil in PLACE.pupils for guardian in pupil.guardians),
]


@pytest.mark.parametrize("number", ORGANISATIONS)
def test_every_organisation_number_is_valid_and_from_the_synthetic_series(number: str) -> None:
    assert is_organisation_number(number)
    assert number.startswith("31")


@pytest.mark.parametrize("number", PEOPLE)
def test_every_birth_number_is_valid_and_synthetic(number: str) -> None:
    assert is_synthetic_birth_number(number)
    assert 81 <= int(number[2:4]) <= 92


def test_no_two_share_a_number() -> None:
    assert len(set(ORGANISATIONS)) == len(ORGANISATIONS)
    assert len(set(PEOPLE)) == len(PEOPLE)


@pytest.mark.parametrize("wrong", ["310000028", "31000002", "3100000270", "31000002x", ""])
def test_a_wrong_organisation_number_is_found_out(wrong: str) -> None:
    assert not is_organisation_number(wrong)


def test_a_wrong_birth_number_is_found_out() -> None:
    right = PEOPLE[0]
    last = (int(right[-1]) + 1) % 10
    assert not is_synthetic_birth_number(f"{right[:-1]}{last}")
    assert not is_synthetic_birth_number(right[:-1])
    # the textbook's number, whose check digits are right: it could belong to someone
    assert not is_synthetic_birth_number("01010750160")


def test_every_role_of_the_product_is_held_by_someone() -> None:
    held = {role for one in PLACE.staff for role in one.roles}
    assert held == {role.value for role in Role}
    assert len(PLACE.staff_with("school_leader")) == 2
    assert len(PLACE.staff_with("employee")) + len(PLACE.staff_with("employee_create_cases")) == 4


def test_every_school_has_a_leader_a_teacher_and_pupils() -> None:
    assert len(PLACE.schools) == 3
    for school in PLACE.schools:
        roles = {role for one in PLACE.staff if school.organisation in one.schools for role in one.roles}
        assert "school_leader" in roles
        assert roles & {"employee", "employee_create_cases"}
        assert any(pupil.school == school.organisation for pupil in PLACE.pupils)


def test_there_are_twelve_pupils_and_mostly_two_guardians() -> None:
    assert len(PLACE.pupils) == 12
    assert sum(len(pupil.guardians) == 2 for pupil in PLACE.pupils) >= 9
    assert all(any(one.has_parental_responsibility for one in pupil.guardians) for pupil in PLACE.pupils)


def test_birth_numbers_say_that_pupils_are_of_school_age_and_guardians_are_grown_up() -> None:
    for pupil in PLACE.pupils:
        assert 2010 <= pupil.born.year <= 2020


def test_a_protected_address_is_nowhere_told() -> None:
    [pupil] = [one for one in PLACE.pupils if one.has_protected_address]
    assert not any(pupil.address.model_dump().values())
    for guardian in pupil.guardians:
        assert guardian.has_protected_address
        assert not any(guardian.address.model_dump().values())
