"""The HR system: create, change, leave, come back; what it can give, and what it never can (M16)."""

from __future__ import annotations

import secrets
import time
from typing import Any, cast

import pytest

from cases.gate import gate
from cases.operations import operations
from cases.store import tasks
from sikkersak.contracts.cases import ListCases, ReadCase
from sikkersak.contracts.cases_casework import ListTasks, TaskKind
from sikkersak.contracts.cases_employees import (
    EmployeeFields,
    ImportAct,
    ImportRow,
    ImportStaff,
    ListEmployees,
    ListHrRoles,
    ListOpenWork,
    PutEmployee,
    PutHrRoles,
    ReadEmployee,
    ReassignWork,
    RemoveEmployee,
)
from sikkersak.contracts.cases_roles import GiveRole, ListAssignments
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.identity import Actor, ActorKind
from sikkersak.identity.policy import RULES
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask, Request

HR = Actor(staff_id=new_id(), level="high", session="hr", kind=ActorKind.MACHINE)


async def hr(town, asked: Any) -> Any:
    """As the HR system asks."""
    _, answering = operations._answers[asked.operation]
    async with town.database.transaction() as tx:
        ask = Ask(HR, tx)
        await gate(Request(RULES[asked.operation], asked), ask)
        return await answering(asked, ask, cast("Any", None))


async def school_number(town, school_id) -> str:
    return await town.run(lambda tx: tx.fetchval("select organisation from schools where school_id = $1", school_id))


async def teacher(town, **also: Any) -> Any:
    unique = secrets.token_hex(4)
    fields = {
        "user_name": f"kari.{unique}",
        "external_id": unique,
        "given_name": "Kari",
        "family_name": "Prøve",
        "hr_roles": ("Teacher",),
        "schools": (await school_number(town, town.here),),
    }
    return EmployeeFields.model_validate(fields | also)


async def employed(town, **also: Any) -> Any:
    return await hr(town, PutEmployee(pid_lookup=secrets.token_hex(32), fields=await teacher(town, **also)))


async def changed(town, known: Any, **also: Any) -> Any:
    fields = EmployeeFields.model_validate(known.model_dump() | also)
    return await hr(town, PutEmployee(employee_id=known.employee_id, fields=fields))


async def acts(town, employee_id) -> list[str]:
    sql = "select act from audit where details->>'staff_id' = $1 order by sequence"
    return [row["act"] for row in await town.run(lambda tx: tx.fetch(sql, str(employee_id)))]


async def test_a_teacher_becomes_ansatt_basis_at_the_own_school_and_no_more(town) -> None:
    made = await employed(town)
    standing = await town.standing(made.employee_id)
    assert ({role.value for role in standing.roles}, standing.schools) == ({"employee"}, {town.here})
    assert (await town.ask(made.employee_id, ListCases())).total == 0
    assert await acts(town, made.employee_id) == ["employee-created"]


async def test_no_role_of_the_hr_system_gives_more_and_an_unknown_one_gives_nothing(town) -> None:
    made = await employed(town, hr_roles=("administrator", "school_leader"))
    assert (await town.standing(made.employee_id)).roles == frozenset()
    with pytest.raises(Forbidden):
        await town.ask(made.employee_id, ListCases())


async def test_the_same_said_again_changes_nothing_and_leaves_no_row(town) -> None:
    made = await employed(town)
    again = await changed(town, made)
    assert (again.version, again.changed_at) == (made.version, made.changed_at)
    assert await acts(town, made.employee_id) == ["employee-created"]


async def test_nobody_is_registered_twice(town) -> None:
    made = await employed(town)
    for taken in ({"user_name": made.user_name.upper()}, {"external_id": made.external_id}):
        with pytest.raises(Declined) as refused:
            await employed(town, **taken)
        assert (refused.value.code, refused.value.status) == ("employee-taken", 409)


