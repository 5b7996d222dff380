"""The school-year assistant: next year's leaders, counsellors and form teachers in one preview and one transaction (M16)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from cases.domain.school_year import FUNCTION_OF, Held, Place, Reckoning, faults, plan_id, reckon
from cases.office import Office
from cases.operations import operations
from cases.store import audit, people, roles, school_year
from cases.telling import ROLE_NOTICES, tell_role
from sikkersak.clock import local_date, now
from sikkersak.contracts.cases_roles import RolesChanged, RoleSource, SchoolFunction
from sikkersak.contracts.cases_school_year import (
    ApplySchoolYear,
    PreviewSchoolYear,
    ReadSchoolYear,
    SchoolYearPlan,
    SchoolYearPreview,
    SchoolYearResult,
    YearChange,
    YearEntry,
    YearFault,
)
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction


@operations.answers(ReadSchoolYear)
async def read_school_year(asked: ReadSchoolYear, ask: Ask, office: Office) -> SchoolYearPlan:
    """Who is what on that day as things stand; a role that nobody gave a name is named by what it usually is."""
    del office
    schools = frozenset(asked.school_ids)
    found = await school_year.held(ask.tx, sorted(schools), asked.from_date)
    entries = {
        YearEntry(staff_id=one.staff_id, school_id=school, function=one.function or FUNCTION_OF[one.role])
        for one in found
        for school in one.places & schools
    }
    ordered = sorted(entries, key=lambda entry: (entry.school_id, entry.function, entry.staff_id))
    return SchoolYearPlan(from_date=asked.from_date, school_ids=asked.school_ids, entries=tuple(ordered))


@operations.answers(PreviewSchoolYear)
async def preview_school_year(asked: PreviewSchoolYear, ask: Ask, office: Office) -> SchoolYearPreview:
    """The difference and what is not finished; nothing is changed."""
    del office
    plan, schools = asked.plan, sorted(set(asked.plan.school_ids))
    found = await school_year.held(ask.tx, schools, plan.from_date)
    made = reckon(plan, found)
    called = await school_year.names(ask.tx, [place.staff_id for place in (*made.gained, *made.lost)])
    functions = _functions(plan, found)
    return SchoolYearPreview(
        plan_id=plan_id(plan, found),
        faults=await _faults(ask.tx, plan),
        gained=tuple(_change(place, called, functions) for place in made.gained),
        lost=tuple(_change(place, called, functions) for place in made.lost),
        kept=made.kept,
        leavers=await school_year.leavers(ask.tx, schools),
        moved_pupils=await school_year.moved_pupils(ask.tx, schools),
        open_approvals=await school_year.open_approvals(ask.tx, schools),
        not_archived=await school_year.not_archived(ask.tx, schools),
    )


@operations.answers(ApplySchoolYear)
async def apply_school_year(asked: ApplySchoolYear, ask: Ask, office: Office) -> SchoolYearResult:
    """Everything in this transaction, or nothing; what the administrator saw is what is done."""
    del office
    plan = asked.plan
    await school_year.lock_roles(ask.tx)
    wrong = await _faults(ask.tx, plan)
    if wrong:
        raise Declined(wrong[0].code, wrong[0].detail, status=422)
    found = await school_year.held(ask.tx, sorted(set(plan.school_ids)), plan.from_date)
    if plan_id(plan, found) != asked.plan_id:
        raise Declined("plan-outdated", "Roller er endret siden forhåndsvisningen. Se på forskjellen på nytt.")
    made = reckon(plan, found)
    await _carry_out(ask, plan, made)
    await say(ask.tx, RolesChanged())
    by, first = ask.actor.staff_id, plan.from_date.isoformat()
    for act, places in (("role-given", made.gained), ("role-taken", made.lost)):
        for place in places:
            await tell_role(ask.tx, ROLE_NOTICES[act], place.staff_id, place.school_id)
        for place in places:
            staff_id, school_id = str(place.staff_id), str(place.school_id)
            await audit.note(
                ask.tx, by, act, staff_id=staff_id, role=place.role.value, school_id=school_id, school_year=first
            )
    counts = {"gained": len(made.gained), "lost": len(made.lost), "kept": made.kept}
    await audit.note(ask.tx, by, "school-year-applied", first=first, counts=counts)
    return SchoolYearResult(from_date=plan.from_date, **counts)


async def _carry_out(ask: Ask, plan: SchoolYearPlan, made: Reckoning) -> None:
    for assignment_id in made.ending:
        await roles.end(ask.tx, assignment_id, plan.from_date - timedelta(days=1))
    for one in made.beginning:
        await roles.add(
            ask.tx,
            one.place.staff_id,
            one.place.role,
            one.place.school_id,
            (one.first, one.last),
            ask.actor.staff_id,
            source=RoleSource.SCHOOL_YEAR,
            function=one.function,
        )


async def _faults(tx: Transaction, plan: SchoolYearPlan) -> tuple[YearFault, ...]:
    active = await school_year.working(tx, [entry.staff_id for entry in plan.entries])
    known = {school.school_id for school in await people.schools(tx)}
    return tuple(faults(plan, local_date(now()), active, known))


def _functions(plan: SchoolYearPlan, found: list[Held]) -> dict[tuple[UUID, UUID], SchoolFunction | None]:
    """What somebody is called at a school: by the plan, else as it was."""
    before = {(one.staff_id, school): one.function for one in found for school in one.places}
    return {**before, **{(entry.staff_id, entry.school_id): entry.function for entry in plan.entries}}


def _change(
    place: Place, called: dict[UUID, str], functions: dict[tuple[UUID, UUID], SchoolFunction | None]
) -> YearChange:
    return YearChange(
        staff_id=place.staff_id,
        name=called.get(place.staff_id, ""),
        school_id=place.school_id,
        role=place.role.value,
        function=functions.get((place.staff_id, place.school_id)),
    )
