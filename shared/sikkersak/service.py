"""How every service is put together and run (R14).

A service declares its settings, its room (the composition root), what it hears, answers and does by itself. The frame
gives it the database, the vault, the broker, the relay, health and metrics; and a stop that loses nothing: consumers are
cancelled first, running handlers finish, the relay sends its batch, then the pools close.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import aio_pika
import structlog
import uvicorn
from aio_pika.abc import AbstractRobustConnection
from faststream.rabbit import Channel, RabbitBroker
from faststream.rabbit.opentelemetry import RabbitTelemetryMiddleware
from faststream.rabbit.prometheus import RabbitPrometheusMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sikkersak.handover import Entrance, offer_entrance, open_entrance
from sikkersak.identity import ActorVerifier
from sikkersak.messaging.handlers import Handlers, pause
from sikkersak.messaging.operations import Operations
from sikkersak.messaging.outbox import Relay, backlog
from sikkersak.messaging.retry import RetryMiddleware
from sikkersak.observability.health import Health, Level, health_app
from sikkersak.observability.logs import configure_logs
from sikkersak.observability.metrics import Metrics
from sikkersak.observability.tracing import configure_tracing
from sikkersak.periodic import Periodic, run_periodic
from sikkersak.persistence.database import Database
from sikkersak.settings import ServiceSettings
from sikkersak.vault import Vault

log = structlog.get_logger(__name__)

Room = TypeVar("Room")
Settings = TypeVar("Settings", bound=ServiceSettings)
RECONNECT_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 75  # longer than a proxy in front keeps its own, so that it is the proxy who closes
PARTING_SECONDS = 2.0
"""How long connections that are kept alive may bring one more request after SIGTERM; its answer asks them to close."""


@dataclass(frozen=True)
class Frame(Generic[Settings]):
    """What a service stands on."""

    settings: Settings
    database: Database
    vault: Vault
    broker: RabbitBroker
    connection: AbstractRobustConnection
    rpc_connection: AbstractRobustConnection
    metrics: Metrics
    health: Health


@dataclass(frozen=True)
class Service(Generic[Settings, Room]):
    """The declaration of one service. `web` adds pages beside health and metrics (the gateway's API)."""

    name: str
    settings: type[Settings]
    room: Callable[[Frame[Settings]], AbstractAsyncContextManager[Room]]
    handlers: Handlers[Room]
    operations: Operations[Room] | None = None
    periodic: tuple[Periodic[Room], ...] = ()
    web: Callable[[Frame[Settings], Room], ASGIApp] | None = None
    version: str = field(default="1")


def run(service: Service[Any, Any]) -> None:
    """Runs a service until SIGTERM or SIGINT; returns when everything it held is finished or given back."""
    settings = service.settings()
    configure_logs(service.name, settings.log_level)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(service, settings))


async def _serve(service: Service[Any, Any], settings: ServiceSettings) -> None:
    stopping = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopping.set)
    async with AsyncExitStack() as stack:
        frame = await _frame(stack, service, settings)
        room = await stack.enter_async_context(service.room(frame))
        service.handlers.subscribe(frame.broker, room, frame.database, frame.metrics)
        requests = _request_broker(service, frame, room)
        await _start(stack, service, frame, room, requests, stopping)
        _settle_memory()
        log.info("service_started", port=settings.http_port)
        await stopping.wait()
        frame.health.leave()
        log.info("service_stopping")
    log.info("service_stopped")


def _settle_memory() -> None:
    """What is there after the start stays for good: the collector need not walk through it while somebody waits."""
    gc.collect()
    gc.freeze()


async def _frame(stack: AsyncExitStack, service: Service[Any, Any], settings: ServiceSettings) -> Frame[Any]:
    metrics = Metrics()
    tracer_provider = configure_tracing(service.name)
    stack.callback(tracer_provider.shutdown)
    database = await Database.connect(
        settings.database_url.get_secret_value(), application=service.name, size=settings.database_pool
    )
    stack.push_async_callback(database.close)
    connection = await aio_pika.connect_robust(
        settings.rabbitmq_url.get_secret_value(),
        reconnect_interval=RECONNECT_SECONDS,
        client_properties={"connection_name": f"{service.name}-outbox"},
    )
    stack.push_async_callback(connection.close)
    rpc_connection = await aio_pika.connect_robust(
        settings.rabbitmq_rpc_url.get_secret_value(), reconnect_interval=RECONNECT_SECONDS
    )
    stack.push_async_callback(rpc_connection.close)
    broker = RabbitBroker(
        settings.rabbitmq_url.get_secret_value(),
        default_channel=Channel(on_return_raises=True),
        middlewares=[
            RabbitPrometheusMiddleware(registry=metrics.registry, app_name=service.name),
            RabbitTelemetryMiddleware(tracer_provider=tracer_provider),
            RetryMiddleware,
        ],
        graceful_timeout=settings.drain_seconds,
        reconnect_interval=RECONNECT_SECONDS,
        apply_types=False,  # what is heard is read by its own model
        logger=None,
    )
    broker.context.set_global("broker", broker)
    broker.context.set_global("metrics", metrics)
    health = Health()
    health.add("database", Level.READY, database.answers)
    health.add("broker", Level.READY, lambda: broker.ping(2.0))
    vault = await Vault.open(settings.vault_url, settings.vault_keys)
    health.add("vault", Level.READY, vault.answers)
    return Frame(settings, database, vault, broker, connection, rpc_connection, metrics, health)


