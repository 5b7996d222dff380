"""Emergency access and "access to everything": a reason, hours, told to others, a mark on every row (M17)."""

from __future__ import annotations

import json

import asyncpg
import pytest

from sikkersak.contracts.cases import GiveAccess, ListCases, ReadCase
from sikkersak.contracts.cases_extraordinary import (
    ConfirmFullAccess,
    EndFullAccess,
    FindUnseenCases,
    FullAccessState,
    ListEmergencyAccess,
    ListFullAccess,
    ProposeFullAccess,
    TakeEmergencyAccess,
)
from sikkersak.errors import Declined, Forbidden, NotFound

WHY = "Eleven er innlagt, og legen trenger vurderingen."


async def marks(town, case_id) -> list[tuple[str, str | None]]:
    rows = await town.run(
        lambda tx: tx.fetch("select act, details from audit where case_id = $1 order by sequence", case_id)
    )
    return [(row["act"], row["details"].get("grant")) for row in rows]


async def announced(town, notice: str) -> list[dict]:
    sql = "select body from outbox where message_type = 'notifier.announce.v1'"
    said = [json.loads(row["body"]) for row in await town.run(lambda tx: tx.fetch(sql))]
    return [body for body in said if body["notice"] == notice]


async def test_emergency_access_reads_one_case_and_is_told_marked_and_seen_by_the_leader(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    teacher = await town.person("employee_create_cases", schools=(town.here,))
    case_id, other = await town.case(leader), await town.case(leader)
    with pytest.raises(NotFound):
        await town.ask(teacher, ReadCase(case_id=case_id))
    number = await town.run(
        lambda tx: tx.fetchval("select year || '/' || running from cases where case_id = $1", case_id)
    )
    found = await town.ask(teacher, FindUnseenCases(school_id=town.here, number=number))
    assert [one.case_id for one in found.items] == [case_id]

    grant = await town.ask(teacher, TakeEmergencyAccess(case_id=case_id, reason=WHY, hours=1))
    await town.ask(teacher, ReadCase(case_id=case_id))
    assert (await town.ask(teacher, ListCases())).total == 1
    with pytest.raises(NotFound):
        await town.ask(teacher, ReadCase(case_id=other))
    with pytest.raises(Forbidden):
        await town.ask(teacher, GiveAccess(case_id=case_id, staff_id=teacher, right="write"))

    mark = str(grant.grant_id)
    assert await marks(town, case_id) == [("emergency-access-taken", mark), ("case-read", mark)]
    seen = (await town.ask(leader, ListEmergencyAccess(school_id=town.here))).items
    assert [(one.grant_id, one.reason, one.rows_read, one.is_in_force) for one in seen] == [
        (grant.grant_id, WHY, 2, True)
    ]
    assert [one["school_id"] for one in await announced(town, "emergency_access")] == [str(town.here)]


async def test_emergency_access_ends_by_itself_and_by_the_leader_and_is_still_shown(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    teacher = await town.person("employee_create_cases", schools=(town.here,))
    case_id = await town.case(leader)
    await town.ask(teacher, TakeEmergencyAccess(case_id=case_id, reason=WHY))
    with pytest.raises(Declined, match="allerede tilgang"):
        await town.ask(teacher, TakeEmergencyAccess(case_id=case_id, reason=WHY))
    await town.ask(leader, GiveAccess(case_id=case_id, staff_id=teacher, right=None))
    with pytest.raises(NotFound):
        await town.ask(teacher, ReadCase(case_id=case_id))
    await town.ask(teacher, TakeEmergencyAccess(case_id=case_id, reason=WHY))
    past = "update emergency_access set valid_from = now() - interval '2 hours', valid_to = now() - interval '1 hour'"
    await town.run(lambda tx: tx.execute(f"{past} where valid_to > now()"))
    with pytest.raises(NotFound):
        await town.ask(teacher, ReadCase(case_id=case_id))
    seen = (await town.ask(leader, ListEmergencyAccess(school_id=town.here))).items
    assert [one.is_in_force for one in seen] == [False, False]


async def test_emergency_access_is_for_the_own_school_and_for_those_whose_role_holds_it(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    elsewhere = await town.person("employee_create_cases", schools=(town.elsewhere,))
    basic = await town.person("employee", schools=(town.here,))
    case_id = await town.case(leader)
    for who in (elsewhere, basic):
        with pytest.raises(NotFound):
            await town.ask(who, TakeEmergencyAccess(case_id=case_id, reason=WHY))
        with pytest.raises(Forbidden):
            await town.ask(who, FindUnseenCases(school_id=town.here, number="2026/1"))
    with pytest.raises(Forbidden):
        await town.ask(basic, ListEmergencyAccess(school_id=town.here))


async def test_access_to_everything_takes_two_and_marks_every_row_it_reads(town) -> None:
    one, two = await town.person("administrator"), await town.person("administrator")
    reader = await town.person("employee", schools=(town.here,))
    case_id = await town.case(one, town.elsewhere)
    asked = ProposeFullAccess(staff_id=reader, reason="Tilsyn fra Statsforvalteren i uke 12", hours=2)
    proposed = await town.ask(one, asked)
    assert proposed.state is FullAccessState.PROPOSED
    with pytest.raises(NotFound):
        await town.ask(reader, ReadCase(case_id=case_id))
    with pytest.raises(Declined, match="bekreftes av en annen"):
        await town.ask(one, ConfirmFullAccess(grant_id=proposed.grant_id))

    confirmed = await town.ask(two, ConfirmFullAccess(grant_id=proposed.grant_id))
    assert confirmed.state is FullAccessState.IN_FORCE
    await town.ask(reader, ReadCase(case_id=case_id))
    mark = str(proposed.grant_id)
    assert await marks(town, case_id) == [("case-read", mark)]
    with pytest.raises(Forbidden):
        await town.ask(reader, GiveAccess(case_id=case_id, staff_id=reader, right="write"))
    assert len(await announced(town, "full_access")) == 1
    listed = (await town.ask(one, ListFullAccess())).items[0]
    assert (listed.state, listed.reason) == (FullAccessState.IN_FORCE, asked.reason)
    assert listed.rows_read >= 2

    await town.ask(one, EndFullAccess(grant_id=proposed.grant_id))
    with pytest.raises(NotFound):
        await town.ask(reader, ReadCase(case_id=case_id))
    with pytest.raises(Declined, match="avgjort"):
        await town.ask(two, ConfirmFullAccess(grant_id=proposed.grant_id))


async def test_nobody_gives_themselves_access_to_everything_not_even_in_the_database(town) -> None:
    one, two = await town.person("administrator"), await town.person("administrator")
    with pytest.raises(Declined, match="aldri for en selv"):
        await town.ask(one, ProposeFullAccess(staff_id=one, reason="Jeg vil se alt selv, takk"))
    proposed = await town.ask(one, ProposeFullAccess(staff_id=two, reason="Tilsyn fra Statsforvalteren"))
    with pytest.raises(Declined, match="aldri for en selv"):
        await town.ask(two, ConfirmFullAccess(grant_id=proposed.grant_id))
    sql = """update full_access set confirmed_by = proposed_by, valid_from = now(), valid_to = now() + interval '1 hour'
    where grant_id = $1"""
    with pytest.raises(asyncpg.CheckViolationError):
        await town.run(lambda tx: tx.execute(sql, proposed.grant_id))


async def test_a_proposal_that_nobody_confirms_lapses(town) -> None:
    one, two = await town.person("administrator"), await town.person("administrator")
    reader = await town.person("employee")
    sql = """insert into full_access (grant_id, staff_id, reason, hours, proposed_by, proposed_at)
    values (gen_random_uuid(), $1, 'for lenge siden', 1, $2, now() - interval '25 hours') returning grant_id"""
    grant_id = await town.run(lambda tx: tx.fetchval(sql, reader, one))
    with pytest.raises(Declined, match="utløpt"):
        await town.ask(two, ConfirmFullAccess(grant_id=grant_id))
