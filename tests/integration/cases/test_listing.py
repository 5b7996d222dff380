"""The list of cases in a municipality with years of casework: the same cases as the filter says."""

from __future__ import annotations

import asyncio
from itertools import product
from urllib.parse import urlsplit, urlunsplit

import pytest

from cases.domain.standing import Standing
from cases.store import listing, people, search
from cases.store.access import VISIBLE
from local.provision import Provision
from local.volume import Volume
from sikkersak.contracts.cases import CaseStatus, ListCases
from sikkersak.contracts.cases_search import Search

# A word nearly everywhere, some that are rarer and rarer, two together, a phrase, one that is nowhere.
QUERIES = ("møte", "samtykke", "skolemiljøsak", "Særtegn77", "mobbing klage", '"elev skole"', "finnesikke", "-møte")
PEOPLE = (0, 41, 49, 53, 60, 61, 62)  # a principal, a head, a distributor, a counsellor, teachers on few and on many


@pytest.fixture(scope="module")
def filled(installation: Provision) -> Provision:
    parts = urlsplit(installation.servers.database_url)
    volume = Volume(2000, events_per_case=3, documents_per_case=1, reads=10)
    asyncio.run(volume.fill(urlunsplit((*parts[:2], f"/{installation.name}", "", ""))))
    return installation


async def one(tx, number: int) -> Standing:
    return await people.standing(
        tx, await tx.fetchval("select staff_id from staff where name = $1", f"Ansatt {number}")
    )


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("few", "most"), [(2000, 2000), (5, 2000), (0, 0)], ids=["by case", "by school", "by words"])
async def test_what_is_found_is_what_the_filter_says(database, monkeypatch, few: int, most: int) -> None:
    monkeypatch.setattr(search, "FEW_OWN", few)
    monkeypatch.setattr(search, "MOST_OWN", most)
    truth = f"""select e.entry_id from search_entries e join cases c using (case_id)
        where {search.FILTERS} and e.words @@ {search.QUERY} order by e.entry_id desc limit $8"""
    async with database.transaction() as tx:
        for number in PEOPLE:
            who = await one(tx, number)
            for query, status in product(QUERIES, (None, CaseStatus.CLOSED)):
                asked = Search(query=query, status=status, limit=40)
                everything = search._asks(who, asked.model_copy(update={"limit": 100}))
                true = [row["entry_id"] for row in await tx.fetch(truth, *everything)]
                seen = []
                while len(seen) < 100:
                    hits, following = await search.search(tx, who, asked)
                    seen += [hit.document_id or hit.case_id for hit in hits]
                    if following is None:
                        break
                    asked = asked.model_copy(update={"cursor": str(following)})
                assert seen[:100] == true, (number, query)


@pytest.mark.usefixtures("filled")
async def test_the_list_is_what_the_filter_says(database) -> None:
    async with database.transaction() as tx:
        for number in PEOPLE:
            who = await one(tx, number)
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
