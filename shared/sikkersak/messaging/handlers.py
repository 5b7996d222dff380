"""Handlers: what a service hears, and how each message becomes an effect made once (R4).

`hears` is for effects in the own database: the handler runs in one transaction with its inbox row. `performs` is for
effects outside: the handler owns its transactions, and its obligation's row is what makes a second run harmless.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import structlog
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.annotations import RabbitMessage

from sikkersak.clock import now
from sikkersak.contracts.message import Message
from sikkersak.messaging.envelope import Envelope, handling, whole
from sikkersak.messaging.inbox import is_first_time
from sikkersak.messaging.retry import UnknownMessage
from sikkersak.messaging.topology import WorkQueue, queues_of
from sikkersak.observability.metrics import Metrics
from sikkersak.persistence.database import Database, Transaction

log = structlog.get_logger(__name__)

Room = TypeVar("Room")
Heard = TypeVar("Heard", bound=Message)
Effect = Callable[[Message, Envelope, Room], Awaitable[None]]


class Handlers(Generic[Room]):
    """The handlers of one service, by message type. `Room` is the service as its composition root put it together."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._effects: dict[str, tuple[type[Message], Callable[..., Awaitable[None]], bool]] = {}

    def hears(
        self, heard: type[Heard]
    ) -> Callable[
        [Callable[[Heard, Transaction, Room], Awaitable[None]]], Callable[[Heard, Transaction, Room], Awaitable[None]]
    ]:
        """Registers `async def handler(message, tx, room)`, run once per message id, in one transaction."""

        def keep(
            handler: Callable[[Heard, Transaction, Room], Awaitable[None]],
        ) -> Callable[[Heard, Transaction, Room], Awaitable[None]]:
            self._keep(heard, handler, is_transactional=True)
            return handler

        return keep

    def performs(
        self, heard: type[Heard]
    ) -> Callable[[Callable[[Heard, Room], Awaitable[None]]], Callable[[Heard, Room], Awaitable[None]]]:
        """Registers `async def handler(message, room)` for work outside the database; it may run any number of times."""

        def keep(handler: Callable[[Heard, Room], Awaitable[None]]) -> Callable[[Heard, Room], Awaitable[None]]:
            self._keep(heard, handler, is_transactional=False)
            return handler

        return keep

    def _keep(self, heard: type[Message], handler: Callable[..., Awaitable[None]], *, is_transactional: bool) -> None:
        if heard.message_type in self._effects:
            raise ValueError(f"{heard.message_type} has two handlers in {self.service}")
        self._effects[heard.message_type] = (heard, handler, is_transactional)

    def queues(self) -> tuple[WorkQueue, ...]:
        """The service's work queues; every type they are bound to has a handler, and no handler hears nothing."""
        queues = queues_of(self.service)
        bound = {message_type for queue in queues for message_type in queue.hears}
        if bound != self._effects.keys():
            raise ValueError(f"{self.service}: bound and handled types differ: {sorted(bound ^ self._effects.keys())}")
        return queues

    def subscribe(self, broker: RabbitBroker, room: Room, database: Database, metrics: Metrics) -> None:
        """Makes one FastStream subscriber per work queue, with a channel and so a prefetch of its own."""
        for queue in self.queues():
            subscriber = broker.subscriber(
                RabbitQueue(queue.name, declare=False),
                channel=Channel(prefetch_count=queue.prefetch, on_return_raises=True),
                ack_policy=AckPolicy.REJECT_ON_ERROR,  # only if our own republishing failed: then the broker parks it
                no_reply=True,
                decoder=whole,
            )
            heard = {}
            for message_type in queue.hears:
                model, handler, is_transactional = self._effects[message_type]
                effect = (
                    _once(handler, room, database, queue.name, metrics) if is_transactional else _any(handler, room)
                )
                heard[message_type] = _Heard(model, effect)
            subscriber(_receiver(heard, metrics))


@dataclass(frozen=True)
class _Heard:
    """One type of message on a queue: what it is read as, and what comes of it."""

    model: type[Message]
    effect: Callable[[Message, Envelope], Awaitable[None]]


def _once(
    handler: Callable[..., Awaitable[None]], room: Any, database: Database, consumer: str, metrics: Metrics
) -> Callable[[Message, Envelope], Awaitable[None]]:
    async def effect(message: Message, envelope: Envelope) -> None:
        async with database.transaction() as tx:
            if await is_first_time(tx, consumer, envelope.message_id):
                await handler(message, tx, room)
            else:
                metrics.inbox_duplicates_total.inc()

    return effect


def _any(handler: Callable[..., Awaitable[None]], room: Any) -> Callable[[Message, Envelope], Awaitable[None]]:
    async def effect(message: Message, envelope: Envelope) -> None:
        del envelope
        await handler(message, room)

    return effect


def _receiver(heard: Mapping[str, _Heard], metrics: Metrics) -> Callable[[RabbitMessage], Awaitable[None]]:
    async def receive(raw: RabbitMessage) -> None:
        known = heard.get(str(raw.raw_message.type))
        if known is None:
            raise UnknownMessage(str(raw.raw_message.type)[:100])
        message = known.model.model_validate_json(raw.body)
        envelope = envelope_of(raw)
        handling(envelope)
        structlog.contextvars.bind_contextvars(
            correlation_id=envelope.correlation_id, message_id=str(envelope.message_id)
        )
        await known.effect(message, envelope)
        lag = (now() - envelope.occurred_at).total_seconds()
        metrics.message_critical_time_seconds.labels(type=envelope.message_type).observe(max(lag, 0.0))

    return receive


def envelope_of(raw: RabbitMessage) -> Envelope:
    """The identity of a received message. One without an id of ours cannot be told from its duplicate: refused."""
    incoming = raw.raw_message
    try:
        message_id = UUID(str(incoming.message_id))
    except ValueError as wrong:
        raise UnknownMessage("without a message id") from wrong
    return Envelope(
        message_id=message_id,
        message_type=str(incoming.type),
        occurred_at=_occurred_at(incoming.headers.get("ce-time"), incoming.timestamp),
        correlation_id=str(incoming.headers.get("ce-correlationid") or incoming.correlation_id or message_id),
        causation_id=str(incoming.headers.get("ce-causationid")) if incoming.headers.get("ce-causationid") else None,
        traceparent=str(incoming.headers.get("traceparent")) if incoming.headers.get("traceparent") else None,
    )


def _occurred_at(header: Any, timestamp: datetime | None) -> datetime:
    try:
        return datetime.fromisoformat(str(header))
    except ValueError:
        return timestamp.astimezone(UTC) if timestamp else now()


async def pause(broker: RabbitBroker, queues: Iterable[str]) -> None:
    """Stops taking from these queues; what was taken already is finished. FastStream has no public way: guarded by a test."""
    for subscriber in _subscribers(broker, queues):
        if subscriber._queue_obj is not None and subscriber._consumer_tag is not None:
            tag, subscriber._consumer_tag = subscriber._consumer_tag, None
            await subscriber._queue_obj.cancel(tag)


async def resume(broker: RabbitBroker, queues: Iterable[str]) -> None:
    """Takes from these queues again after `pause`."""
    for subscriber in _subscribers(broker, queues):
        if subscriber._queue_obj is not None and subscriber._consumer_tag is None:
            subscriber._consumer_tag = await subscriber._queue_obj.consume(subscriber.consume, no_ack=False)


def _subscribers(broker: RabbitBroker, queues: Iterable[str]) -> list[Any]:
    wanted = set(queues)
    every: Iterable[Any] = broker.subscribers
    return [subscriber for subscriber in every if subscriber.queue.name in wanted]
