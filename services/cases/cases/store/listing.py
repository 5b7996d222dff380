"""The list of cases: every way to a case is walked along an index of its own, newest first, and no further than the page.

The branches are the filter of `access.VISIBLE` taken apart; an `or` of them would read every case there is. `$1` staff,
`$2` the schools the actor leads, `$3` status, `$4` school, `$5` pupil, `$6` query, `$7` before, `$8` how many.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from cases.domain.standing import Standing
from cases.store.access import IN_FORCE
from cases.store.cases import SUMMARY, summary
from sikkersak.contracts.cases import CaseSummary, ListCases
from sikkersak.persistence.database import Transaction

# Counted so far and no further; one more says that there are more.
COUNTED: Final = 1000
FILTERS: Final = """
  ($3::text is null or c.status = $3)
  and ($4::uuid is null or c.school_id = $4)
  and ($5::uuid is null or c.pupil_id = $5)
  and ($6::text is null or c.title ilike '%' || replace(replace($6, '%', ''), '_', '') || '%'
       or c.year || '/' || c.running = $6)
  and ($7::uuid is null or c.case_id < $7)
"""
EVERY: Final = f"(select c.case_id from cases c where {FILTERS} order by c.case_id desc limit $8)"
LED: Final = f"""
(select one.case_id from unnest($2::uuid[]) led cross join lateral (
  select c.case_id from cases c where c.school_id = led and {FILTERS} order by c.case_id desc limit $8
) one)"""
RESPONSIBLE: Final = f"""
(select c.case_id from cases c where c.responsible_id = $1 and {FILTERS} order by c.case_id desc limit $8)"""
GIVEN: Final = f"""
(select m.case_id from {{given}} m join cases c using (case_id)
 where m.staff_id = $1 and {IN_FORCE} and {FILTERS} order by m.case_id desc limit $8)"""
# What the branches do not use has a type all the same.
TYPES: Final = "select null::uuid as case_id where $1::uuid is null and $2::uuid[] is null and $8::bigint is null"


def _branches(standing: Standing) -> str:
    """The ways by which this person comes to cases."""
    if standing.lists_every_case:
        return f"{TYPES} union {EVERY}"
    ways = [RESPONSIBLE, GIVEN.format(given="case_members"), GIVEN.format(given="emergency_access")]
    if standing.led_schools:
        ways.append(LED)
    return f"{TYPES} union {' union '.join(ways)}"


async def case_page(tx: Transaction, standing: Standing, asked: ListCases) -> tuple[list[CaseSummary], int]:
    """The cases that this person may see, newest first, and how many they are in all, counted to `COUNTED`."""
    found = _branches(standing)
    filters: tuple[Any, ...] = (
        standing.staff_id,
        standing.led_schools,
        asked.status.value if asked.status else None,
        asked.school_id,
        asked.pupil_id,
        asked.query,
    )
    counting = f"select count(*) from (select case_id from ({found}) f limit {COUNTED + 1}) counted"
    total: int = await tx.fetchval(counting, *filters, None, COUNTED + 1)
    before = UUID(asked.cursor) if asked.cursor else None
    page = f"""{SUMMARY} join (select case_id from ({found}) f order by case_id desc limit $8) page using (case_id)
    order by c.case_id desc"""
    return [summary(row) for row in await tx.fetch(page, *filters, before, asked.limit)], total
