"""Who is written to before a letter goes: the rules, without any input or output (M21)."""

from __future__ import annotations

from datetime import date

import pytest

from cases.domain.sending import birth_date, is_minor, is_stopped, plan_sending
from sikkersak.contracts.cases_documents import Why
from sikkersak.contracts.cases_people import Guardian, Pupil
from sikkersak.contracts.values import Party, PartyKind
from sikkersak.errors import Declined
from sikkersak.ids import new_id

TODAY = date(2026, 9, 1)
CHILD, GROWN = "01831460000", "01830860000"  # born 2014-03-01 and 2008-03-01, synthetic


def person(name: str, national_id: str | None = None, *, protected: bool = False) -> Party:
    return Party(kind=PartyKind.PERSON, name=name, national_id=national_id, has_protected_address=protected)


def pupil(national_id: str = CHILD, *guardians: Guardian, protected: bool = False) -> Pupil:
    return Pupil(
        pupil_id=new_id(),
        name="Ada",
        national_id=national_id,
        school_id=new_id(),
        has_protected_address=protected,
        guardians=guardians,
    )


MOTHER = Guardian(party=person("Mor", "02828010000"))
FATHER = Guardian(party=person("Far", "03838110100"))
UNCLE = Guardian(party=person("Onkel", "04848210200"), has_parental_responsibility=False)


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("01831460000", date(2014, 3, 1)),
        ("41031460000", date(2014, 3, 1)),
        ("01038010000", date(1980, 3, 1)),
        ("99999999999", None),
    ],
)
def test_the_birth_date_is_read_from_every_kind_of_number(number: str, born: date | None) -> None:
    assert birth_date(number) == born


def test_eighteen_is_reached_on_the_day() -> None:
    assert is_minor(GROWN, date(2026, 2, 28))
    assert not is_minor(GROWN, date(2026, 3, 1))


def test_a_childs_letter_goes_in_copy_to_each_with_parental_responsibility_and_says_why() -> None:
    planned = plan_sending((person("Ada", CHILD),), pupil(CHILD, MOTHER, FATHER, UNCLE), TODAY)
    assert [(one.party.name, one.why) for one in planned] == [
        ("Ada", Why.RECEIVER),
        ("Mor", Why.COPY_TO_GUARDIAN),
        ("Far", Why.COPY_TO_GUARDIAN),
    ]


def test_who_is_a_receiver_already_gets_no_copy() -> None:
    planned = plan_sending((person("Ada", CHILD), MOTHER.party), pupil(CHILD, MOTHER, FATHER), TODAY)
    assert [one.party.name for one in planned] == ["Ada", "Mor", "Far"]


def test_a_grown_pupils_letter_is_nobody_elses() -> None:
    planned = plan_sending((person("Ada", GROWN),), pupil(GROWN, MOTHER, FATHER), TODAY)
    assert [one.party.name for one in planned] == ["Ada"]


def test_a_letter_to_others_about_a_child_is_not_copied() -> None:
    assert len(plan_sending((person("PPT", "310000019"),), pupil(CHILD, MOTHER), TODAY)) == 1


def test_a_child_without_guardians_in_the_register_stops_with_a_reason() -> None:
    with pytest.raises(Declined) as refused:
        plan_sending((person("Ada", CHILD),), pupil(CHILD), TODAY)
    assert refused.value.code == "no-guardians"


def test_one_protected_address_stops_all_of_it() -> None:
    hidden = Guardian(party=person("Mor", "02828010000", protected=True))
    planned = plan_sending((person("Ada", CHILD),), pupil(CHILD, hidden, FATHER), TODAY)
    assert is_stopped(planned)
    assert [one.why for one in planned if one.is_stopped] == [Why.PROTECTED_ADDRESS]


def test_a_pupils_protected_address_protects_the_guardians_too() -> None:
    planned = plan_sending((MOTHER.party,), pupil(CHILD, MOTHER, protected=True), TODAY)
    assert is_stopped(planned)
