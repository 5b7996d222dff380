"""A small service to try messaging with: it hears what signing hears, with handlers that a test chooses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import pytest
from faststream.rabbit import Channel, RabbitBroker

from sikkersak.contracts.signing import CancelJobAtPortal, CreateJob, LookAtCeremony, RequestSignatures
from sikkersak.messaging.handlers import Handlers
from sikkersak.messaging.outbox import Relay
from sikkersak.messaging.retry import RetryMiddleware
from sikkersak.observability.metrics import Metrics
from sikkersak.persistence.database import Database, Transaction
from sikkersak.testing.sandbox import Sandbox


@dataclass
class Desk:
    """What the handlers of the small service share with the test."""

    heard: list[Any] = field(default_factory=list)
    on_request: Callable[[RequestSignatures, Transaction], Awaitable[None]] | None = None
    on_create: Callable[[CreateJob], Awaitable[None]] | None = None


@dataclass(frozen=True)
class Running:
    """The small service while it runs."""

    desk: Desk
    database: Database
    broker: RabbitBroker
    relay: Relay
    metrics: Metrics


def small_handlers() -> Handlers[Desk]:
    """Hears what signing hears."""
    handlers: Handlers[Desk] = Handlers("signing")

    @handlers.hears(RequestSignatures)
    async def requested(order: RequestSignatures, tx: Transaction, desk: Desk) -> None:
        if desk.on_request:
            await desk.on_request(order, tx)
        desk.heard.append(order)

    @handlers.performs(CreateJob)
    async def create(order: CreateJob, desk: Desk) -> None:
        if desk.on_create:
            await desk.on_create(order)
        desk.heard.append(order)

    @handlers.performs(CancelJobAtPortal)
    async def cancel(order: CancelJobAtPortal, desk: Desk) -> None:
        desk.heard.append(order)

    @handlers.performs(LookAtCeremony)
    async def look(order: LookAtCeremony, desk: Desk) -> None:
        desk.heard.append(order)

    return handlers


@asynccontextmanager
async def running(place: Sandbox, desk: Desk) -> AsyncIterator[Running]:
    """Runs the small service with its own pool and broker."""
    metrics = Metrics()
    database = await Database.connect(place.database_url, application="test", size=10)
    connection = await aio_pika.connect_robust(place.rabbitmq_url, reconnect_interval=0.2)
    broker = RabbitBroker(
        place.rabbitmq_url,
        default_channel=Channel(on_return_raises=True),
        middlewares=[RetryMiddleware],
        reconnect_interval=0.2,
        apply_types=False,
        logger=None,
    )
    broker.context.set_global("broker", broker)
    broker.context.set_global("metrics", metrics)
    small_handlers().subscribe(broker, desk, database, metrics)
    await broker.start()
    try:
        yield Running(desk, database, broker, Relay(database, connection, metrics), metrics)
    finally:
        await broker.stop()
        await connection.close()
        await database.close()


@pytest.fixture
async def small(place: Sandbox) -> AsyncIterator[Running]:
    """The small service, running."""
    async with running(place, Desk()) as service:
        yield service
