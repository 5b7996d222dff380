"""Staff traffic, cheap enough to leave the machine to what is measured: one connection per request under way, kept alive."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

PIECE: Final = 65_536


@dataclass(frozen=True)
class Said:
    """An answer: its status, its headers in small letters, its body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Want:
    """A request; its path begins with a slash."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: object = None


class BrokenOff(ConnectionError):
    """The connection ended before an answer had begun."""


@dataclass
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_used: bool = False


class Client:
    """One host's connections. A request whose kept connection was closed meanwhile is sent once more, as browsers do."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._idle: deque[_Line] = deque()
        self.resent = 0

    async def send(self, want: Want) -> Said:
        """The answer; `ConnectionError` when there is none."""
        line = self._kept() or await self._open()
        try:
            return await self._exchange(line, want)
        except ConnectionError:
            line.writer.close()
            if not line.is_used:
                raise
        self.resent += 1
        return await self._exchange(await self._open(), want)

    async def close(self) -> None:
        """Lets go of every connection that is not under way."""
        while self._idle:
            self._idle.pop().writer.close()

    def _kept(self) -> _Line | None:
        """One that the server has not closed, as far as can be seen from here."""
        while self._idle:
            line = self._idle.pop()
            if not line.reader.at_eof() and not line.writer.is_closing():
                return line
            line.writer.close()
        return None

    async def _open(self) -> _Line:
        return _Line(*await asyncio.open_connection(self._host, self._port))

    async def _exchange(self, line: _Line, want: Want) -> Said:
        line.writer.write(self._written(want))
        try:
            head = (await line.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except asyncio.IncompleteReadError as ended:
            raise BrokenOff("no answer") from ended
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in head[1:]) if name}
        body = await _body(line.reader, headers)
        if headers.get("connection") == "close":
            line.writer.close()
        else:
            line.is_used = True
            self._idle.append(line)
        return Said(int(head[0].split(" ", 2)[1]), headers, body)

    def _written(self, want: Want) -> bytes:
        body = json.dumps(want.body).encode() if want.body is not None else b""
        headers = {"Host": f"{self._host}:{self._port}", **want.headers}
        if body:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        elif want.method not in ("GET", "HEAD"):
            headers["Content-Length"] = "0"
        lines = [f"{want.method} {want.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    pieces = []
    while size := int((await reader.readline()).strip() or b"0", 16):
        pieces.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(pieces)
