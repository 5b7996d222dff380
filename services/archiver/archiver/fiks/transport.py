"""How messages reach the archive: a plug (DESIGN §2, R10). Here the one over a broker, with the headers and queues of Fiks IO.

A queue `fiksio.konto.<account>` for each party, `melding-id`, `type`, `avsender-id`, `svar-til` as headers, our own under
`egendefinert-header.`. Answers come to a queue of this process alone: with several replicas each gets its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol
from uuid import uuid4

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractRobustConnection, DeliveryMode

from archiver.fiks import container
from archiver.fiks.container import Files
from archiver.fiks.names import RECEIVED, Kind
from sikkersak.errors import Transient

AWAY: Final = (aio_pika.exceptions.AMQPError, aiormq.AMQPError, ConnectionError, RuntimeError)
LIFETIME: Final = timedelta(days=7)


class NotSent(Transient):
    """The message did not leave: nothing can have happened."""


class NoAnswer(Transient):
    """The message left and no answer came in time: it may or may not have been done."""


@dataclass(frozen=True)
class Answer:
    """The answer that ends a dialogue."""

    kind: str
    files: dict[str, bytes]

    @property
    def payload(self) -> bytes:
        """The answer's own file; empty where the type has none."""
        return next((content for name, content in self.files.items() if name.endswith(".xml")), b"")


class Transport(Protocol):
    """One archive's account at the other end."""

    async def ask(self, kind: Kind, files: Files, *, client_message_id: str, within: float) -> Answer:
        """Sends, and returns the answer that ends the dialogue (never `.mottatt`).

        :raises NotSent, NoAnswer: as they say.
        """

    async def close(self) -> None:
        """Gives back connections."""


@dataclass(frozen=True)
class Accounts:
    """Who writes to whom, and the keys that the content is hidden with."""

    own: str
    archive: str
    own_key: bytes
    archive_certificate: bytes


class BrokerTransport:
    """Over a broker that both parties reach. Safe for many dialogues at a time."""

    def __init__(self, url: str, accounts: Accounts) -> None:
        self._url = url
        self._accounts = accounts
        self._connection: AbstractRobustConnection | None = None
        self._channel: AbstractChannel | None = None
        self._replies = ""
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._opening = asyncio.Lock()

    async def ask(self, kind: Kind, files: Files, *, client_message_id: str, within: float) -> Answer:
        """See `Transport`."""
        message_id = str(uuid4())
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = future
        body = await asyncio.to_thread(self._hidden, files)
        try:
            await self._send(kind, message_id, client_message_id, body)
            async with asyncio.timeout(within):
                return await future
        except TimeoutError as late:
            raise NoAnswer("archive: no answer") from late
        finally:
            del self._waiting[message_id]

    async def close(self) -> None:
        """Gives back connections."""
        if self._connection is not None:
            await self._connection.close()

    def _hidden(self, files: Files) -> bytes:
        return container.encrypted(container.packed(files), self._accounts.archive_certificate)

    async def _send(self, kind: Kind, message_id: str, client_message_id: str, body: bytes) -> None:
        try:
            async with asyncio.timeout(20):
                channel = await self._open()
                message = aio_pika.Message(
                    body,
                    headers={
                        "melding-id": message_id,
                        "type": kind.value,
                        "avsender-id": self._accounts.own,
                        "egendefinert-header.klientMeldingId": client_message_id,
                        "egendefinert-header.klientKorrelasjonsId": client_message_id,
                    },
                    message_id=message_id,
                    type=kind.value,
                    reply_to=self._replies,
                    delivery_mode=DeliveryMode.PERSISTENT,
                    expiration=LIFETIME,
                )
                to = f"fiksio.konto.{self._accounts.archive}"
                await channel.default_exchange.publish(message, to, mandatory=True)
        except (*AWAY, TimeoutError) as away:
            raise NotSent(f"archive: {type(away).__name__} at send") from away

    async def _open(self) -> AbstractChannel:
        async with self._opening:
            if self._connection is None:
                self._connection = await aio_pika.connect_robust(self._url, reconnect_interval=1.0, timeout=10)
            if self._channel is None or self._channel.is_closed:
                channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
                name = f"fiksio.konto.{self._accounts.own}.{uuid4()}"
                replies = await channel.declare_queue(name, exclusive=True, auto_delete=True)
                await replies.consume(self._receive)
                self._channel, self._replies = channel, name
            return self._channel

    async def _receive(self, incoming: AbstractIncomingMessage) -> None:
        """Every answer is acknowledged; one that nobody waits for any more is found by asking the archive."""
        await incoming.ack()
        headers: dict[str, Any] = dict(incoming.headers)
        future, kind = self._waiting.get(str(headers.get("svar-til"))), str(headers.get("type"))
        if future is None or future.done() or kind.endswith(RECEIVED):
            return
        try:
            files = await asyncio.to_thread(self._opened, incoming.body)
        except container.Unreadable:
            return  # no answer at all: after a while the archive is asked what became of it
        if not future.done():
            future.set_result(Answer(kind, files))

    def _opened(self, body: bytes) -> dict[str, bytes]:
        if not body:
            return {}
        return container.unpacked(container.decrypted(body, self._accounts.own_key))
