"""Content on its way in: sealed chunk by chunk into a temporary file, so that no size of it fills the memory."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, TypeVar, cast

from sikkersak.vault.errors import VaultBusy
from sikkersak.vault.keys import VaultKey
from sikkersak.vault.sealing import CHUNK, HEADER, ChunkCipher, Sealing, new_data_key, pack_header

IN_MEMORY = 2 * CHUNK  # most letters never touch the disk twice
INLINE = 64 * 1024  # a thread costs more than sealing this much

Content = AsyncIterator[bytes] | bytes | Path
T = TypeVar("T")


class Spool:
    """One object being written. Only ciphertext reaches the temporary file, which has no name in the file system."""

    def __init__(self) -> None:
        self._data_key = new_data_key()
        self._cipher = ChunkCipher(self._data_key)
        self._digest = hashlib.sha256()
        self._size = 0
        self._written = 0
        self._file = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - closed in __exit__

    def __enter__(self) -> Spool:
        """The spool itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """The temporary file is gone."""
        self._file.close()

    async def fill(self, content: Content) -> None:
        """Takes all of `content`. What its source raises is raised; a full temporary disk is `VaultBusy`."""
        await self._write(lambda: self._file.write(bytes(HEADER)), HEADER)
        waiting = bytearray()
        async for piece in _pieces(content):
            waiting += piece
            while len(waiting) > CHUNK:  # more than one chunk: a chunk that may be the last is kept back
                await self._add(bytes(memoryview(waiting)[:CHUNK]), is_last=False)
                del waiting[:CHUNK]
        await self._add(bytes(waiting), is_last=True)

    @property
    def sealing(self) -> Sealing:
        """What was filled in."""
        return Sealing(self._data_key, self._digest.hexdigest(), self._size)

    def finished(self, key: VaultKey) -> IO[bytes]:
        """The whole object, wrapped with `key`, ready to be read from its beginning."""
        self._file.seek(0)
        self._file.write(pack_header(self.sealing, key))
        self._file.seek(0)
        return self._file

    async def _add(self, plain: bytes, *, is_last: bool) -> None:
        await self._write(lambda: self._seal(plain, is_last), len(plain))
        self._size += len(plain)
        self._written += 1

    def _seal(self, plain: bytes, is_last: bool) -> None:
        self._digest.update(plain)
        self._file.write(self._cipher.seal(self._written, plain, is_last=is_last))

    async def _write(self, work: Callable[[], object], size: int) -> None:
        try:
            await off_the_loop(work, size)
        except OSError as full:
            raise VaultBusy(f"the temporary disk does not take it: {os.strerror(full.errno or 0)}") from full


async def off_the_loop(work: Callable[[], T], size: int) -> T:
    """Does work on `size` bytes in a thread, or here and now when that is quicker."""
    return work() if size <= INLINE else await asyncio.to_thread(work)


async def _pieces(content: Content) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        for start in range(0, len(content), CHUNK):
            yield content[start : start + CHUNK]
    elif isinstance(content, Path):
        with await asyncio.to_thread(content.open, "rb") as source:
            while piece := await asyncio.to_thread(source.read, CHUNK):
                yield piece
    else:
        async for piece in content:
            yield piece
