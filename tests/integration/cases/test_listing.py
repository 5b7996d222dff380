"""The list of cases in a municipality with years of casework: the same cases as the filter says, and found by an index."""

from __future__ import annotations

import json
from urllib.parse import urlsplit, urlunsplit

import pytest

from cases.store import listing, people
from cases.store.access import VISIBLE
from local.volume import Volume
from sikkersak.contracts.cases import ListCases

PEOPLE = (0, 41, 49, 53, 60, 61, 62)  # a principal, a head, a distributor, a counsellor, teachers on few and on many


class Listening:
    """A transaction that keeps what is asked of it."""

    def __init__(self, tx) -> None:
        self.tx, self.asked = tx, []

    async def fetch(self, sql, *values):
        self.asked.append((sql, values))
        return await self.tx.fetch(sql, *values)

    async def fetchval(self, sql, *values):
        self.asked.append((sql, values))
        return await self.tx.fetchval(sql, *values)


@pytest.mark.timeout(240)
async def test_the_list_is_what_the_filter_says_and_reads_no_case_that_is_not_on_the_page(
    installation, database
) -> None:
    parts = urlsplit(installation.servers.database_url)
    await Volume(2000, events_per_case=3, documents_per_case=1, reads=10).fill(
        urlunsplit((*parts[:2], f"/{installation.name}", "", ""))
    )
    async with database.transaction() as tx:
        for number in PEOPLE:
            staff_id = await tx.fetchval("select staff_id from staff where name = $1", f"Ansatt {number}")
            who = await people.standing(tx, staff_id)
            sql = f"select case_id from cases c where {VISIBLE} order by case_id desc"
            visible = [row[0] for row in await tx.fetch(sql, who.staff_id, who.led_schools, who.lists_every_case)]
            listening, seen, cursor = Listening(tx), [], None
            while len(seen) < 150:
                page, total = await listing.case_page(listening, who, ListCases(cursor=cursor, limit=50))
                assert total == min(len(visible), listing.COUNTED + 1)
                seen += [one.case_id for one in page]
                if len(page) < 50:
                    break
                cursor = str(page[-1].case_id)
            assert visible
            assert seen == visible[: len(seen)]
            assert len(seen) == min(len(visible), 150)
            for asked, values in listening.asked[-1:]:
                plan = json.loads(await tx.fetchval(f"explain (format json) {asked}", *values))
                assert (
                    '"Seq Scan", "Parallel Aware": false, "Async Capable": false, "Relation Name": "cases"'
                    not in json.dumps(plan)
                )
