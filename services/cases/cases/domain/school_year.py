"""The school-year assistant's reckoning: what a plan changes, without touching anything (M16)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sikkersak.contracts.cases_roles import SchoolFunction
from sikkersak.contracts.cases_school_year import SchoolYearPlan, YearEntry, YearFault
from sikkersak.identity.roles import Role

ROLE_OF: Final = {
    SchoolFunction.LEADER: Role.SCHOOL_LEADER,
    SchoolFunction.COUNSELLOR: Role.EMPLOYEE_CREATE_CASES,
    SchoolFunction.FORM_TEACHER: Role.EMPLOYEE_CREATE_CASES,
}
FUNCTION_OF: Final = {
    Role.SCHOOL_LEADER: SchoolFunction.LEADER,
    Role.EMPLOYEE_CREATE_CASES: SchoolFunction.FORM_TEACHER,
}
MANAGED: Final = frozenset(ROLE_OF.values())


@dataclass(frozen=True)
class Held:
    """A role that somebody has on the first day of the plan or later, at one school or at all of the person's."""

    assignment_id: UUID
    staff_id: UUID
    role: Role
    school_id: UUID | None
    function: SchoolFunction | None
    valid_from: date
    valid_to: date | None
    own_schools: frozenset[UUID]

    @property
    def places(self) -> frozenset[UUID]:
        """The schools that it counts at."""
        return self.own_schools if self.school_id is None else frozenset({self.school_id})


@dataclass(frozen=True, order=True)
class Place:
    """Somebody has a role at a school, whatever it is called."""

    staff_id: UUID
    school_id: UUID
    role: Role


@dataclass(frozen=True)
class Beginning:
    """An assignment that begins."""

    place: Place
    function: SchoolFunction | None
    first: date
    last: date | None = None


@dataclass(frozen=True)
class Reckoning:
    """Which assignments end, which begin, and what that is for people: gained, lost, kept."""

    ending: tuple[UUID, ...]
    beginning: tuple[Beginning, ...]
    gained: tuple[Place, ...]
    lost: tuple[Place, ...]
    kept: int


def reckon(plan: SchoolYearPlan, held: list[Held]) -> Reckoning:
    """What must end and begin so that the plan, and nothing else, counts at its schools; elsewhere nothing changes."""
    schools = frozenset(plan.school_ids)
    wanted = {(_place(entry), entry.function) for entry in plan.entries}
    before = {Place(one.staff_id, school, one.role) for one in held for school in one.places & schools}
    after = {place for place, _ in wanted}
    staying = {one.assignment_id: met for one in held if (met := _met(one, wanted, plan.from_date)) is not None}
    met = {entry for entries in staying.values() for entry in entries}
    ending = [one for one in held if one.places & schools and one.assignment_id not in staying]
    new = [Beginning(place, function, plan.from_date) for place, function in sorted(wanted - met, key=_order)]
    # Who had the role at every school keeps it, for as long, at those that the plan is not about.
    kept = [
        Beginning(
            Place(one.staff_id, school, one.role), one.function, max(one.valid_from, plan.from_date), one.valid_to
        )
        for one in ending
        for school in sorted(one.places - schools)
    ]
    return Reckoning(
        ending=tuple(one.assignment_id for one in ending),
        beginning=(*new, *kept),
        gained=tuple(sorted(after - before)),
        lost=tuple(sorted(before - after)),
        kept=len(before & after),
    )


def faults(plan: SchoolYearPlan, today: date, active: set[UUID], schools: set[UUID]) -> Iterator[YearFault]:
    """What makes the plan impossible."""
    if plan.from_date < today:
        yield YearFault(code="day-is-past", detail="Datoen er passert. Velg i dag eller senere.")
    for school_id in sorted(set(plan.school_ids) - schools):
        yield YearFault(code="unknown-school", detail="Skolen finnes ikke.", school_id=school_id)
    for entry in plan.entries:
        where = {"staff_id": entry.staff_id, "school_id": entry.school_id}
        if entry.school_id not in plan.school_ids:
            yield YearFault(code="school-not-in-plan", detail="Skolen er ikke blant dem planen gjelder.", **where)
        if entry.staff_id not in active:
            yield YearFault(code="not-working-here", detail="Personen finnes ikke eller har sluttet.", **where)
    if len(set(plan.entries)) < len(plan.entries):
        yield YearFault(code="entry-twice", detail="Samme person står flere ganger med samme funksjon.")


def plan_id(plan: SchoolYearPlan, held: list[Held]) -> str:
    """Stands for the plan and for the roles that it was compared with."""
    said = plan.model_dump_json() + "".join(sorted(f"|{one.assignment_id}{one.valid_to}" for one in held))
    return hashlib.sha256(said.encode()).hexdigest()


def _place(entry: YearEntry) -> Place:
    return Place(entry.staff_id, entry.school_id, ROLE_OF[entry.function])


def _met(one: Held, wanted: set[tuple[Place, SchoolFunction]], first: date) -> set[tuple[Place, SchoolFunction]] | None:
    """What of the plan this assignment already is: bound to the school, without an end. None when it is nothing of it."""
    if one.school_id is None or one.valid_to is not None or one.valid_from > first:
        return None
    place = Place(one.staff_id, one.school_id, one.role)
    found = {(there, function) for there, function in wanted if there == place and one.function in (None, function)}
    return found or None


def _order(entry: tuple[Place, SchoolFunction]) -> tuple[Place, str]:
    return entry[0], entry[1].value
