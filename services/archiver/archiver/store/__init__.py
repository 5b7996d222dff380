"""What archiver keeps: deliveries, attempts, renditions. All SQL of the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from archiver.core import Step
from archiver.domain import OUTCOME_UNKNOWN, SETTLED, pause_after, state_after
from sikkersak.contracts.archiver import (
    Attempt,
    Deliver,
    DeliveryChanged,
    DeliveryState,
    JournalNumber,
)
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database, Row, Transaction, present

# The transaction of who holds it is idle for as long as the archive takes.
TURN: Final = """select set_config('idle_in_transaction_session_timeout', '0', true),
pg_try_advisory_xact_lock(hashtextextended($1, 0)) as is_ours"""


async def add_delivery(tx: Transaction, order: Deliver) -> bool:
    """The obligation, once for a delivery id; false when it is there already."""
    sql = """
    insert into deliveries (delivery_id, document_id, case_id, school_id, kind, dossier, is_urgent)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning true
    """
    dossier = order.dossier.model_dump(mode="json")
    ids = (order.delivery_id, order.document_id, order.case_id, order.school_id)
    return bool(await tx.fetchval(sql, *ids, order.kind.value, dossier, order.is_urgent))


async def delivery(tx: Transaction, delivery_id: UUID) -> Row:
    """One delivery."""
    row = await tx.fetchrow("select * from deliveries where delivery_id = $1", delivery_id)
    return present(row, "delivery")


async def one_delivery(database: Database, delivery_id: UUID) -> Row:
    """As `delivery`, where nothing else is asked or changed with it."""
    row = await database.one("select * from deliveries where delivery_id = $1", delivery_id)
    return present(row, "delivery")


async def change(
    tx: Transaction,
    delivery_id: UUID,
    state: DeliveryState,
    code: str | None = None,
    detail: str | None = None,
    **also: Any,
) -> Row | None:
    """Moves a delivery that is not settled, and tells it (M26). None when somebody settled it meanwhile."""
    names = list(also)
    changes = "".join(f", {name} = ${position}" for position, name in enumerate(names, start=6))
    sql = f"""
    update deliveries set state = $2, code = $3, detail = $4, changed_at = now(), held_for = null, held_at = null{changes}
    where delivery_id = $1 and not (state = any($5)) returning *
    """
    settled = [known.value for known in SETTLED]
    row = await tx.fetchrow(sql, delivery_id, state.value, code, detail, settled, *(also[name] for name in names))
    if row is not None:
        await _tell(tx, row)
    return row


async def keep_journal(tx: Transaction, delivery_id: UUID, journal: JournalNumber) -> None:
    """The archive says another number than we know, or for the first time: kept, and told (M19)."""
    sql = """
    update deliveries set journal = $2 where delivery_id = $1 and journal is distinct from $2 returning *
    """
    row = await tx.fetchrow(sql, delivery_id, journal.model_dump(mode="json"))
    if row is not None:
        await _tell(tx, row)


async def reopen(tx: Transaction, delivery_id: UUID) -> Row:
    """A person sends it again: with its attempts counted from none, waiting unless the archive must be asked first."""
    sql = """
    update deliveries set state = case state when 'unknown' then 'unknown' else 'waiting' end, code = null, detail = null, attempts = 0, next_try_at = null,
      held_for = null, held_at = null, released_at = null, reason = null, changed_at = now()
    where delivery_id = $1 returning *
    """
    row = await tx.fetchrow(sql, delivery_id)
    await _tell(tx, present(row, "delivery"))
    return present(row, "delivery")


async def give_up(tx: Transaction, delivery_id: UUID, reason: str) -> Row:
    """A person decides that it shall not be archived."""
    sql = """
    update deliveries set state = 'given_up', reason = $2, next_try_at = null, held_for = null, changed_at = now()
    where delivery_id = $1 returning *
    """
    row = present(await tx.fetchrow(sql, delivery_id, reason), "delivery")
    await _tell(tx, row)
    return row


async def postpone(tx: Transaction, delivery_id: UUID, code: str, asked: timedelta | None) -> datetime:
    """A transient failure: counted, with its next try as the ladder will make it."""
    sql = "update deliveries set attempts = attempts + 1 where delivery_id = $1 returning attempts, state"
    row = present(await tx.fetchrow(sql, delivery_id), "delivery")
    pause = max(pause_after(row["attempts"]), asked or timedelta())
    next_try: datetime = await tx.fetchval("select now() + $1::interval", pause)
    state = state_after(DeliveryState(row["state"]), is_unknown=code == OUTCOME_UNKNOWN)
    await change(tx, delivery_id, state, code, next_try_at=next_try)
    return next_try


async def note_steps(
    tx: Transaction, delivery_id: UUID, steps: Sequence[Step], next_try_at: datetime | None, detail: str | None
) -> None:
    """Adds one attempt, step by step, to the archive log; its last step says how it went and when it is tried again."""
    number = 1 + await tx.fetchval("select coalesce(max(number), 0) from attempts where delivery_id = $1", delivery_id)
    rows = [
        (delivery_id, number, step.name, step.outcome, str(step.status) if step.status else None, step.seconds)
        + ((next_try_at, detail) if step is steps[-1] else (None, None))
        for step in steps
    ]
    sql = """insert into attempts (delivery_id, number, step, verdict, answer, seconds, next_try_at, detail)
    values ($1, $2, $3, $4, $5, $6, $7, $8)"""
    await tx.executemany(sql, rows)


async def attempts(tx: Transaction, delivery_id: UUID) -> tuple[Attempt, ...]:
    """Every attempt of one delivery, oldest first."""
    rows = await tx.fetch("select * from attempts where delivery_id = $1 order by attempt_id", delivery_id)
    return tuple(Attempt.model_validate(dict(row)) for row in rows)


async def renditions(tx: Transaction, document_keys: Sequence[UUID]) -> dict[UUID, Row]:
    """The renditions that exist, by document key."""
    rows = await tx.fetch("select * from renditions where document_key = any($1::uuid[])", list(document_keys))
    return {row["document_key"]: row for row in rows}


@asynccontextmanager
async def case_order(database: Database, case_id: UUID) -> AsyncIterator[bool]:
    """Whether it is this delivery's turn: one of a case at a time, or two would make the case file twice (M27).

    The lock is PostgreSQL's and dies with the process.
    """
    async with database.transaction() as guard:
        yield (await guard.fetchrow(TURN, f"case:{case_id}"))["is_ours"]  # type: ignore[index]


async def _tell(tx: Transaction, row: Row) -> None:
    fact = DeliveryChanged.model_validate({name: row[name] for name in DeliveryChanged.model_fields})
    await say(tx, fact)
