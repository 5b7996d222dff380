"""Every listing uses an index, checked by the plan of each question it asks on years of casework (R8)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import pytest

import cases.composition  # noqa: F401 - it registers what is answered
from cases.office import Office
from cases.operations import operations
from local.provision import Provision
from local.volume import Volume
from sikkersak.contracts.cases import CaseStatus
from sikkersak.contracts.cases_search import Search
from sikkersak.contracts.message import Operation
from sikkersak.errors import NotFound
from sikkersak.identity import Actor
from sikkersak.identity.policy import RULES
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Database

# A table of this size is read by an index, or it is slow one day.
LARGE = 2500
GROWING = {"cases", "events", "documents", "document_versions", "search_entries", "archive_obligations", "case_members"}
CASEWORKERS = {"principal": 0, "head": 41, "distributor": 49, "counsellor": 53, "few": 60, "teacher": 61}
ASKED = ("list_", "find_", "search", "suggest_", "read_case.", "read_audit.")
# Who asks for people and set-up matters to the gate alone.
BY_ANYBODY = ("head",)
"""What is asked beside the plain listing, with the fields that are filled in from the database by their names."""
FURTHER: dict[str, list[dict[str, Any]]] = {
    "cases.list_cases.v1": [
        {},
        {"status": CaseStatus.OPEN},
        {"status": CaseStatus.CLOSED, "limit": 200},
        {"school_id": ...},
        {"pupil_id": ...},
        {"school_id": ..., "status": CaseStatus.OPEN},
        {"cursor": ...},
    ],
    "cases.search.v1": [
        {"query": query, **also}
        for query in ("møte", "Særtegn77", "finnesikke")
        for also in ({}, {"school_id": ..., "status": CaseStatus.CLOSED}, {"cursor": ...})
    ],
    "cases.list_closed_cases.v1": [{}, {"school_id": ...}],
    "cases.list_closing_candidates.v1": [{}, {"quiet_since": "2026-01-15", "school_id": ...}],
    "cases.list_tasks.v1": [{}, {"kind": "send_otherwise"}],
    "cases.find_pupil_cases.v1": [{"reference": ...}],
    "cases.find_unseen_cases.v1": [{"number": ...}, {"pupil_id": ...}],
    "cases.suggest_cases.v1": [{}, {"case_number": ..., "replies_to": ..., "text": "Gjelder Elev A1"}],
    "cases.list_pupils.v1": [{}, {"query": "Elev A1"}, {"school_id": ...}],
    "cases.list_open_work.v1": [{"school_id": ...}, {"school_id": ..., "staff_id": ...}],
    "cases.search_audit.v1": [{}, {"case_id": ...}, {"actor_id": ...}, {"action": "case-read"}],
}
NOT_A_LIST = {"cases.read_audit_export.v1"}


@dataclass
class Explained:
    """A transaction that has every question explained before it is asked."""

    tx: Any
    large: set[str]
    found: list[str] = field(default_factory=list)
    asked: int = 0

    async def _explain(self, sql: str, values: tuple[Any, ...]) -> None:
        if sql.lstrip().split(None, 1)[0].lower() not in {"select", "with", "("} or "note_audit" in sql:
            return
        plan = json.loads(await self.tx.fetchval(f"explain (format json) {sql}", *values))[0]["Plan"]
        self.asked += 1
        for node in nodes(plan):
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in self.large:
                self.found.append(f"{node['Relation Name']} is read from end to end: {' '.join(sql.split())[:300]}")

    async def fetch(self, sql: str, *values: Any, **also: Any) -> Any:
        await self._explain(sql, values)
        return await self.tx.fetch(sql, *values, **also)

    async def fetchrow(self, sql: str, *values: Any, **also: Any) -> Any:
        await self._explain(sql, values)
        return await self.tx.fetchrow(sql, *values, **also)

    async def fetchval(self, sql: str, *values: Any, **also: Any) -> Any:
        await self._explain(sql, values)
        return await self.tx.fetchval(sql, *values, **also)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tx, name)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def listings() -> list[str]:
    return sorted(
        name
        for name in operations._answers
        if name not in NOT_A_LIST and (RULES[name].is_listing or name.removeprefix("cases.").startswith(ASKED))
    )


@pytest.fixture(scope="module")
def filled(installation: Provision) -> Provision:
    parts = urlsplit(installation.servers.database_url)
    volume = Volume(4000, events_per_case=3, documents_per_case=1, reads=4000)
    asyncio.run(volume.fill(urlunsplit((*parts[:2], f"/{installation.name}", "", ""))))
    return installation


async def large_tables(tx: Any) -> set[str]:
    sql = """select relname from pg_class where relkind = 'r' and reltuples >= $1
      and relnamespace = current_schema()::regnamespace"""
    return {row["relname"] for row in await tx.fetch(sql, LARGE)}


async def known(tx: Any, who: str) -> dict[str, Any]:
    """What stands for `...` in a question, of the asker's own where there is such a thing."""
    staff_id: UUID = await tx.fetchval("select staff_id from staff where name = $1", f"Ansatt {CASEWORKERS[who]}")
    case = await tx.fetchrow(
        """select case_id, school_id, pupil_id, responsible_id from cases
        order by responsible_id = $1 desc, case_id desc limit 1""",
        staff_id,
    )
    others = {"staff_id": case["responsible_id"], "actor_id": case["responsible_id"], "cursor": str(case["case_id"])}
    others |= {"number": "2026/17", "case_number": "2026/17", "replies_to": case["case_id"]}
    reference = f"ref-{case['pupil_id']}"
    await tx.execute("update pupils set reference = $2 where pupil_id = $1", case["pupil_id"], reference)
    others["reference"] = reference
    return {"who": staff_id, **others, **dict(case)}