def _request_broker(service: Service[Any, Any], frame: Frame[Any], room: Any) -> RabbitBroker | None:
    """A second broker for the virtual host of requests, where the service answers any."""
    if service.operations is None:
        return None
    broker = RabbitBroker(
        frame.settings.rabbitmq_rpc_url.get_secret_value(),
        # A reply that is lost with the broker is asked for again, under the same key: nobody waits for its confirmation.
        default_channel=Channel(publisher_confirms=False),
        graceful_timeout=frame.settings.drain_seconds,
        reconnect_interval=RECONNECT_SECONDS,
        apply_types=False,  # what is heard is read by its own model
        logger=None,
    )
    verifier = ActorVerifier.from_folder(frame.settings.identity_keys, audience=service.name)
    service.operations.serve(broker, room, frame.database, verifier)
    frame.health.add("requests", Level.READY, lambda: broker.ping(2.0))
    return broker


async def _start(
    stack: AsyncExitStack,
    service: Service[Any, Any],
    frame: Frame[Any],
    room: Any,
    requests: RabbitBroker | None,
    stopping: asyncio.Event,
) -> None:
    """Starts in the order that `stack` undoes: web last, so it stops first; consumers stop before the relay does."""
    relay = Relay(frame.database, frame.connection, frame.metrics)
    await stack.enter_async_context(_background(relay.run(), relay.stop))
    for broker in filter(None, (frame.broker, requests)):
        await broker.start()
        stack.push_async_callback(_leave, broker)
    for periodic in service.periodic:
        work = run_periodic(periodic, room, frame.database, stopping, frame.settings.lease_seconds)
        await stack.enter_async_context(_background(work, stopping.set))
    await stack.enter_async_context(_background(_measure(frame, stopping), stopping.set))
    inner = service.web(frame, room) if service.web else None
    await _open_doors(stack, frame, health_app(frame.health, frame.metrics.registry, inner), stopping)


async def _open_doors(stack: AsyncExitStack, frame: Frame[Any], web: ASGIApp, stopping: asyncio.Event) -> None:
    """Serves HTTP, from the predecessor's socket where there is one; from then on a successor may ask for ours."""
    settings = frame.settings
    entrance = open_entrance(settings.http_host, settings.http_port, settings.handover)
    server = _Server(
        uvicorn.Config(
            _parting(web, frame.health),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=int(settings.drain_seconds),
        )
    )
    await stack.enter_async_context(_background(server.serve([entrance.listening]), server.leave))
    await server.has_begun()
    entrance.is_served()
    if settings.handover is not None:
        offer = offer_entrance(Entrance(entrance.listening.dup()), settings.handover, stopping.set)
        await stack.enter_async_context(_cancelled(offer))


def _parting(web: ASGIApp, health: Health) -> ASGIApp:
    """Every answer of a process that leaves asks its connection to close: the next request finds the successor."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def last(message: Message) -> None:
            if message["type"] == "http.response.start" and health.is_leaving:
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await web(scope, receive, last)

    return app


async def _leave(broker: RabbitBroker) -> None:
    """Takes no more, then finishes what is held: a redeploy must not raise anyone's delivery count."""
    await pause(broker, [subscriber.queue.name for subscriber in broker.subscribers])  # type: ignore[attr-defined]
    await broker.stop()


async def _measure(frame: Frame[Any], stopping: asyncio.Event) -> None:
    """Keeps the outbox's depth and age where Prometheus can see them."""
    while not stopping.is_set():
        try:
            async with frame.database.transaction() as tx:
                waiting, oldest_seconds = await backlog(tx)
            frame.metrics.outbox_pending.set(waiting)
            frame.metrics.outbox_oldest_seconds.set(oldest_seconds)
        except Exception:  # measuring is never a reason to stop serving
            log.debug("outbox_not_measured", exc_info=True)
        try:
            await asyncio.wait_for(stopping.wait(), 5)
        except TimeoutError:
            continue


@asynccontextmanager
async def _background(work: Any, stop: Callable[[], None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        stop()
        await task


@asynccontextmanager
async def _cancelled(work: Any) -> AsyncIterator[None]:
    """Work that holds nothing and is simply ended."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the frame decides when and in which order things stop."""

    async def has_begun(self) -> None:
        """Returns when connections are taken."""
        while not self.started and not self.should_exit:
            await asyncio.sleep(0.01)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no new connections, lets those that are open bring what is on its way, then closes them."""
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        deadline = asyncio.get_running_loop().time() + PARTING_SECONDS
        while self.server_state.connections and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the process's signals alone."""
        yield

    def leave(self) -> None:
        """Stops taking connections; open requests finish."""
        self.should_exit = True


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Uvloop publishes half again as fast (measured); the plain loop does where it is absent."""
    try:
        import uvloop
    except ImportError:  # an optional speed-up, not an error
        return asyncio.new_event_loop
    return uvloop.new_event_loop
