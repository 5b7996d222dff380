"""The virus scanner, where there is one: clamd's INSTREAM over TCP. Where there is none, files say «not scanned»."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog

log = structlog.get_logger(__name__)

PIECE: Final = 1 << 16
SECONDS: Final = 120


class Scan(StrEnum):
    """What the scanner said; `not-scanned` when there is none, it is away, or the file is too large for it."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not-scanned"


class Scanner:
    """One clamd, named as tcp://host:port. A scanner that is away never stops mail (R11): the file is marked."""

    def __init__(self, url: str | None) -> None:
        self._address = urlsplit(url) if url else None

    async def scan(self, path: Path) -> Scan:
        """What it says of one file."""
        if self._address is None:
            return Scan.NOT_SCANNED
        try:
            async with asyncio.timeout(SECONDS), self._connected() as (reader, writer):
                said = await _instream(path, reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as away:
            log.warning("scanner_away", exception_type=type(away).__name__)
            return Scan.NOT_SCANNED
        if said.endswith(b"OK"):
            return Scan.CLEAN
        if said.endswith(b"FOUND"):
            return Scan.INFECTED
        log.warning("scanner_refused")  # INSTREAM size limit exceeded, or an error of its own
        return Scan.NOT_SCANNED

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        assert self._address is not None
        reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port or 3310)
        try:
            yield reader, writer
        finally:
            writer.close()


async def _instream(path: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """`zINSTREAM`, then pieces with their length before them, then a length of 0; the answer ends with NUL."""
    writer.write(b"zINSTREAM\0")
    with contextlib.suppress(ConnectionError), path.open("rb") as file:  # it closes early on what is too large
        while piece := await asyncio.to_thread(file.read, PIECE):
            writer.write(len(piece).to_bytes(4) + piece)
            await writer.drain()
        writer.write(bytes(4))
        await writer.drain()
    return (await reader.readuntil(b"\0")).rstrip(b"\0\n ")
