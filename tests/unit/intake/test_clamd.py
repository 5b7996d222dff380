"""The virus scanner: clamd's own protocol, and a clear «not scanned» when it cannot say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from intake.clamd import Scan, Scanner

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"


@asynccontextmanager
async def clamd(largest: int = 1_000_000) -> AsyncIterator[str]:
    """Speaks INSTREAM as clamd does; closes early on what is too large."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(await reader.readexactly(4)):
            content += await reader.readexactly(length)
            if len(content) > largest:
                writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                writer.close()
                return
        writer.write(b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"rent", Scan.CLEAN), (bytes(200_000) + EICAR, Scan.INFECTED), (bytes(3_000_000), Scan.NOT_SCANNED)],
    ids=["clean", "infected", "too-large"],
)
async def test_it_says_what_clamd_says(tmp_path: Path, content: bytes, said: Scan) -> None:
    (tmp_path / "file").write_bytes(content)
    async with clamd() as url:
        assert await Scanner(url).scan(tmp_path / "file") is said


@pytest.mark.parametrize("url", [None, "tcp://127.0.0.1:1"])
async def test_without_a_scanner_files_are_not_scanned_and_nothing_stops(tmp_path: Path, url: str | None) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert await Scanner(url).scan(tmp_path / "file") is Scan.NOT_SCANNED
