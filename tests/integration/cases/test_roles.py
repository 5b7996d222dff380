"""Roles: what each may do, and who has it where, from when to when (M16)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sikkersak.clock import local_date, now
from sikkersak.contracts.cases import CloseCase, ListCases, ReadCase
from sikkersak.contracts.cases_audit import ReadAudit
from sikkersak.contracts.cases_people import ListPupils, PutStaff
from sikkersak.contracts.cases_roles import GiveRole, ListAssignments, ListRoles, PutRole, TakeRole
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.identity.permissions import DEFAULTS, Permission
from sikkersak.identity.roles import Role

TODAY = local_date(now())
DAY = timedelta(days=1)


async def test_every_permission_stands_with_its_explanation_in_three_languages(town) -> None:
    teacher = await town.person("employee", schools=(town.here,))
    listed = (await town.ask(teacher, ListRoles())).items
    assert {content.role for content in listed} == {role.value for role in Role}
    for content in listed:
        for one in content.permissions:
            assert set(one.explanation) == {"nb", "nn", "en"}
            assert len(set(one.explanation.values())) == 3, one.permission
            assert one.is_held == (one.permission in {held.value for held in DEFAULTS[Role(content.role)]})


async def test_what_an_administrator_makes_of_a_role_counts_at_once_and_stands_in_the_log(town) -> None:
    admin = await town.person("administrator")
    teacher = await town.person("employee", schools=(town.here,))
    case_id = await town.case(admin)
    with pytest.raises(NotFound):
        await town.ask(teacher, ReadCase(case_id=case_id))
    try:
        made = await town.ask(admin, PutRole(role="employee", permissions=frozenset({"read_school"})))
        assert made.is_edited
        assert (await town.ask(teacher, ReadCase(case_id=case_id))).summary.case_id == case_id
        row = await town.run(
            lambda tx: tx.fetchrow("select * from audit where act = 'role-edited' order by sequence desc")
        )
        assert row["actor_id"] == admin
        assert (row["details"]["gained"], row["details"]["lost"]) == (["read_school"], [])
    finally:
        await town.ask(admin, PutRole(role="employee", permissions=frozenset()))
    with pytest.raises(NotFound):
        await town.ask(teacher, ReadCase(case_id=case_id))


async def test_the_administrators_role_keeps_what_nobody_else_could_give_back(town) -> None:
    admin = await town.person("administrator")
    with pytest.raises(Declined, match="må beholde"):
        await town.ask(admin, PutRole(role="administrator", permissions=frozenset({"administer"})))
    with pytest.raises(Declined, match="Ukjent rettighet"):
        await town.ask(admin, PutRole(role="employee", permissions=frozenset({"fly"})))


async def test_a_role_at_one_school_gives_nothing_at_another_of_the_persons_schools(town) -> None:
    admin = await town.person("administrator")
    both = await town.person("employee", schools=(town.here, town.elsewhere))
    led, other = await town.case(admin), await town.case(admin, town.elsewhere)
    await town.ask(admin, GiveRole(staff_id=both, role="school_leader", school_id=town.here))

    assert [one.case_id for one in (await town.ask(both, ListCases())).items] == [led]
    await town.ask(both, ReadCase(case_id=led))
    await town.ask(both, ReadAudit(case_id=led))
    for refused in (ReadCase(case_id=other), ReadAudit(case_id=other), CloseCase(case_id=other, remark="Ferdig")):
        with pytest.raises(NotFound):
            await town.ask(both, refused)
    standing = await town.standing(both)
    assert standing.schools == {town.here, town.elsewhere}
    assert (standing.led_schools, standing.written_schools) == ([town.here], [town.here])
    assert not standing.holds(Permission.READ_SCHOOL), "what is held at one school is not held everywhere"
    await town.ask(both, ListPupils(school_id=town.here))


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        (TODAY, TODAY, True),
        (TODAY - DAY, None, True),
        (TODAY + DAY, None, False),
        (TODAY - 2 * DAY, TODAY - DAY, False),
    ],
)
async def test_a_role_counts_from_its_first_day_to_its_last(town, first, last, counts) -> None:
    admin = await town.person("administrator")
    person = await town.person("employee", schools=(town.here,))
    case_id = await town.case(admin)
    given = GiveRole(staff_id=person, role="school_leader", school_id=town.here, from_date=first, to_date=last)
    await town.ask(admin, given)
    if counts:
        await town.ask(person, ReadCase(case_id=case_id))
        return
    with pytest.raises(NotFound):
        await town.ask(person, ReadCase(case_id=case_id))


async def test_a_role_that_is_taken_is_gone_at_once_or_after_its_last_day(town) -> None:
    admin = await town.person("administrator")
    person = await town.person("employee", schools=(town.here,))
    case_id = await town.case(admin)
    given = await town.ask(admin, GiveRole(staff_id=person, role="school_leader", school_id=town.here))
    await town.ask(admin, TakeRole(assignment_id=given.assignment_id, to_date=TODAY))
    await town.ask(person, ReadCase(case_id=case_id))
    await town.ask(admin, TakeRole(assignment_id=given.assignment_id))
    with pytest.raises(NotFound):
        await town.ask(person, ReadCase(case_id=case_id))
    acts = await town.run(
        lambda tx: tx.fetch("select act from audit where details->>'staff_id' = $1 order by sequence", str(person))
    )
    assert [row["act"] for row in acts] == ["role-given", "role-taken", "role-taken"]


async def test_the_same_role_is_not_given_twice_for_the_same_days(town) -> None:
    admin = await town.person("administrator")
    person = await town.person("employee", schools=(town.here,))
    asked = GiveRole(staff_id=person, role="school_leader", school_id=town.here, from_date=TODAY, to_date=TODAY + DAY)
    await town.ask(admin, asked)
    with pytest.raises(Declined, match="allerede"):
        await town.ask(admin, asked)
    later = {"from_date": TODAY + 2 * DAY, "to_date": None}
    await town.ask(admin, asked.model_copy(update=later))
    left = (await town.ask(admin, ListAssignments(staff_id=person))).items
    assert sorted(one.role for one in left) == ["employee", "school_leader", "school_leader"]


async def test_roles_for_the_whole_municipality_are_not_bound_to_a_school(town) -> None:
    admin = await town.person("administrator")
    with pytest.raises(Declined, match="hele kommunen"):
        await town.ask(admin, GiveRole(staff_id=admin, role="administrator", school_id=town.here))


async def test_the_last_administrator_stays(town) -> None:
    await town.run(lambda tx: tx.execute("update staff_roles set valid_to = valid_from where role = 'administrator'"))
    await town.run(lambda tx: tx.execute("delete from staff_roles where role = 'administrator'"))
    admin = await town.person("administrator")
    mine = (await town.ask(admin, ListAssignments(staff_id=admin))).items
    with pytest.raises(Declined, match="siste administratoren"):
        await town.ask(admin, TakeRole(assignment_id=mine[0].assignment_id))
    lookup = await town.run(lambda tx: tx.fetchval("select pid_lookup from staff where staff_id = $1", admin))
    with pytest.raises(Declined, match="siste administratoren"):
        await town.ask(admin, PutStaff(pid_lookup=lookup, name="Kari", roles=frozenset(), schools=frozenset()))


async def test_only_administrators_decide_about_roles(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    for asked in (
        PutRole(role="employee", permissions=frozenset({"administer"})),
        GiveRole(staff_id=leader, role="administrator", school_id=None),
        ListAssignments(),
    ):
        with pytest.raises(Forbidden):
            await town.ask(leader, asked)


async def test_changing_somebodys_name_takes_no_role_at_a_school_from_them_and_keeps_days(town) -> None:
    admin = await town.person("administrator")
    person = await town.person("employee", "operations", schools=(town.here,))
    await town.ask(admin, GiveRole(staff_id=person, role="school_leader", school_id=town.here))
    await town.run(
        lambda tx: tx.execute("update staff_roles set valid_from = valid_from - 9 where staff_id = $1", person)
    )
    lookup = await town.run(lambda tx: tx.fetchval("select pid_lookup from staff where staff_id = $1", person))
    kept = PutStaff(pid_lookup=lookup, name="Nytt Navn", roles=frozenset({"employee"}), schools=frozenset({town.here}))
    for _ in range(2):
        assert (await town.ask(admin, kept)).roles == {"employee", "school_leader"}
    listed = (await town.ask(admin, ListAssignments(staff_id=person, with_past=True))).items
    assert {(one.role, one.from_date, one.to_date) for one in listed} == {
        ("employee", TODAY - 9 * DAY, None),
        ("school_leader", TODAY - 9 * DAY, None),
        ("operations", TODAY - 9 * DAY, TODAY - DAY),
    }
