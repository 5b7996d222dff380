"""Where objects lie: a folder or S3, through obstore. Its troubles leave here as the vault's own (R5)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import LocalStore, ObjectStore, from_url

from sikkersak.vault.errors import VaultAway, VaultBusy, VaultChanged

MARKER = "vault-v1"  # tells an empty vault from a folder whose disk is not mounted
PIECE = 1024 * 1024
PART = 8 * 1024 * 1024  # S3 takes 10 000 parts of at least 5 MiB


@dataclass(frozen=True)
class Beginning:
    """The first bytes of an object, its whole length, and its version."""

    content: bytes
    size: int
    version: str | None


class Backend:
    """Named objects, written whole or not at all."""

    def __init__(self, store: ObjectStore, folder: Path | None) -> None:
        self._store = store
        self._folder = folder
        self._settled: set[tuple[int, int]] = set()  # folders that the disk keeps, by device and number

    @classmethod
    async def open(cls, url: str) -> Backend:
        """`file:///folder` (made if absent) or `s3://bucket/prefix` (credentials from the usual AWS_ variables)."""
        folder = Path(unquote(urlsplit(url).path)) if url.startswith("file://") else None
        if folder is None and not url.startswith("s3://"):
            raise ValueError("a vault's address begins with file:// or s3://")
        try:
            store = LocalStore(folder, mkdir=True) if folder else _bucket(url)
        except (BaseError, OSError) as trouble:
            raise VaultAway("the vault's folder cannot be made") from trouble
        backend = cls(store, folder)
        await backend._mark()
        return backend

    async def beginning(self, name: str, length: int) -> Beginning | None:
        """The first `length` bytes, or all there are, in one question; None when there is no such object."""
        async with self._spoken():
            try:
                answer = await obstore.get_async(self._store, name, options={"range": (0, length)})
                content = await answer.bytes_async()
            except FileNotFoundError:
                return None
            except BaseError:  # an empty object has no first byte to ask for
                if (meta := await obstore.head_async(self._store, name))["size"] > 0:
                    raise
                return Beginning(b"", 0, meta["e_tag"])
        return Beginning(bytes(content), answer.meta["size"], answer.meta["e_tag"])

    async def read(self, name: str, start: int, end: int, version: str | None) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to `end` of exactly that version of the object, in pieces."""
        options: obstore.GetOptions = {"range": (start, end), "if_match": version}
        async with self._spoken():
            try:
                answer = await obstore.get_async(self._store, name, options=options)
            except (PreconditionError, FileNotFoundError) as moved:
                raise VaultChanged("the content was stored anew while it was read") from moved
            async for piece in answer.stream(min_chunk_size=PIECE):
                yield piece

    async def put(self, name: str, content: IO[bytes], size: int, *, replace: bool) -> bool:
        """Stores `content` from its present position. Atomic; when this returns, a power cut does not undo it (R7).

        Without `replace`, an object that came first is left alone and the answer is False. In parts, which large
        content needs, no backend promises that: there the later of two equal objects stays.
        """
        async with self._spoken():
            try:
                if size > PART:
                    await obstore.put_async(self._store, name, content, chunk_size=PART, max_concurrency=1)
                else:
                    mode: obstore.PutMode = "overwrite" if replace else "create"
                    await obstore.put_async(self._store, name, content, mode=mode, use_multipart=False)
            except AlreadyExistsError:
                return False
            if self._folder is not None:
                await asyncio.to_thread(self._settle, self._folder / name)
        return True

    async def delete(self, name: str) -> None:
        """Removes the object; one that is gone already is no error."""
        async with self._spoken():
            with suppress(FileNotFoundError):
                await obstore.delete_async(self._store, name)

    async def names(self) -> AsyncIterator[str]:
        """Every object's name, in no particular order."""
        async with self._spoken():
            async for batch in obstore.list(self._store, prefix="objects"):
                for meta in batch:
                    yield meta["path"]

    async def is_there(self) -> bool:
        """Whether the vault as a whole answers."""
        try:
            await obstore.head_async(self._store, MARKER)
        except (BaseError, OSError):  # away, whatever the words
            return False
        return True

    async def refuse_if_away(self) -> None:
        """An unmounted disk looks like an empty folder: nothing may be called missing, or written, while it is so."""
        if not await self.is_there():
            raise VaultAway("the vault is out of reach")

    def _settle(self, path: Path) -> None:
        """Makes the disk keep the file and its name; and once each, the folders that were made for such files."""
        _sync(path)
        folder = _sync(path.parent)
        if folder not in self._settled:
            for above in path.parents[1:3]:  # objects/ab stands in objects, and that in the vault's own folder
                _sync(above)
            self._settled.add(folder)

    async def _mark(self) -> None:
        async with self._spoken():
            with suppress(AlreadyExistsError):
                await obstore.put_async(self._store, MARKER, b"sikkersak vault\n", mode="create")

    @asynccontextmanager
    async def _spoken(self) -> AsyncIterator[None]:
        """Every trouble of the backend is transient: away when nothing answers, busy when only this did not succeed."""
        try:
            yield
        except (BaseError, OSError) as trouble:
            if await self.is_there():
                raise VaultBusy(f"the vault did not do it: {type(trouble).__name__}") from trouble
            raise VaultAway("the vault is out of reach") from trouble


def _bucket(url: str) -> ObjectStore:
    may_speak_http = os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"  # options given here hide the variable
    return from_url(
        url,
        client_options={
            "timeout": timedelta(minutes=10),
            "connect_timeout": timedelta(seconds=5),
            "allow_http": may_speak_http,
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
    )


def _sync(place: Path) -> tuple[int, int]:
    """Makes the disk keep what a file or folder holds; returns which one it is."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
        found = os.fstat(handle)
    finally:
        os.close(handle)
    return found.st_dev, found.st_ino
