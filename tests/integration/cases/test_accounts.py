"""Cases accounts for what was finished in a period, also for what was never ordered to the archive (M12, M26)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from cases.accounts import finished
from sikkersak.clock import now
from sikkersak.ids import new_id
from sikkersak.persistence.database import Transaction

EVENT = "insert into events (event_id, case_id, kind, title) values ($1, $2, 'note', 'Notat')"
DOCUMENT = """
insert into documents (document_id, event_id, case_id, title, public_title, kind, record_type, state, access, owner_id, finished_at)
values ($1, $2, $3, 'Brev', 'Brev', 'note', 'X', $4, '{}', $5, $6)
"""


@asynccontextmanager
async def undone(tx: Transaction) -> AsyncIterator[None]:
    """What is done in it is taken back: the database lets nobody commit a finished document that has no order."""
    savepoint = tx.transaction()
    await savepoint.start()
    yield
    await savepoint.rollback()


async def test_every_finished_document_is_told_with_its_order_or_without(town: Any) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    case_id = await town.case(leader)
    ordered, forgotten, draft, earlier = (new_id() for _ in range(4))
    day = timedelta(days=1)
    async with town.database.transaction() as tx, undone(tx):
        event = new_id()
        await tx.execute(EVENT, event, case_id)
        for identity, state, moment in (
            (ordered, "finished", now()),
            (forgotten, "finished", now()),
            (draft, "draft", None),
            (earlier, "finished", now() - 2 * day),
        ):
            await tx.execute(DOCUMENT, identity, event, case_id, state, leader, moment)
        delivery = new_id()
        sql = "insert into archive_obligations (delivery_id, document_id, case_id, kind) values ($1, $2, $3, 'record')"
        await tx.execute(sql, delivery, ordered, case_id)
        found = await finished(tx, now() - day, now() + day)
    mine = {one.document_id: one.delivery_id for one in found if one.case_id == case_id}
    assert mine == {ordered: delivery, forgotten: None}
