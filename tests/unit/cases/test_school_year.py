"""The school-year assistant's reckoning, for any plan and any roles before it (M16)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from cases.domain.school_year import FUNCTION_OF, MANAGED, ROLE_OF, Held, Place, reckon
from sikkersak.contracts.cases_roles import SchoolFunction
from sikkersak.contracts.cases_school_year import SchoolYearPlan, YearEntry

FIRST = date(2027, 8, 1)
SCHOOLS = [uuid4() for _ in range(3)]
PEOPLE = [uuid4() for _ in range(3)]
OWN = {person: frozenset(SCHOOLS[: number + 1]) for number, person in enumerate(PEOPLE)}


@st.composite
def roles_before(draw: st.DrawFn) -> list[Held]:
    found = []
    for _ in range(draw(st.integers(0, 6))):
        person, role = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from(sorted(MANAGED)))
        names = [None, *(function for function, meant in ROLE_OF.items() if meant == role)]
        found.append(
            Held(
                assignment_id=uuid4(),
                staff_id=person,
                role=role,
                school_id=draw(st.sampled_from([None, *SCHOOLS])),
                function=draw(st.sampled_from(names)),
                valid_from=FIRST + timedelta(days=draw(st.sampled_from([-100, 0, 50]))),
                valid_to=draw(st.sampled_from([None, FIRST + timedelta(days=100)])),
                own_schools=OWN[person],
            )
        )
    return found


@st.composite
def plans(draw: st.DrawFn) -> SchoolYearPlan:
    schools = draw(st.lists(st.sampled_from(SCHOOLS), min_size=1, max_size=2, unique=True))
    entry = st.builds(
        YearEntry,
        staff_id=st.sampled_from(PEOPLE),
        school_id=st.sampled_from(schools),
        function=st.sampled_from(SchoolFunction),
    )
    entries = draw(st.lists(entry, max_size=6, unique=True))
    return SchoolYearPlan(from_date=FIRST, school_ids=tuple(schools), entries=tuple(entries))


def relevant(plan: SchoolYearPlan, held: list[Held]) -> list[Held]:
    """What the store finds for the plan."""
    return [one for one in held if one.places & set(plan.school_ids)]


def carried_out(plan: SchoolYearPlan, held: list[Held]) -> list[Held]:
    """The roles on the first day and later, after the plan."""
    made = reckon(plan, relevant(plan, held))
    left = [one for one in held if one.assignment_id not in made.ending]
    new = [
        Held(
            uuid4(),
            one.place.staff_id,
            one.place.role,
            one.place.school_id,
            one.function,
            one.first,
            one.last,
            OWN[one.place.staff_id],
        )
        for one in made.beginning
    ]
    return left + new


def places(held: list[Held], schools: set[UUID]) -> set[Place]:
    return {Place(one.staff_id, school, one.role) for one in held for school in one.places & schools}


def days(held: list[Held], schools: set[UUID]) -> set[tuple[Place, date, date | None]]:
    """Where a role counts, from the plan's first day, to its last."""
    return {
        (Place(one.staff_id, school, one.role), max(one.valid_from, FIRST), one.valid_to)
        for one in held
        for school in one.places & schools
    }


@given(plans(), roles_before())
def test_afterwards_the_plan_and_nothing_else_counts_at_its_schools(plan: SchoolYearPlan, held: list[Held]) -> None:
    wanted = {Place(entry.staff_id, entry.school_id, ROLE_OF[entry.function]) for entry in plan.entries}
    after = carried_out(plan, held)
    assert places(after, set(plan.school_ids)) == wanted
    counting = [one for one in after if one.places & set(plan.school_ids)]
    assert all(one.valid_from <= FIRST and one.valid_to is None for one in counting)


@given(plans(), roles_before())
def test_at_other_schools_everybody_keeps_what_they_had(plan: SchoolYearPlan, held: list[Held]) -> None:
    others = set(SCHOOLS) - set(plan.school_ids)
    assert days(carried_out(plan, held), others) == days(held, others)


@given(plans(), roles_before())
def test_what_is_shown_is_the_difference_and_a_second_time_there_is_none(
    plan: SchoolYearPlan, held: list[Held]
) -> None:
    before, after = places(held, set(plan.school_ids)), carried_out(plan, held)
    made = reckon(plan, relevant(plan, held))
    now = places(after, set(plan.school_ids))
    assert (set(made.gained), set(made.lost), made.kept) == (now - before, before - now, len(now & before))
    again = reckon(plan, relevant(plan, after))
    assert (again.ending, again.beginning, again.gained, again.lost) == ((), (), (), ())


def test_every_managed_role_has_a_name_in_a_plan() -> None:
    assert set(FUNCTION_OF) == set(MANAGED)
    assert all(ROLE_OF[function] == role for role, function in FUNCTION_OF.items())
