"""The outbox: what must leave is written with the change, and sent with the broker's confirmation (R2).

Several replicas may relay the same outbox: rows are claimed with SKIP LOCKED, never paged by id, because identity
values commit out of order. A message sent twice after a crash is absorbed by the receiver's inbox.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import aio_pika
import aiormq
import asyncpg
import structlog
from aio_pika.abc import AbstractExchange, AbstractRobustConnection, DeliveryMode

from sikkersak.contracts.message import Message
from sikkersak.errors import Transient
from sikkersak.messaging.envelope import Envelope
from sikkersak.observability.metrics import Metrics
from sikkersak.persistence.database import Database, Row, Transaction

log = structlog.get_logger(__name__)

BATCH = 500
CONFIRM_SECONDS = 10.0
POLL_SECONDS = 1.0
CHANNEL = "outbox"  # PostgreSQL notifications are per database; the payload names the schema

# One statement for all that is said at once; PostgreSQL folds equal notifications of one transaction into one.
WRITE = """
with written as (
  insert into outbox (message_id, message_type, headers, body)
  select * from unnest($1::uuid[], $2::text[], $3::jsonb[], $4::bytea[]) returning id
)
select pg_notify('outbox', current_schema()) from written limit 1
"""
CLAIM = "select * from outbox where next_try_at <= now() order by id limit $1 for update skip locked"
FAILED = """
update outbox set failures = failures + 1, last_failure = $2,
                  next_try_at = now() + least(interval '1 second' * power(2, failures), interval '1 minute')
where id = any($1::bigint[])
"""

# What a publish raises while the broker is away, full, or has nowhere to route the message.
SEND_FAILURES = (aiormq.AMQPError, aio_pika.exceptions.AMQPError, ConnectionError, TimeoutError, RuntimeError)


async def say(tx: Transaction, *messages: Message) -> list[UUID]:
    """Writes facts and orders into the outbox of this transaction. They leave if, and only if, the change commits.

    Returns the ids that their receivers will know them by, in the order given.
    """
    envelopes = [Envelope.around(message.message_type) for message in messages]
    ids = [envelope.message_id for envelope in envelopes]
    await tx.fetchval(
        WRITE,
        ids,
        [envelope.message_type for envelope in envelopes],
        [envelope.headers() for envelope in envelopes],
        [message.model_dump_json().encode() for message in messages],
    )
    return ids


class Relay:
    """Empties one schema's outbox into the exchange `events`, woken by NOTIFY and by a slow poll."""

    def __init__(self, database: Database, connection: AbstractRobustConnection, metrics: Metrics) -> None:
        self._database = database
        self._connection = connection
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._exchange: AbstractExchange | None = None

    async def run(self) -> None:
        """Relays until `stop()`. Nothing that goes wrong ends it: the rows stay, and are tried again."""
        listening = asyncio.create_task(self._listen())
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                if await self._drain_calmly() < BATCH:
                    await self._rest()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    def stop(self) -> None:
        """Finish the batch in hand and leave."""
        self._stopping.set()
        self._wake.set()

    async def drain(self) -> int:
        """Sends one batch, pipelined; returns how many left. A row that fails does not hold up the others."""
        exchange = self._exchange or await self._open()
        async with self._database.transaction() as tx:
            rows = await tx.fetch(CLAIM, BATCH)
            outcomes = await asyncio.gather(*(_send(exchange, row) for row in rows), return_exceptions=True)
            return await self._settle(tx, rows, outcomes)

    async def _open(self) -> AbstractExchange:
        """One channel for the life of the relay; aio-pika re-opens it after the broker was away."""
        channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        self._exchange = await channel.get_exchange("events", ensure=False)
        return self._exchange

    async def _settle(self, tx: Transaction, rows: Sequence[Row], outcomes: Sequence[object]) -> int:
        sent = [
            row["id"] for row, outcome in zip(rows, outcomes, strict=True) if not isinstance(outcome, BaseException)
        ]
        failed = [(row, oops) for row, oops in zip(rows, outcomes, strict=True) if isinstance(oops, BaseException)]
        if sent:
            await tx.execute("delete from outbox where id = any($1::bigint[])", sent)
            self._metrics.outbox_published_total.inc(len(sent))
        if failed:
            await tx.execute(FAILED, [row["id"] for row, _ in failed], type(failed[0][1]).__name__)
            log.warning("outbox_not_sent", rows=len(failed), exception_type=type(failed[0][1]).__name__)
        return len(sent)

    async def _drain_calmly(self) -> int:
        try:
            return await self.drain()
        except (Transient, *SEND_FAILURES) as away:
            log.warning("outbox_waits", exception_type=type(away).__name__)
            return 0

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)

    async def _listen(self) -> None:
        """LISTEN dies silently with the server, so it is renewed when the connection ends; the poll covers the gap."""
        while True:
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await self._listen_once()
            await asyncio.sleep(POLL_SECONDS)

    async def _listen_once(self) -> None:
        connection = await self._database.listener()
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            schema = await connection.fetchval("select current_schema()")
            await connection.add_listener(CHANNEL, lambda *said: self._wake.set() if said[3] == schema else None)
            await ended.wait()
        finally:
            await connection.close(timeout=1)


async def _send(exchange: AbstractExchange, row: Row) -> None:
    message = aio_pika.Message(
        row["body"],
        headers=row["headers"],
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=str(row["message_id"]),
        correlation_id=row["headers"].get("ce-correlationid"),
        type=row["message_type"],
        timestamp=row["created_at"],
    )
    await exchange.publish(message, routing_key=row["message_type"], mandatory=True, timeout=CONFIRM_SECONDS)


async def backlog(tx: Transaction) -> tuple[int, float]:
    """How many messages wait in the outbox, and for how many seconds the oldest has."""
    sql = (
        "select count(*) as waiting, coalesce(extract(epoch from now() - min(created_at)), 0)::float as age from outbox"
    )
    row: Any = await tx.fetchrow(sql)
    return row["waiting"], row["age"]
