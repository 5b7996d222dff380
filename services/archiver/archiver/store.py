"""What archiver keeps: deliveries, attempts, renditions. All SQL of the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from archiver.core import Step
from archiver.domain import SETTLED, pause_after
from archiver.rendition import Rendition
from sikkersak.contracts.archiver import (
    Attempt,
    Deliver,
    DeliveryChanged,
    DeliveryRow,
    DeliveryState,
    ListDeliveries,
)
from sikkersak.errors import CircuitOpen
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database, Row, Transaction, present
from sikkersak.vault.reference import VaultRef

# `$1` whether the actor sees every school's, `$2` the schools otherwise: none means nobody (R8).
VISIBLE: Final = "($1::boolean or school_id = any($2::uuid[]))"
SWEEP: Final = """
update deliveries set changed_at = now()
where state not in ('archived', 'declined', 'given_up')
  and changed_at < now() - case when state = 'retrying' then interval '3 hours' else interval '10 minutes' end
returning delivery_id, kind, rendered_at
"""


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
    update deliveries set state = $2, code = $3, detail = $4, changed_at = now(){changes}
    where delivery_id = $1 and not (state = any($5)) returning *
    """
    settled = [known.value for known in SETTLED]
    row = await tx.fetchrow(sql, delivery_id, state.value, code, detail, settled, *(also[name] for name in names))
    if row is not None:
        await _tell(tx, row)
    return row


async def reopen(tx: Transaction, delivery_id: UUID) -> Row:
    """A person sends it again: waiting, with its attempts counted from none."""
    sql = """
    update deliveries set state = 'waiting', code = null, detail = null, attempts = 0, next_try_at = null, changed_at = now()
    where delivery_id = $1 returning *
    """
    row = await tx.fetchrow(sql, delivery_id)
    await _tell(tx, present(row, "delivery"))
    return present(row, "delivery")


async def postpone(tx: Transaction, delivery_id: UUID, code: str, asked: timedelta | None) -> None:
    """A transient failure: counted, with its next try as the ladder will make it."""
    attempts = await tx.fetchval(
        "update deliveries set attempts = attempts + 1 where delivery_id = $1 returning attempts", delivery_id
    )
    pause = max(pause_after(attempts), asked or timedelta())
    next_try = await tx.fetchval("select now() + $1::interval", pause)
    await change(tx, delivery_id, DeliveryState.RETRYING, code, next_try_at=next_try)


async def note_steps(tx: Transaction, delivery_id: UUID, steps: Sequence[Step]) -> None:
    """Adds what was done to the archive log."""
    rows = [
        (delivery_id, step.name, step.outcome, str(step.status) if step.status else None, step.seconds)
        for step in steps
    ]
    sql = "insert into attempts (delivery_id, step, verdict, answer, seconds) values ($1, $2, $3, $4, $5)"
    await tx.executemany(sql, rows)


async def attempts(tx: Transaction, delivery_id: UUID) -> tuple[Attempt, ...]:
    """Every attempt of one delivery, oldest first."""
    rows = await tx.fetch("select * from attempts where delivery_id = $1 order by attempt_id", delivery_id)
    return tuple(Attempt.model_validate(dict(row)) for row in rows)


async def keep_rendition(
    tx: Transaction, delivery_id: UUID, document_key: UUID, source_sha256: str, ref: VaultRef, made: Rendition
) -> None:
    """The archive rendition of one document. Key: the document's key; the first one made is the one that counts."""
    sql = """
    insert into renditions (document_key, delivery_id, source_sha256, rendition, flavour, rung, validator, verdict, notes)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (document_key) do nothing
    """
    validator = f"{made.verdict.validator} {made.verdict.version}"
    notes = [{"code": note.code, "count": note.count} for note in made.notes]
    what = (made.flavour.value, made.rung.value, validator, "valid", notes)
    await tx.execute(sql, document_key, delivery_id, source_sha256, ref.model_dump(mode="json"), *what)


async def renditions(tx: Transaction, document_keys: Sequence[UUID]) -> dict[UUID, Row]:
    """The renditions that exist, by document key."""
    rows = await tx.fetch("select * from renditions where document_key = any($1::uuid[])", list(document_keys))
    return {row["document_key"]: row for row in rows}


async def is_archived(tx: Transaction, document_id: UUID) -> bool:
    """Whether the registry entry of a document stands in the archive."""
    sql = "select exists (select from deliveries where document_id = $1 and kind = 'record' and state = 'archived')"
    return bool(await tx.fetchval(sql, document_id))


async def delivery_page(
    tx: Transaction, schools: list[UUID] | None, asked: ListDeliveries
) -> tuple[list[DeliveryRow], dict[DeliveryState, int]]:
    """The archive log that this actor may see, newest first, with the counts of everything they may see."""
    sees_all, own = schools is None, schools or []
    sql = f"""select * from deliveries where {VISIBLE} and ($3::text is null or state = $3)
    and ($4::uuid is null or document_id = $4) and ($5::uuid is null or delivery_id < $5)
    order by delivery_id desc limit $6"""
    state = asked.state.value if asked.state else None
    before = UUID(asked.cursor) if asked.cursor else None
    rows = await tx.fetch(sql, sees_all, own, state, asked.document_id, before, asked.limit)
    counts = await tx.fetch(f"select state, count(*) from deliveries where {VISIBLE} group by state", sees_all, own)
    return [shown(row) for row in rows], {DeliveryState(row["state"]): row["count"] for row in counts}


def shown(row: Row) -> DeliveryRow:
    """A row as the archive log shows it."""
    return DeliveryRow.model_validate({name: row[name] for name in DeliveryRow.model_fields})


async def stuck(tx: Transaction) -> list[Row]:
    """What nothing has moved for too long; each is returned once, then left until it is too long again."""
    return await tx.fetch(SWEEP)


@asynccontextmanager
async def case_order(database: Database, case_id: UUID) -> AsyncIterator[None]:
    """One delivery of a case at a time: two first records must not make the case file twice (M27).

    The lock is PostgreSQL's and dies with the process. Who waits too long comes back later, uncounted.
    """
    async with database.transaction() as guard:
        await guard.execute("set local idle_in_transaction_session_timeout = 0")
        if not await guard.fetchval("select pg_try_advisory_xact_lock(hashtextextended($1, 0))", f"case:{case_id}"):
            raise CircuitOpen("another delivery of the case is under way")
        yield


async def _tell(tx: Transaction, row: Row) -> None:
    fact = DeliveryChanged.model_validate({name: row[name] for name in DeliveryChanged.model_fields})
    await say(tx, fact)
