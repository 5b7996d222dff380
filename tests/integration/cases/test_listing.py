"""The list of cases in a municipality with years of casework: the same cases as the filter says."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import pytest

from cases.store import listing, people
from cases.store.access import VISIBLE
from local.volume import Volume
from sikkersak.contracts.cases import ListCases

PEOPLE = (0, 41, 49, 53, 60, 61, 62)  # a principal, a head, a distributor, a counsellor, teachers on few and on many


@pytest.mark.timeout(240)
async def test_the_list_is_what_the_filter_says(installation, database) -> None:
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
            seen, cursor = [], None
            while len(seen) < 150:
                page, total = await listing.case_page(tx, who, ListCases(cursor=cursor, limit=50))
                assert total == min(len(visible), listing.COUNTED + 1)
                seen += [one.case_id for one in page]
                if len(page) < 50:
                    break
                cursor = str(page[-1].case_id)
            assert visible
            assert seen == visible[: len(seen)]
            assert len(seen) == min(len(visible), 150)
