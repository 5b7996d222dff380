"""Long work that is ordered and asked about later: 202 with a status resource (RFC 7240, `Prefer: respond-async`).

The order is a row, in its own transaction, before anybody is told of it (R7). A worker asks the owner under the order's
own key, so that asking twice does it once; the answer is sealed and kept for a day, for whoever ordered it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from gateway.reception import DANGEROUS, Person, Reception
from sikkersak.clock import now
from sikkersak.contracts.message import Operation
from sikkersak.errors import Declined, NotFound, Transient
from sikkersak.identity import Actor
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present
from sikkersak.vault import VaultRef, seal, unseal

ASYNC: Final = "respond-async"
AT_ONCE: Final = 4
WITHIN: Final = 300.0
PAUSE: Final = timedelta(seconds=5)
MOST_TRIES: Final = 60
KEPT: Final = timedelta(hours=24)


class Order(BaseModel):
    """What is asked, and by whom; only ever sealed."""

    model_config = ConfigDict(frozen=True)

    operation: str
    request: dict[str, Any]
    actor: Actor


class Result(BaseModel):
    """What the owner answered; only ever sealed."""

    model_config = ConfigDict(frozen=True)

    answer: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """How far it is. `answer` and `problem` when it has ended."""

    run_id: UUID
    state: str
    ordered_at: datetime
    ended_at: datetime | None
    answer: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None


def is_wanted(prefer: str | None) -> bool:
    """Whether the caller would rather ask later."""
    return ASYNC in [one.strip().partition(";")[0].lower() for one in (prefer or "").split(",")]


async def order(reception: Reception, person: Person, asked: Operation[Any], key: str) -> Run:
    """Keeps the order; the same key gives the same run. What is dangerous asks for a log-in of just now, now."""
    if asked.operation in DANGEROUS:
        reception.freshness.require(person.session, now())
    wanted = Order(operation=asked.operation, request=asked.model_dump(mode="json"), actor=person.actor)
    sealed = await seal(reception.vault, wanted)
    staff_id, moment = person.staff.staff_id, now()
    insert = """insert into runs (run_id, staff_id, key, operation, dossier, next_try_at, ordered_at)
      values ($1, $2, $3, $4, $5, $6, $6) on conflict (staff_id, operation, key) do nothing"""
    async with reception.database.transaction() as tx:
        await tx.execute(insert, new_id(), staff_id, key, asked.operation, sealed.model_dump(), moment)
        known = "select * from runs where staff_id = $1 and operation = $2 and key = $3"
        row = present(await tx.fetchrow(known, staff_id, asked.operation, key), "run")
    before = await unseal(reception.vault, VaultRef.model_validate(row["dossier"]), Order)
    if before.request != wanted.request:
        raise Declined("idempotency-key-reused", "Nøkkelen er brukt til en annen forespørsel.", status=422)
    return _run(row)


async def find(reception: Reception, person: Person, run_id: UUID) -> Run:
    """One of this person's own."""
    async with reception.database.transaction() as tx:
        sql = "select * from runs where run_id = $1 and staff_id = $2"
        row = await tx.fetchrow(sql, run_id, person.staff.staff_id)
    if row is None:
        raise NotFound("run")
    if row["result"] is None:
        return _run(row)
    kept = await unseal(reception.vault, VaultRef.model_validate(row["result"]), Result)
    return _run(row, kept.answer)


async def work(reception: Reception) -> None:
    """What is due. Key: the order's own, which the owner knows what it did under."""
    due = f"select * from runs where state = 'waiting' and next_try_at <= $1 order by next_try_at limit {AT_ONCE}"
    async with reception.database.transaction() as tx:
        rows = await tx.fetch(due, now())
    await asyncio.gather(*(_perform(reception, row) for row in rows))


async def prune(tx: Transaction, moment: datetime) -> None:
    """What ended a day ago goes."""
    await tx.execute("delete from runs where ended_at <= $1", moment - KEPT)


async def _perform(reception: Reception, row: Row) -> None:
    wanted = await unseal(reception.vault, VaultRef.model_validate(row["dossier"]), Order)
    asked = Operation.catalogue[wanted.operation].model_validate(wanted.request)
    try:
        answer = await reception.rpc.ask(asked, actor=wanted.actor, idempotency_key=row["key"], within=WITHIN)
    except Declined as no:
        await _end(reception, row, "failed", problem={"status": no.status, "code": no.code, "detail": no.detail})
    except Transient:
        await _postpone(reception, row)
    else:
        sealed = await seal(reception.vault, Result(answer=answer.model_dump(mode="json")))
        await _end(reception, row, "done", result=sealed.model_dump())


async def _postpone(reception: Reception, row: Row) -> None:
    """Its owner is away or busy: tried again, for some minutes."""
    if row["attempts"] + 1 >= MOST_TRIES:
        text = "Tjenesten er opptatt. Prøv igjen om litt."
        await _end(reception, row, "failed", problem={"status": 503, "code": "try-again", "detail": text})
        return
    async with reception.database.transaction() as tx:
        sql = "update runs set attempts = attempts + 1, next_try_at = $2 where run_id = $1"
        await tx.execute(sql, row["run_id"], now() + PAUSE)


async def _end(
    reception: Reception,
    row: Row,
    state: str,
    *,
    result: dict[str, Any] | None = None,
    problem: dict[str, Any] | None = None,
) -> None:
    sql = """update runs set state = $2, result = $3, problem = $4, ended_at = $5, attempts = attempts + 1
      where run_id = $1 and state = 'waiting'"""
    async with reception.database.transaction() as tx:
        await tx.execute(sql, row["run_id"], state, result, problem, now())


def _run(row: Row, answer: dict[str, Any] | None = None) -> Run:
    return Run(row["run_id"], row["state"], row["ordered_at"], row["ended_at"], answer, row["problem"])
