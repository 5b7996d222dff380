"""Request/reply between the gateway and the service that owns the answer (DESIGN §4).

A request waits in the owner's queue while the owner is being redeployed, and is dropped when its deadline has passed.
It is transient, never written to disk, on a virtual host of its own (R3). The wire: type = the operation's name, body =
the operation as JSON, headers `x-actor` (signed, short-lived), `x-deadline` (epoch milliseconds), `x-idempotency-key`.
The reply's body is `{"ok": ...}` or `{"problem": {"code", "detail", "status"}}`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import aio_pika
import aiormq
import structlog
from aio_pika.abc import (
    AbstractChannel,
    AbstractIncomingMessage,
    AbstractRobustChannel,
    AbstractRobustConnection,
    DeliveryMode,
)
from pydantic import BaseModel

from sikkersak.contracts.message import Operation
from sikkersak.errors import Declined, Transient
from sikkersak.identity import Actor, ActorSigner
from sikkersak.ids import new_id
from sikkersak.observability.tracing import current_traceparent

log = structlog.get_logger(__name__)

REPLY_TO: Final = "amq.rabbitmq.reply-to"  # direct reply-to: no queue, nothing stored, a reply to the dead is dropped
CHANNELS: Final = 8  # one channel writes one request at a time, and the next waits until it has left
YES: Final = b'{"ok":'
Answer = TypeVar("Answer", bound=BaseModel)


class DeadlinePassed(Transient):
    """The owner did not answer in time; nothing is half done, and the same key may be sent again."""


class Overloaded(Transient):
    """The owner's queue is full, or the broker is away: refused before anything was queued."""


class RpcClient:
    """Asks, and vouches for who asks. A few channels, any number of requests in flight, each with its own deadline."""

    def __init__(self, connection: AbstractRobustConnection, signer: ActorSigner) -> None:
        self._signer = signer
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self._lines = [_Line(connection, self._receive) for _ in range(CHANNELS)]
        self._turns = itertools.cycle(self._lines)

    async def ask(
        self, operation: Operation[Answer], *, actor: Actor, idempotency_key: str | None = None, within: float = 10.0
    ) -> Answer:
        """Returns the owner's reply. Raises `Declined` as the owner said it, `DeadlinePassed`, or `Overloaded`."""
        request_id = str(new_id())
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = future
        try:
            async with asyncio.timeout(within):
                request = self._request(operation, request_id, actor, idempotency_key, within)
                await self._publish(request, operation.owner())
                body = await future
        except TimeoutError as late:
            raise DeadlinePassed(f"{operation.operation} was not answered within {within:g} s") from late
        finally:
            self._waiting.pop(request_id, None)
        return _unwrap(operation, body)

    async def close(self) -> None:
        """Closes the channel; whoever still waits gets `DeadlinePassed` at their deadline."""
        for line in self._lines:
            await line.close()

    async def _publish(self, message: aio_pika.Message, owner: str) -> None:
        try:
            channel = await next(self._turns).open()
            await channel.default_exchange.publish(message, routing_key=f"rpc.{owner}", mandatory=True)
        except (aiormq.AMQPError, aio_pika.exceptions.AMQPError, ConnectionError, RuntimeError) as away:
            raise Overloaded(f"{owner} takes no requests right now") from away

    def _request(
        self, operation: Operation[Any], request_id: str, actor: Actor, idempotency_key: str | None, within: float
    ) -> aio_pika.Message:
        body = operation.model_dump_json().encode()
        token = self._signer.sign(actor, audience=operation.owner(), operation=operation.operation, request=body)
        headers: dict[str, Any] = {
            "x-actor": token,
            "x-deadline": int((time.time() + within) * 1000),
            "x-idempotency-key": idempotency_key,
            "traceparent": current_traceparent(),
        }
        return aio_pika.Message(
            body,
            headers={name: value for name, value in headers.items() if value is not None},
            content_type="application/json",
            delivery_mode=DeliveryMode.NOT_PERSISTENT,
            message_id=request_id,
            correlation_id=request_id,
            type=operation.operation,
            reply_to=REPLY_TO,
            expiration=within,
        )

    async def _receive(self, reply: AbstractIncomingMessage) -> None:
        future = self._waiting.get(str(reply.correlation_id))
        if future is not None and not future.done():
            future.set_result(reply.body)


class _Line:
    """One channel. Requests and their replies share it: that is how direct reply-to works."""

    def __init__(
        self, connection: AbstractRobustConnection, receive: Callable[[AbstractIncomingMessage], Awaitable[None]]
    ) -> None:
        self._connection = connection
        self._receive = receive
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> AbstractChannel:
        """The channel; opened where it is not."""
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
                await self._listen(channel)
                # the channel comes back by itself after the broker was away, its pseudo-queue does not
                channel.reopen_callbacks.add(self._listen)
                self._channel = channel
            return self._channel

    async def close(self) -> None:
        """No more of it."""
        if self._channel is not None:
            await self._channel.close()

    async def _listen(self, channel: AbstractRobustChannel | None) -> None:
        if channel is None:  # it went while it was coming back
            return
        replies = await channel.get_queue(REPLY_TO, ensure=False)
        await replies.consume(self._receive, no_ack=True)


def _unwrap(operation: Operation[Answer], body: bytes) -> Answer:
    if body.startswith(YES):  # read by pydantic at once: a page of a list is large, and this is where its time went
        return operation.reply.model_validate_json(body[len(YES) : -1])  # type: ignore[return-value]
    problem = json.loads(body)["problem"]
    if problem["status"] == 503:
        raise Overloaded(problem["detail"])
    raise Declined(problem["code"], problem["detail"], status=problem["status"])
