"""The list of cases: every way to a case is walked along an index of its own, newest first, and no further than the page.

The ways are the filter of `access.VISIBLE` taken apart; an `or` of them would read every case there is. What is not asked
for stands in no question, so that the planner sees what is. `$1` staff, `$2` the schools the actor leads, `$3` how many.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from cases.domain.standing import Standing
from cases.store.access import IN_FORCE
from cases.store.cases import SUMMARY, summary
from sikkersak.contracts.cases import CaseSummary, ListCases
from sikkersak.persistence.database import Transaction

# Counted so far and no further; one more says that there are more.
COUNTED: Final = 1000
# Who leads more schools reads every school's cases, newest first, and leaves out the others'; else school by school.
MOST_SCHOOLS: Final = 8
# What the ways do not use has a type all the same.
TYPED: Final = "$1::uuid is not null and $2::uuid[] is not null and $3::bigint is not null"
TITLED: Final = (
    """(c.title ilike '%' || replace(replace({0}, '%', ''), '_', '') || '%' or c.year || '/' || c.running = {0})"""
)


@dataclass
class Filters:
    """What is asked for beside what may be seen, as a condition with its values."""

    values: list[Any]
    conditions: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, standing: Standing, asked: ListCases, before: UUID | None, limit: int) -> Filters:
        """Those that are asked for."""
        made = cls([standing.staff_id, _led(standing, asked), limit])
        made.also("c.status = {0}::text", asked.status.value if asked.status else None)
        made.also("c.school_id = {0}::uuid", asked.school_id)
        made.also("c.pupil_id = {0}::uuid", asked.pupil_id)
        made.also(TITLED, asked.query)
        made.also("c.case_id < {0}::uuid", before)
        return made

    def also(self, condition: str, value: Any) -> None:
        """Asks for this, unless there is no value."""
        if value is not None:
            self.values.append(value)
            self.conditions.append(condition.format(f"${len(self.values)}"))

    def __str__(self) -> str:
        return " and ".join([TYPED, *self.conditions])


async def case_page(tx: Transaction, standing: Standing, asked: ListCases) -> tuple[list[CaseSummary], int]:
    """The cases that this person may see, newest first, and how many they are in all, counted to `COUNTED`."""
    filters = Filters.of(standing, asked, None, COUNTED + 1)
    total: int = await tx.fetchval(_counting(standing, asked, filters), *filters.values)
    filters = Filters.of(standing, asked, UUID(asked.cursor) if asked.cursor else None, asked.limit)
    ways = " union ".join(_ways(standing, asked, filters))
    page = f"""{SUMMARY} where c.case_id = any(array(select case_id from ({ways}) f order by case_id desc limit $3))
    order by c.case_id desc"""
    return [summary(row) for row in await tx.fetch(page, *filters.values)], total


def _ways(standing: Standing, asked: ListCases, filters: Filters) -> list[str]:
    """The ways by which this person comes to cases, each the newest first and no further than asked."""
    newest = "order by c.case_id desc limit $3"
    if standing.lists_every_case:
        return [f"(select c.case_id from cases c where {filters} {newest})"]
    ways = _own(filters, newest)
    led = _led(standing, asked)
    if len(led) > MOST_SCHOOLS:
        ways.append(f"(select c.case_id from cases c where c.school_id = any($2) and {filters} {newest})")
    elif led:
        at_each = f"select c.case_id from cases c where c.school_id = led and {filters} {newest}"
        ways.append(f"(select one.case_id from unnest($2::uuid[]) led cross join lateral ({at_each}) one)")
    return ways


def _own(filters: Filters | str, newest: str) -> list[str]:
    given = f"c using (case_id) where m.staff_id = $1 and {IN_FORCE} and {filters}"
    newest_given = newest.replace("c.case_id", "m.case_id")
    return [
        f"(select c.case_id from cases c where c.responsible_id = $1 and {filters} {newest})",
        f"(select m.case_id from case_members m join cases {given} {newest_given})",
        f"(select m.case_id from emergency_access m join cases {given} {newest_given})",
    ]


def _counting(standing: Standing, asked: ListCases, filters: Filters) -> str:
    """Each case once: what is on the way of the schools is left out of the other ways, so that each may stop early."""
    if standing.lists_every_case:
        return f"select count(*) from (select from cases c where {filters} limit $3) counted"
    if not _led(standing, asked):
        return f"select count(*) from ({' union '.join(_own(filters, 'limit $3'))} limit $3) counted"
    elsewhere = " union ".join(_own(f"{filters} and c.school_id <> all($2)", "limit $3"))
    return f"""
    select count(*) from (
      (select c.case_id from cases c where c.school_id = any($2) and {filters} limit $3) union all ({elsewhere}) limit $3
    ) counted"""


def _led(standing: Standing, asked: ListCases) -> list[UUID]:
    """The schools whose cases come by leading them."""
    return [one for one in standing.led_schools if asked.school_id in (None, one)]