def filled_in(operation: type[Operation[Any]], asked: dict[str, Any], values: dict[str, Any]) -> Operation[Any]:
    wanted = {name: values[name] if value is ... else value for name, value in asked.items()}
    required = {name for name, one in operation.model_fields.items() if one.is_required()} - wanted.keys()
    return operation.model_validate(wanted | {name: values[name] for name in required})


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("name", listings())
async def test_no_listing_reads_a_large_table_from_end_to_end(database: Database, name: str) -> None:
    operation, answering = operations._answers[name][:2]
    is_casework = RULES[name].is_listing or name in FURTHER
    for who in CASEWORKERS if is_casework else BY_ANYBODY:
        for asked in FURTHER.get(name, [{}]):
            async with database.transaction() as tx:
                explained = Explained(tx, await large_tables(tx))
                assert explained.large >= GROWING
                values = await known(tx, who)
                ask = Ask(Actor(staff_id=values["who"], level="high", session="test"), cast("Any", explained))
                with suppress(NotFound):  # not theirs to see, which the questions have found out
                    await answering(filled_in(operation, asked, values), ask, cast("Office", None))
            assert not explained.found, (who, asked, *explained.found)


@pytest.mark.usefixtures("filled")
async def test_a_question_without_an_index_is_found_out(database: Database) -> None:
    """The test above can fail: a list by something that has no index, and one whose index is gone."""
    async with database.transaction() as tx:
        explained = Explained(tx, await large_tables(tx))
        await explained.fetch("select case_id from cases where closing_remark = $1", "Ferdig behandlet.")
        assert len(explained.found) == 1
        assert "cases is read from end to end" in explained.found[0]


def test_every_way_to_ask_for_a_list_is_among_those_that_are_looked_at() -> None:
    assert {Search.operation, "cases.list_cases.v1", "cases.list_tasks.v1", "cases.list_approvals.v1"} <= set(
        listings()
    )
    assert set(FURTHER) <= set(listings())
