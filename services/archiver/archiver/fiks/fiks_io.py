"""The transport over Fiks IO: sent through its API, answers from the account's queue, signed and encrypted both ways.

An account has one queue, so one archiver at a time answers for it: a second one needs an account of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import aio_pika
import httpx
import structlog
from aio_pika.abc import AbstractIncomingMessage

from archiver.fiks import asice, container
from archiver.fiks.asice import Seal
from archiver.fiks.container import Files
from archiver.fiks.maskinporten import Client, Maskinporten
from archiver.fiks.names import RECEIVED, Kind
from archiver.fiks.platform import Integration, Outgoing, Platform
from archiver.fiks.transport import AWAY, Answer, NoAnswer, NotSent
from sikkersak.errors import Declined, Transient

log = structlog.get_logger(__name__)
PREFETCH: Final = 10
READY_SECONDS: Final = 15.0
AGAIN_SECONDS: Final = 2.0


@dataclass(frozen=True)
class FiksIOAccess:
    """Everything that the transport is told. `archive` is an account id, or `ORG_NO.<number>` to be looked up."""

    integration: Integration
    amqp: str
    archive: str
    own_key: bytes
    seal: Seal
    client: Client


class FiksIOTransport:
    """`Transport` over Fiks IO. Safe for many dialogues at a time."""

    def __init__(self, access: FiksIOAccess) -> None:
        self._access = access
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(30.0, connect=5.0))
        self._maskinporten = Maskinporten(self._http, access.client)
        self._platform = Platform(self._http, self._maskinporten, access.integration)
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._ready = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None
        self._trouble: Transient | None = None

    async def ask(self, kind: Kind, files: Files, *, client_message_id: str, within: float) -> Answer:
        """See `Transport`. Dialogues are told apart by an id of ours that the archive copies into its answers."""
        await self._listening(within)
        correlation_id = str(uuid4())
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[correlation_id] = future
        try:
            receiver = await self._receiver()
            certificate = await self._platform.certificate_of(receiver)
            signed = await asice.sealed(files, self._access.seal)
            body = await asyncio.to_thread(container.encrypted, signed, certificate)
            await self._platform.send(Outgoing(receiver, kind.value, client_message_id, correlation_id, body))
            async with asyncio.timeout(within):
                return await future
        except TimeoutError as late:
            raise NoAnswer("archive: no answer") from late
        finally:
            del self._waiting[correlation_id]

    async def close(self) -> None:
        """Gives back connections."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        await self._http.aclose()

    async def _receiver(self) -> str:
        if "." in self._access.archive:
            return await self._platform.account_of(self._access.archive)
        return self._access.archive

    async def _listening(self, within: float) -> None:
        """Nothing is sent before its answer could be heard."""
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen(), name="fiks-io")
        try:
            async with asyncio.timeout(min(within, READY_SECONDS)):
                await self._ready.wait()
        except TimeoutError as late:
            raise self._trouble or NotSent("archive: Fiks IO's queue is away") from late

    async def _listen(self) -> None:
        """A new connection with a new token whenever the last one ends: a token lives for two minutes only."""
        while True:
            try:
                await self._consume()
            except Transient as trouble:  # told to whoever asks meanwhile
                self._trouble = trouble
            except AWAY as away:
                self._trouble = NotSent(f"archive: Fiks IO: {type(away).__name__}")
            finally:
                self._ready.clear()
            log.warning("fiks_io_away", reason=str(self._trouble))
            await asyncio.sleep(AGAIN_SECONDS)

    async def _consume(self) -> None:
        own = self._access.integration
        token = await self._maskinporten.token()
        place = urlsplit(self._access.amqp)
        async with await aio_pika.connect(
            host=place.hostname or "",
            port=place.port or 5671,
            login=own.id,
            password=f"{own.password} {token}",
            virtualhost=unquote(place.path.removeprefix("/")) or "/",
            ssl=place.scheme == "amqps",
            timeout=10,
        ) as connection:
            channel = await connection.channel()
            await channel.set_qos(PREFETCH)
            queue = await channel.get_queue(f"fiksio.konto.{own.account}", ensure=False)
            await queue.consume(self._receive)
            self._ready.set()
            self._trouble = None
            await channel.closed()

    async def _receive(self, incoming: AbstractIncomingMessage) -> None:
        """Acknowledged when it is in hand; one that nobody waits for any more is found by asking the archive."""
        headers: Mapping[str, Any] = incoming.headers
        kind = str(headers.get("type"))
        future = self._waiting.get(str(headers.get("egendefinert-header.klientKorrelasjonsId")))
        if future is not None and not future.done() and not kind.endswith(RECEIVED):
            try:
                files = await self._opened(incoming.body, headers.get("dokumentlager-id"))
            except (container.Unreadable, Declined) as wrong:
                log.warning("fiks_io_unreadable", reason=str(wrong))
            except Transient:  # the store is away: the message comes again
                await incoming.nack(requeue=True)
                return
            else:
                if not future.done():
                    future.set_result(Answer(kind, files))
        await incoming.ack()

    async def _opened(self, body: bytes, stored: object) -> dict[str, bytes]:
        if stored:
            body = await self._platform.stored(str(stored))
        if not body:
            return {}
        plain = await asyncio.to_thread(container.decrypted, body, self._access.own_key)
        return await asice.opened(plain)
