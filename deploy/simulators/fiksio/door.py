"""The door to the broker: AMQP as it is, but for who is let in.

Fiks IO's broker takes an integration's id as the user and `<integrasjonPassord> <Maskinporten token>` as the password.
A plain RabbitMQ cannot check that. So the door reads the client's first frames, checks them, puts the broker's own
account and virtual host in their place, and lets everything after that through untouched.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

START_OK, OPEN = (10, 11), (10, 40)
FRAME_END = b"\xce"
LARGEST_FRAME = 1 << 20
Check = Callable[[str, str], Awaitable[bool]]


@dataclass
class Door:
    """`check` says whether a user with a password is let in; `is_shut` lets nobody in while it says so."""

    broker: str
    check: Check
    is_shut: Callable[[], bool]

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Listens."""
        return await asyncio.start_server(self._guest, host, port)

    async def _guest(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place = urlsplit(self.broker)
        inner_writer: asyncio.StreamWriter | None = None
        try:
            if self.is_shut():
                return
            inner_reader, inner_writer = await asyncio.open_connection(place.hostname, place.port or 5672)
            back = asyncio.create_task(self._pass(inner_reader, writer))
            try:
                await self._enter(reader, inner_writer)
                await self._pass(reader, inner_writer)
            finally:
                back.cancel()
                await asyncio.gather(back, return_exceptions=True)
        except (OSError, asyncio.IncompleteReadError, PermissionError, ValueError):
            return  # the guest left, or was not let in: the connection is closed, as the broker does
        finally:
            for one in (writer, inner_writer):
                if one is not None:
                    one.close()

    async def _enter(self, reader: asyncio.StreamReader, broker: asyncio.StreamWriter) -> None:
        broker.write(await reader.readexactly(8))  # AMQP 0 0 9 1
        while True:
            head = await reader.readexactly(7)
            size = struct.unpack(">I", head[3:])[0]
            if size > LARGEST_FRAME:
                raise ValueError("frame too large")
            payload = (await reader.readexactly(size + 1))[:-1]
            method = struct.unpack(">HH", payload[:4]) if head[0] == 1 else None
            if method == START_OK:
                payload = await self._introduced(payload)
            elif method == OPEN:
                payload = self._placed(payload)
            broker.write(head[:3] + struct.pack(">I", len(payload)) + payload + FRAME_END)
            await broker.drain()
            if method == OPEN:
                return

    async def _introduced(self, payload: bytes) -> bytes:
        """Start-Ok: properties, mechanism, response, locale."""
        at = 4 + 4 + struct.unpack(">I", payload[4:8])[0]
        at += 1 + payload[at]
        length = struct.unpack(">I", payload[at : at + 4])[0]
        said, rest = payload[at + 4 : at + 4 + length], payload[at + 4 + length :]
        _, user, password = said.decode().split("\0")
        if not await self.check(user, password):
            raise PermissionError
        place = urlsplit(self.broker)
        own = f"\0{unquote(place.username or '')}\0{unquote(place.password or '')}".encode()
        return payload[:at] + struct.pack(">I", len(own)) + own + rest

    def _placed(self, payload: bytes) -> bytes:
        """Open: the virtual host, which guests know as the only one."""
        name = unquote(urlsplit(self.broker).path.removeprefix("/")).encode()
        return payload[:4] + bytes([len(name)]) + name + payload[5 + payload[4] :]

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while (part := await reader.read(1 << 16)) and not self.is_shut():
                writer.write(part)
                await writer.drain()
        writer.close()
