"""A new school year: one preview, one transaction, from a day on (M16)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sikkersak.clock import local_date, now
from sikkersak.contracts.cases import ReadCase
from sikkersak.contracts.cases_roles import GiveRole, ListAssignments, SchoolFunction
from sikkersak.contracts.cases_school_year import (
    ApplySchoolYear,
    PreviewSchoolYear,
    ReadSchoolYear,
    SchoolYearPlan,
    YearEntry,
)
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.ids import new_id

TODAY = local_date(now())
DAY = timedelta(days=1)
LEADER, COUNSELLOR, TEACHER = SchoolFunction.LEADER, SchoolFunction.COUNSELLOR, SchoolFunction.FORM_TEACHER


def plan(school_id, *entries, from_date=TODAY) -> SchoolYearPlan:
    made = tuple(YearEntry(staff_id=who, school_id=school_id, function=what) for who, what in entries)
    return SchoolYearPlan(from_date=from_date, school_ids=(school_id,), entries=made)


async def applied(town, admin, wanted: SchoolYearPlan):
    preview = await town.ask(admin, PreviewSchoolYear(plan=wanted))
    assert preview.faults == ()
    return preview, await town.ask(admin, ApplySchoolYear(plan=wanted, plan_id=preview.plan_id))


async def test_the_difference_is_shown_and_then_done_at_once(town) -> None:
    admin = await town.person("administrator")
    old = await town.person("school_leader", schools=(town.here,))
    new, teacher, counsellor = [await town.person("employee", schools=(town.here,)) for _ in range(3)]
    case_id = await town.case(admin)
    wanted = plan(town.here, (new, LEADER), (teacher, TEACHER), (counsellor, COUNSELLOR))
    preview, result = await applied(town, admin, wanted)
    assert {(one.staff_id, one.role, one.function) for one in preview.gained} == {
        (new, "school_leader", LEADER),
        (teacher, "employee_create_cases", TEACHER),
        (counsellor, "employee_create_cases", COUNSELLOR),
    }
    assert [(one.staff_id, one.role) for one in preview.lost] == [(old, "school_leader")]
    assert (result.gained, result.lost, result.kept) == (3, 1, 0)
    told = await town.run(
        lambda tx: tx.fetch(
            "select convert_from(body, 'utf8')::jsonb->>'notice' as notice, convert_from(body, 'utf8')::jsonb->>'staff_id' as staff from outbox"
            " where message_type = 'notifier.announce.v1' and convert_from(body, 'utf8')::jsonb->>'notice' like 'role_%'"
        )
    )
    assert {(row["notice"], row["staff"]) for row in told} >= {
        *(("role_given", str(who)) for who in (new, teacher, counsellor)),
        ("role_taken", str(old)),
    }

    await town.ask(new, ReadCase(case_id=case_id))
    with pytest.raises((NotFound, Forbidden)):
        await town.ask(old, ReadCase(case_id=case_id))
    counted = await town.run(
        lambda tx: tx.fetchval("select count(*) from audit where details->>'school_year' = $1", TODAY.isoformat())
    )
    assert counted >= 4


async def test_nothing_counts_before_the_first_day(town) -> None:
    admin = await town.person("administrator")
    old = await town.person("school_leader", schools=(town.here,))
    new = await town.person("employee", schools=(town.here,))
    case_id = await town.case(admin)
    await applied(town, admin, plan(town.here, (new, LEADER), from_date=TODAY + 30 * DAY))
    await town.ask(old, ReadCase(case_id=case_id))
    with pytest.raises(NotFound):
        await town.ask(new, ReadCase(case_id=case_id))
    left = (await town.ask(admin, ListAssignments(staff_id=old))).items
    assert [one.to_date for one in left] == [TODAY + 29 * DAY]


async def test_who_led_every_school_of_theirs_keeps_the_ones_that_the_plan_is_not_about(town) -> None:
    admin = await town.person("administrator")
    both = await town.person("school_leader", schools=(town.here, town.elsewhere))
    here, elsewhere = await town.case(admin), await town.case(admin, town.elsewhere)
    preview, _ = await applied(town, admin, plan(town.here))
    assert [(one.staff_id, one.school_id) for one in preview.lost] == [(both, town.here)]
    await town.ask(both, ReadCase(case_id=elsewhere))
    with pytest.raises(NotFound):
        await town.ask(both, ReadCase(case_id=here))


async def test_the_plan_as_it_stands_changes_nothing_and_the_same_plan_again_neither(town) -> None:
    admin = await town.person("administrator")
    await town.person("school_leader", schools=(town.here,))
    teacher = await town.person("employee", schools=(town.here,))
    await town.ask(admin, GiveRole(staff_id=teacher, role="employee_create_cases", school_id=town.here))
    standing = await town.ask(admin, ReadSchoolYear(from_date=TODAY, school_ids=(town.here,)))
    assert [entry.function for entry in standing.entries] == [TEACHER, LEADER]
    for _ in range(2):
        preview, result = await applied(town, admin, standing)
        assert (preview.gained, preview.lost, result.kept) == ((), (), 2)
    rows = await town.run(
        lambda tx: tx.fetch("select * from staff_roles where school_id = $1 and valid_to is null", town.here)
    )
    assert len(rows) == 2


async def test_what_changed_since_the_preview_stops_it_and_nothing_is_half_done(town) -> None:
    admin = await town.person("administrator")
    old = await town.person("school_leader", schools=(town.here,))
    new = await town.person("employee", schools=(town.here,))
    wanted = plan(town.here, (new, LEADER))
    preview = await town.ask(admin, PreviewSchoolYear(plan=wanted))
    await town.ask(admin, GiveRole(staff_id=new, role="employee_create_cases", school_id=town.here))
    with pytest.raises(Declined, match="endret siden"):
        await town.ask(admin, ApplySchoolYear(plan=wanted, plan_id=preview.plan_id))
    assert (await town.standing(old)).led_schools == [town.here]
    with pytest.raises(Forbidden):
        await town.ask(old, PreviewSchoolYear(plan=wanted))


async def test_what_is_wrong_with_a_plan_is_said(town) -> None:
    admin = await town.person("administrator")
    gone = await town.person("employee", is_active=False)
    entry = YearEntry(staff_id=gone, school_id=town.elsewhere, function=LEADER)
    wrong = SchoolYearPlan(from_date=TODAY - DAY, school_ids=(town.here, new_id()), entries=(entry, entry))
    preview = await town.ask(admin, PreviewSchoolYear(plan=wrong))
    assert {fault.code for fault in preview.faults} == {
        *("day-is-past", "unknown-school", "school-not-in-plan", "not-working-here", "entry-twice")
    }
    with pytest.raises(Declined):
        await town.ask(admin, ApplySchoolYear(plan=wrong, plan_id=preview.plan_id))


async def test_what_is_not_finished_is_listed(town) -> None:
    admin = await town.person("administrator")
    leaver = await town.person("employee", schools=(town.here,))
    case_id = await town.case(leaver)
    pupil = new_id()

    async def unfinished(tx) -> None:
        await tx.execute("update staff set is_active = false, left_at = now() where staff_id = $1", leaver)
        sql = "insert into pupils (pupil_id, school_id, pid_lookup, name, dossier) values ($1, $2, $3, 'Prøve', '{}')"
        await tx.execute(sql, pupil, town.elsewhere, str(pupil))
        await tx.execute("update cases set pupil_id = $2 where case_id = $1", case_id, pupil)
        sql = "insert into archive_obligations (delivery_id, case_id, kind) values ($1, $2, 'record')"
        await tx.execute(sql, new_id(), case_id)

    await town.run(unfinished)
    preview = await town.ask(admin, PreviewSchoolYear(plan=plan(town.here)))
    assert [(one.staff_id, one.open_cases) for one in preview.leavers] == [(leaver, 1)]
    assert [(one.case_id, one.pupil_school_id) for one in preview.moved_pupils] == [(case_id, town.elsewhere)]
    assert [(one.case_id, one.count) for one in preview.not_archived] == [(case_id, 1)]
    assert preview.open_approvals == ()
