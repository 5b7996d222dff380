"""What is due is sent: each try is a row of its own, and a target that fails for long is stopped and told of."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from gateway.webhooks import store
from gateway.webhooks.calling import Answer, Caller
from gateway.webhooks.domain import Outcome, Secrets, headers, payload
from sikkersak.clock import now
from sikkersak.contracts.notifier import Announce, Notice
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database, Row, Transaction
from sikkersak.vault import Vault, VaultRef, unseal

JITTER: Final = 0.2
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Webhooks:
    """How they are sent. `is_on`: nothing leaves while outward effects are off (R13); it waits."""

    caller: Caller
    ladder: tuple[timedelta, ...]
    is_on: bool
    every: float
    keep: timedelta


async def send_due(database: Database, vault: Vault, webhooks: Webhooks) -> None:
    """One round. Key: the delivery's id, which receivers see as `webhook-id`: twice is harmless to who remembers it."""
    if not webhooks.is_on:
        return
    async with database.transaction() as tx:
        rows = await store.due(tx, now())
    await asyncio.gather(*(_send(database, vault, webhooks, row) for row in rows))


async def _send(database: Database, vault: Vault, webhooks: Webhooks, row: Row) -> None:
    known = await unseal(vault, VaultRef.model_validate(row["secrets"]), Secrets)
    body = payload(row["event"], row["resource_id"], row["occurred_at"])
    moment = now()
    said = headers(row["delivery_id"], moment, body, known.current(moment))
    answer = await webhooks.caller.call(row["url"], body, said)
    async with database.transaction() as tx:
        await _settle(tx, webhooks, row, answer, now())


async def _settle(tx: Transaction, webhooks: Webhooks, sent: Row, answer: Answer, moment: datetime) -> None:
    row = await store.note_attempt(tx, sent["delivery_id"], answer.outcome, answer.status, answer.milliseconds, moment)
    if row is None or row["state"] != "waiting":
        return
    if answer.outcome is Outcome.DELIVERED:
        await store.end(tx, row, "delivered", moment)
        return
    step = row["attempts"] - 1
    if step < len(webhooks.ladder) and answer.outcome is not Outcome.GONE:
        wait = webhooks.ladder[step] * random.uniform(1, 1 + JITTER)
        await store.postpone(tx, row["delivery_id"], moment + wait)
        return
    await store.end(tx, row, "given_up", moment)
    if await store.stop(tx, row["webhook_id"], answer.outcome.value, moment, row["occurred_at"]):
        log.error("webhook_stopped", webhook_id=str(row["webhook_id"]), code=answer.outcome.value)
        await say(tx, Announce(notice_id=new_id(), notice=Notice.WEBHOOK_STOPPED))