async def test_a_leaver_loses_access_at_once_and_their_open_work_is_listed_and_given_to_another(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    leaver, other = await employed(town), await employed(town)
    case_id = await town.case(leaver.employee_id)
    await town.ask(leaver.employee_id, ReadCase(case_id=case_id))
    about = {"case_id": case_id, "assigned_to": leaver.employee_id}
    await town.run(lambda tx: tasks.add(tx, TaskKind.SEND_OTHERWISE, town.here, **about))

    left = await changed(town, leaver, is_active=False)
    assert not left.is_active
    with pytest.raises(Forbidden):
        await town.ask(leaver.employee_id, ReadCase(case_id=case_id))
    waiting = (await town.ask(leader, ListOpenWork(school_id=town.here))).items
    assert [one.tasks for one in waiting if one.staff_id == leaver.employee_id] == [1]
    assert [[case.case_id for case in one.cases] for one in waiting if one.staff_id == leaver.employee_id] == [
        [case_id]
    ]

    asked = ReassignWork(school_id=town.here, from_staff_id=leaver.employee_id, to_staff_id=other.employee_id)
    left = (await town.ask(leader, asked)).items[0]
    assert (left.cases, left.tasks) == ((), 0)
    await town.ask(other.employee_id, ReadCase(case_id=case_id))
    assert [one.case_id for one in (await town.ask(other.employee_id, ListTasks())).items] == [case_id]
    elsewhere = await town.person("employee", schools=(town.elsewhere,))
    with pytest.raises(Declined, match="ikke ved denne skolen"):
        await town.ask(leader, asked.model_copy(update={"to_staff_id": elsewhere}))


@pytest.mark.parametrize(("days_away", "gets_back"), [(1, True), (31, False)])
async def test_who_comes_back_soon_gets_back_what_they_had_and_after_long_begins_anew(
    town, days_away, gets_back
) -> None:
    admin = await town.person("administrator")
    made = await employed(town)
    await town.ask(admin, GiveRole(staff_id=made.employee_id, role="school_leader", school_id=town.here))
    await changed(town, made, is_active=False)
    away = f"update staff set left_at = now() - interval '{days_away} days' where staff_id = $1"
    await town.run(lambda tx: tx.execute(away, made.employee_id))
    await changed(town, made, is_active=True)
    standing = await town.standing(made.employee_id)
    wanted = {"employee", "school_leader"} if gets_back else {"employee"}
    assert {role.value for role in standing.roles} == wanted


async def test_moving_to_another_school_moves_the_role(town) -> None:
    made = await employed(town)
    await changed(town, made, schools=(await school_number(town, town.elsewhere),))
    assert (await town.standing(made.employee_id)).schools == {town.elsewhere}
    with pytest.raises(Declined, match="ikke en skole"):
        await changed(town, made, schools=("999999999",))


async def test_who_is_removed_is_gone_for_the_hr_system_and_is_the_same_person_when_they_come_again(town) -> None:
    lookup = secrets.token_hex(32)
    made = await hr(town, PutEmployee(pid_lookup=lookup, fields=await teacher(town)))
    await hr(town, RemoveEmployee(employee_id=made.employee_id))
    with pytest.raises(NotFound):
        await hr(town, ReadEmployee(employee_id=made.employee_id))
    with pytest.raises(Forbidden):
        await town.ask(made.employee_id, ListCases())
    again = await hr(town, PutEmployee(pid_lookup=lookup, fields=await teacher(town)))
    assert again.employee_id == made.employee_id
    assert (await hr(town, ListEmployees(employee_id=made.employee_id))).total == 1


async def test_an_old_version_is_refused(town) -> None:
    made = await employed(town)
    await changed(town, made, given_name="Karin")
    with pytest.raises(Declined) as refused:
        await hr(town, PutEmployee(employee_id=made.employee_id, version=made.version, fields=await teacher(town)))
    assert refused.value.status == 412


async def test_administrators_decide_which_hr_roles_give_access_and_everybody_follows_at_once(town) -> None:
    admin = await town.person("administrator")
    made = await employed(town, hr_roles=("Miljøterapeut",))
    seen = {one.hr_role: one for one in (await town.ask(admin, ListHrRoles())).items}
    assert not seen["miljøterapeut"].gives_access
    before = tuple(name for name, one in seen.items() if one.gives_access)
    await town.ask(admin, PutHrRoles(hr_roles=(*before, "Miljøterapeut")))
    assert (await town.standing(made.employee_id)).roles
    await town.ask(admin, PutHrRoles(hr_roles=before))
    assert not (await town.standing(made.employee_id)).roles
    given = (await town.ask(admin, ListAssignments(staff_id=made.employee_id, with_past=True))).items
    assert given == (), "what was given and taken on the same day never counted"


async def test_what_the_hr_system_asks_is_for_the_hr_system(town) -> None:
    admin = await town.person("administrator")
    for asked in (ListEmployees(), PutEmployee(pid_lookup="0" * 64, fields=await teacher(town))):
        with pytest.raises(Forbidden, match="personalsystemet"):
            await town.ask(admin, asked)
    with pytest.raises(Forbidden):
        await hr(town, ListCases())


def row(line: int, fields: EmployeeFields, lookup: str | None = None) -> ImportRow:
    return ImportRow(line=line, pid_lookup=lookup or secrets.token_hex(32), fields=fields)


async def test_a_file_shows_its_difference_first_and_is_applied_whole_or_not_at_all(town) -> None:
    admin = await town.person("administrator")
    lookup = secrets.token_hex(32)
    first, second = row(2, await teacher(town), lookup), row(3, await teacher(town))
    trial = await town.ask(admin, ImportStaff(rows=(first, second)))
    assert ([change.act for change in trial.changes], trial.is_applied) == ([ImportAct.CREATE] * 2, False)
    assert (await hr(town, ListEmployees(user_name=first.fields.user_name))).total == 0

    done = await town.ask(admin, ImportStaff(rows=(first, second), is_trial=False))
    assert done.is_applied
    again = await town.ask(admin, ImportStaff(rows=(first, second), is_trial=False))
    assert (again.changes, again.unchanged) == ((), 2)

    other = first.fields.model_copy(update={"family_name": "Berg", "is_active": False})
    bad = (row(2, other, lookup), row(3, await teacher(town, schools=("999999999",))))
    refused = await town.ask(admin, ImportStaff(rows=bad, is_trial=False))
    assert [(fault.line, fault.column) for fault in refused.errors] == [(3, "skoler")]
    assert not refused.is_applied
    assert (await hr(town, ListEmployees(user_name=first.fields.user_name))).items[0].is_active

    left = await town.ask(admin, ImportStaff(rows=(bad[0],), is_trial=False))
    assert [(change.act, change.fields) for change in left.changes] == [(ImportAct.LEAVE, ("etternavn", "aktiv"))]


async def test_a_whole_municipalitys_file_is_taken_in_within_one_request(town) -> None:
    admin = await town.person("administrator")
    one = await teacher(town)
    rows = tuple(
        row(
            line,
            one.model_copy(update={"user_name": f"{one.user_name}.{line}", "external_id": f"{line}-{one.external_id}"}),
        )
        for line in range(2, 402)
    )
    began = time.monotonic()
    done = await town.ask(admin, ImportStaff(rows=rows, is_trial=False))
    assert (done.is_applied, len(done.changes)) == (True, 400)
    assert time.monotonic() - began < 20
    assert (await town.ask(admin, ImportStaff(rows=rows))).unchanged == 400


async def test_who_is_missing_in_a_whole_file_has_left_and_a_name_on_two_lines_is_refused(town) -> None:
    admin = await town.person("administrator")
    gone = await employed(town)
    kept = row(2, await teacher(town))
    trial = await town.ask(admin, ImportStaff(rows=(kept,), is_whole=True))
    assert gone.employee_id in {change.employee_id for change in trial.changes if change.act is ImportAct.LEAVE}
    twice = row(3, await teacher(town, user_name=kept.fields.user_name.upper()))
    refused = await town.ask(admin, ImportStaff(rows=(kept, twice), is_trial=False))
    assert [(fault.line, fault.column) for fault in refused.errors] == [(2, "brukernavn"), (3, "brukernavn")]
    taken = row(2, await teacher(town, user_name=gone.user_name))
    refused = await town.ask(admin, ImportStaff(rows=(taken,)))
    assert [fault.column for fault in refused.errors] == ["brukernavn"]
