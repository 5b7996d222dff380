"""Access to one case: given, from and to, taken; each of it in the log (M15)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.store.access import CaseClosed
from sikkersak.clock import local_date, now
from sikkersak.contracts.cases import CloseCase, GiveAccess, ListCases, ReadCase, Right
from sikkersak.contracts.cases_audit import ReadAudit
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.ids import new_id

TODAY = local_date(now())
DAY = timedelta(days=1)


async def test_somebody_who_was_put_on_a_case_sees_it_and_somebody_taken_off_does_not(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    teacher = await town.person("employee", schools=(town.here,))
    case_id = await town.case(leader)
    with pytest.raises(NotFound):
        await town.ask(teacher, ReadCase(case_id=case_id))

    await town.ask(leader, GiveAccess(case_id=case_id, staff_id=teacher, right=Right.READ))
    assert (await town.ask(teacher, ReadCase(case_id=case_id))).summary.case_id == case_id

    await town.ask(leader, GiveAccess(case_id=case_id, staff_id=teacher, right=None))
    with pytest.raises(NotFound):
        await town.ask(teacher, ReadCase(case_id=case_id))


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        (None, None, True),
        (TODAY, TODAY, True),
        (TODAY - 2 * DAY, TODAY - DAY, False),
        (TODAY + DAY, None, False),
        (None, TODAY + DAY, True),
    ],
)
async def test_access_counts_from_its_first_day_to_its_last(town, first, last, counts) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    teacher = await town.person("employee", schools=(town.here,))
    case_id = await town.case(leader)
    asked = GiveAccess(case_id=case_id, staff_id=teacher, right=Right.WRITE, from_date=first, to_date=last)
    await town.ask(leader, asked)
    assert (await town.ask(teacher, ListCases())).total == (1 if counts else 0)
    if counts:
        await town.ask(teacher, ReadCase(case_id=case_id))
        return
    with pytest.raises(NotFound):
        await town.ask(teacher, ReadCase(case_id=case_id))


async def test_access_that_would_end_before_it_begins_is_refused(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    case_id = await town.case(leader)
    with pytest.raises(Declined, match="Til-datoen"):
        await town.ask(
            leader,
            GiveAccess(case_id=case_id, staff_id=leader, right=Right.READ, from_date=TODAY, to_date=TODAY - DAY),
        )


async def test_a_leaver_loses_everything_at_once_and_access_can_still_be_taken_from_them(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    teacher = await town.person("employee", schools=(town.here,))
    case_id = await town.case(leader)
    await town.ask(leader, GiveAccess(case_id=case_id, staff_id=teacher, right=Right.READ))
    await town.run(lambda tx: tx.execute("update staff set is_active = false where staff_id = $1", teacher))
    with pytest.raises(Forbidden):
        await town.ask(teacher, ListCases())
    detail = await town.ask(leader, GiveAccess(case_id=case_id, staff_id=teacher, right=None))
    assert detail.members == ()


async def test_nothing_is_written_in_a_closed_case(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    case_id = await town.case(leader)
    await town.run(lambda tx: tx.execute("update cases set status = 'closed' where case_id = $1", case_id))
    with pytest.raises(CaseClosed):
        await town.ask(leader, CloseCase(case_id=case_id, remark="Ferdig behandlet"))
    assert (await town.ask(leader, ReadCase(case_id=case_id))).summary.case_id == case_id


async def test_who_gave_which_access_when_stands_in_the_log_for_those_entitled(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    teacher = await town.person("employee", schools=(town.here,))
    case_id = await town.case(leader)
    await town.ask(leader, GiveAccess(case_id=case_id, staff_id=teacher, right=Right.WRITE))
    await town.ask(teacher, ReadCase(case_id=case_id))
    log = await town.ask(leader, ReadAudit(case_id=case_id))
    assert [(row.act, row.actor_id) for row in log.items] == [("case-read", teacher), ("access-given", leader)]
    with pytest.raises(Forbidden):
        await town.ask(teacher, ReadAudit(case_id=case_id))


async def test_a_case_that_does_not_exist_looks_like_one_that_one_may_not_know(town) -> None:
    teacher = await town.person("employee", schools=(town.here,))
    other = await town.case(await town.person("school_leader", schools=(town.here,)))
    answers = []
    for case_id in (new_id(), other):
        with pytest.raises(NotFound) as refused:
            await town.ask(teacher, ReadCase(case_id=case_id))
        answers.append((refused.value.code, refused.value.detail, refused.value.status))
    assert answers[0] == answers[1]
