"""The sessions' table behaves as the sessions' rules expect: the same suite as for memory, and what only a table can do."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.login.identity import Demand
from gateway.login.provider import LogoutNotice, new_pending
from gateway.login.session import Limits, open_session
from gateway.store import SqlSessionStore, prune
from sikkersak.contracts.cases import DocumentFinished
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database
from sikkersak.testing.waiting import eventually

SUITE = Path(__file__).resolve().parents[2] / "unit" / "gateway" / "test_session.py"


def _loaded() -> Any:
    spec = importlib.util.spec_from_file_location("gateway_session_suite", SUITE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


suite = _loaded()


@pytest.fixture
async def database(gateway_database: str) -> AsyncIterator[Database]:
    opened = await Database.connect(gateway_database, application="test", size=8)
    yield opened
    await opened.close()


class TestSqlStore(suite.TestStore):  # type: ignore[misc, name-defined]
    @pytest.fixture
    def store(self, database: Database) -> SqlSessionStore:
        return SqlSessionStore(database)

    async def test_session_comes_back_as_it_was_put(self, store: SqlSessionStore) -> None:
        _, session = open_session(suite.login(), suite.KEY, suite.NOON)
        await store.add(session)
        assert await store.find(session.digest) == session
        assert await store.end(session.digest) == session

    async def test_strict_demand_comes_back_as_it_was_put(self, store: SqlSessionStore) -> None:
        demand = Demand("idporten-loa-high", forced=True, max_age=timedelta(minutes=5))
        _, pending = new_pending("https://idporten.no", demand, suite.NOON, return_to="/saker", continues=b"x" * 32)
        await store.add_pending(pending)
        assert await store.take_pending(pending.digest) == pending

    async def test_of_many_replicas_one_takes_the_login(self, store: SqlSessionStore) -> None:
        _, pending = new_pending("https://idporten.no", Demand(), suite.NOON)
        await store.add_pending(pending)
        taken = await asyncio.gather(*(store.take_pending(pending.digest) for _ in range(8)))
        assert [one for one in taken if one] == [pending]

    async def test_late_replica_does_not_turn_the_clock_back(self, store: SqlSessionStore) -> None:
        _, session = open_session(suite.login(), suite.KEY, suite.NOON)
        await store.add(session)
        later = session.touched(suite.NOON + timedelta(minutes=5))
        await store.touch(later)
        await store.touch(session.touched(suite.NOON + timedelta(minutes=1)))
        assert await store.find(session.digest) == later

    async def test_notice_counts_once(self, store: SqlSessionStore) -> None:
        notice = LogoutNotice("https://idporten.no", "sid-1", "jti-1", suite.NOON)
        _, session = open_session(suite.login(), suite.KEY, suite.NOON)
        await store.add(session)
        assert await store.log_out(notice) == 1
        await store.add(session)
        assert await store.log_out(notice) == 0
        assert await store.log_out(replace(notice, token_id="jti-2", issuer="https://another.no")) == 0
        assert await store.find(session.digest) == session

    async def test_pruning_deletes_what_has_ended_and_nothing_else(
        self, store: SqlSessionStore, database: Database
    ) -> None:
        at = suite.NOON + timedelta(hours=7)
        _, idle = open_session(suite.login(), suite.KEY, at - timedelta(minutes=30))
        _, old = open_session(suite.login(), suite.KEY, at - timedelta(hours=8))
        _, alive = open_session(suite.login(), suite.KEY, at - timedelta(minutes=29))
        for session in (idle, old.touched(at), alive):
            await store.add(session)
        _, stale = new_pending("https://idporten.no", Demand(), at - timedelta(minutes=15))
        _, fresh = new_pending("https://idporten.no", Demand(), at - timedelta(minutes=14))
        await store.add_pending(stale)
        await store.add_pending(fresh)
        async with database.transaction() as tx:
            await prune(tx, Limits(), timedelta(hours=24), at)
        assert [await store.find(one.digest) for one in (idle, old, alive)] == [None, None, alive]
        assert await store.take_pending(stale.digest) is None
        assert await store.take_pending(fresh.digest) == fresh


async def test_finished_document_is_kept_for_open_pages(site: Any, database: Database) -> None:
    fact = DocumentFinished(document_id=new_id(), case_id=new_id(), school_id=new_id())
    async with database.transaction() as tx:
        await say(tx, fact)
    rows = await eventually(lambda: site.rows("select * from changes"), what="the change")
    assert (rows[0]["document_id"], rows[0]["case_id"]) == (fact.document_id, fact.case_id)
