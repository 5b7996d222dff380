"""Parked messages: listed, grouped by cause, replayed one by one, by group, or all (R6).

Replay keeps the message id: the failed handler left no inbox row, so the same id is processed once. Reading takes
messages and returns them; the queues' delivery limit is a million, so looking never loses one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection, DeliveryMode

from sikkersak.ids import new_id
from sikkersak.messaging.retry import BROKER_HEADERS
from sikkersak.messaging.topology import WORK_QUEUES

CONFIRM_SECONDS: Final = 10.0
MOST: Final = 1000


@dataclass(frozen=True)
class ParkedMessage:
    """One message that a person must see to, without its body."""

    queue: str
    message_id: str
    message_type: str
    outcome: str
    reason: str
    fingerprint: str
    attempts: int
    first_failed_at: str
    last_failed_at: str


Choice = Callable[[ParkedMessage], bool]


async def parked(connection: AbstractRobustConnection, queue: str, most: int = MOST) -> list[ParkedMessage]:
    """What is parked for a work queue, at most `most`; everything is put back where it was."""
    async with _taking(connection, queue) as take:
        return [_seen(queue, message) async for message in take(most)]


async def replay(
    connection: AbstractRobustConnection, queue: str, *, by: str, choice: Choice = lambda _: True, most: int = MOST
) -> int:
    """Sends the chosen messages to their work queue again, attempts at zero; returns how many. `by` is who did it."""
    replay_id, count = str(new_id()), 0
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    try:
        redeliver = await channel.get_exchange("redeliver", ensure=False)
        async with _taking(connection, queue) as take:
            async for message in take(most):
                if choice(_seen(queue, message)):
                    copy = _again(message, {"x-replayed-by": by, "x-replay-id": replay_id})
                    await redeliver.publish(copy, routing_key=queue, timeout=CONFIRM_SECONDS)
                    await message.ack()
                    count += 1
    finally:
        await channel.close()
    return count


def parking_queues() -> tuple[str, ...]:
    """Every work queue that has a parking queue."""
    return tuple(queue.name for queue in WORK_QUEUES)


@asynccontextmanager
async def _taking(
    connection: AbstractRobustConnection, queue: str
) -> AsyncIterator[Callable[[int], AsyncIterator[AbstractIncomingMessage]]]:
    """Takes messages on a channel of its own; closing it returns every one that was not acknowledged."""
    channel = await connection.channel()
    source = await channel.get_queue(f"{queue}.parking", ensure=False)

    async def take(most: int) -> AsyncIterator[AbstractIncomingMessage]:
        for _ in range(most):
            message = await source.get(no_ack=False, fail=False)
            if message is None:
                return
            yield message

    try:
        yield take
    finally:
        await channel.close()


def _again(message: AbstractIncomingMessage, extra: dict[str, Any]) -> aio_pika.Message:
    dropped = (*BROKER_HEADERS, "x-attempt", "x-outcome")
    headers = {name: value for name, value in message.headers.items() if not name.startswith(dropped)}
    return aio_pika.Message(
        message.body,
        headers=headers | {"x-attempt": 0} | extra,
        content_type=message.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=message.message_id,
        correlation_id=message.correlation_id,
        type=message.type,
        timestamp=message.timestamp,
    )


def _seen(queue: str, message: AbstractIncomingMessage) -> ParkedMessage:
    def header(name: str) -> str:
        return str(message.headers.get(name) or "")

    return ParkedMessage(
        queue=queue,
        message_id=str(message.message_id),
        message_type=str(message.type),
        outcome=header("x-outcome") or "rejected-by-broker",
        reason=header("x-exception-message"),
        fingerprint=header("x-exception-fingerprint"),
        attempts=int(header("x-attempt") or 0),
        first_failed_at=header("x-first-failed-at"),
        last_failed_at=header("x-last-failed-at"),
    )
