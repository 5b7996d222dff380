"""The document vault: encrypted, content-addressed, streamed (R3). Every service opens the same one."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from uuid import UUID

import structlog

from sikkersak.vault.backend import Backend, Beginning
from sikkersak.vault.errors import ContentTooLarge, VaultBusy, VaultChanged, VaultCorrupt, VaultMissing
from sikkersak.vault.keys import KeyRing, holder_of
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealing import CHUNK, HEADER, TAG, ChunkCipher, Sealing, key_id_of, open_header
from sikkersak.vault.spool import Content, Spool, off_the_loop

log = structlog.get_logger(__name__)

ATTEMPTS = 10  # at content that others store at the same moment


@dataclass(frozen=True)
class Rewrapped:
    """What a round of key rotation did, in numbers of objects."""

    moved: int = 0
    kept: int = 0
    damaged: int = 0


class _State(Enum):
    ABSENT = "not here"
    WHOLE = "here, and verified"
    DAMAGED = "here, but not what it should be"


@dataclass(frozen=True)
class _Found:
    name: str
    version: str | None
    sealing: Sealing
    body: bytes = b""
    """All of it, where the object is of one chunk and came with its header."""


class Vault:
    """Content by reference. All methods raise `VaultAway` or `VaultBusy` (transient) when the backend gives trouble."""

    def __init__(self, backend: Backend, keys: KeyRing) -> None:
        self._backend = backend
        self._keys = keys

    @classmethod
    async def open(cls, url: str, keys_file: Path) -> Vault:
        """Opens `file:///folder` or `s3://bucket/prefix`; `BadKeysFile` when the keys file is unfit."""
        return cls(await Backend.open(url), KeyRing.load(keys_file))

    async def put(self, content: Content, media_type: str, holder: UUID | None = None) -> VaultRef:
        """Stores content and returns its reference, once it is safe on disk and can be read back.

        Content that the vault has already is verified and not stored twice; where what it has is damaged, it is
        replaced. So putting the same content again is harmless, and mends. With a holder it is a copy of the holder's
        own, which can be deleted without a thought of others.
        """
        with Spool() as spool:
            await spool.fill(content)
            sealing = spool.sealing
            ref = VaultRef(sha256=sealing.sha256, size=sealing.size, media_type=media_type, holder=holder)
            for _ in range(ATTEMPTS):
                state = await self._state(ref)
                if state is _State.WHOLE or await self._store(spool, holder, replace=state is _State.DAMAGED):
                    return ref
        raise VaultBusy("others are storing the same content")

    async def read(self, ref: VaultRef) -> AsyncGenerator[bytes, None]:
        """All of the content, in pieces of at most 1 MiB. No piece is given out before it is verified.

        Raises `VaultMissing`, or `VaultCorrupt`, possibly after some pieces: what was built from them is not whole.
        """
        async for piece in self._verified(ref, await self._find(ref)):
            yield piece

    async def read_range(self, ref: VaultRef, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to, not including, `end`; only the chunks they touch are fetched and verified."""
        if not 0 <= start <= end <= ref.size:
            raise ValueError(f"bytes {start} to {end} are not inside content of {ref.size} bytes")
        found = await self._find(ref)
        if start == end:
            return
        size = found.sealing.chunk
        first, last = start // size, (end - 1) // size
        at = first * size
        async for piece in self._chunks(found, first, last + 1):
            yield piece[max(0, start - at) : end - at]
            at += len(piece)

    async def read_bytes(self, ref: VaultRef, limit: int) -> bytes:
        """All of the content in memory; `ContentTooLarge` when it is more than `limit` bytes."""
        if ref.size > limit:
            raise ContentTooLarge(ref.size, limit)
        return b"".join([piece async for piece in self.read(ref)])

    async def save(self, ref: VaultRef, path: Path) -> None:
        """Writes the content, in the clear, to a file only this user reads. The name appears when it is whole."""
        try:
            handle, name = await asyncio.to_thread(tempfile.mkstemp, dir=path.parent, prefix=".", suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    async for piece in self.read(ref):
                        await asyncio.to_thread(file.write, piece)
                await asyncio.to_thread(Path(name).replace, path)
            finally:
                await asyncio.to_thread(Path(name).unlink, missing_ok=True)
        except OSError as trouble:
            raise VaultBusy(f"the content cannot be saved: {os.strerror(trouble.errno or 0)}") from trouble

    async def exists(self, ref: VaultRef) -> bool:
        """Whether the content is here; it is not verified. Never False because the vault is away: that is raised."""
        for name in self._keys.names_of(ref.sha256, ref.holder):
            if await self._backend.beginning(name, HEADER) is not None:
                return True
        await self._backend.refuse_if_away()
        return False

    async def delete(self, ref: VaultRef) -> None:
        """Removes a holder's own copy; or, without one, the content for everybody: then equal content has one copy.

        The caller knows that nobody else refers to it. Content that is gone already is no error.
        """
        for name in self._keys.names_of(ref.sha256, ref.holder):
            await self._backend.delete(name)

    async def answers(self) -> bool:
        """Whether the backend is there: a health check."""
        return await self._backend.is_there()

    async def rewrap(self) -> Rewrapped:
        """Stores everything that earlier keys wrapped anew under the current key, so that those may be taken out.

        Safe to run twice, beside readers and writers, and to stop at any point. An object that does not verify is left
        as it is, logged, and counted: keep its key until it is mended.
        """
        moved = kept = damaged = 0
        names = [name async for name in self._backend.names()]
        for name in names:
            try:
                is_moved = await self._rewrap_one(name)
            except VaultCorrupt as wrong:
                log.error("vault_object_damaged", object=name, reason=str(wrong))
                damaged += 1
            else:
                moved, kept = moved + is_moved, kept + (not is_moved)
        log.info("vault_rewrapped", moved=moved, kept=kept, damaged=damaged)
        return Rewrapped(moved, kept, damaged)

    def blind(self, content: bytes) -> str:
        """A value that follows from the content but that only holders of the current key can work out, hex."""
        return self._keys.current.blind(content)

    async def _rewrap_one(self, name: str) -> bool:
        """Whether the object was moved. The new copy is safe before the old one goes."""
        beginning = await self._backend.beginning(name, HEADER)
        if beginning is None or key_id_of(beginning.content) == self._keys.current.key_id:
            return False
        found = self._recognised(name, beginning, None)
        with Spool() as spool:
            await spool.fill(self._chunks(found, 0, found.sealing.chunks))
            if spool.sealing.sha256 != found.sealing.sha256:
                raise VaultCorrupt("the content does not have its checksum")
            await self._store(spool, holder_of(name), replace=True)
        if name != self._keys.current.name_of(found.sealing.sha256, holder_of(name)):
            await self._backend.delete(name)
        return True

    async def _store(self, spool: Spool, holder: UUID | None, *, replace: bool) -> bool:
        """Only ever after a look at the vault, which raises when it is away: an empty mount point is not written to."""
        key, sealing = self._keys.current, spool.sealing
        name = key.name_of(sealing.sha256, holder)
        return await self._backend.put(name, spool.finished(key), sealing.stored_size, replace=replace)

    async def _state(self, ref: VaultRef) -> _State:
        for _ in range(ATTEMPTS):
            try:
                if (found := await self._look(ref)) is None:
                    await self._backend.refuse_if_away()
                    return _State.ABSENT
                async for _ in self._verified(ref, found):
                    pass
            except VaultChanged:
                continue
            except VaultCorrupt as wrong:
                log.error("vault_object_replaced", object=ref.short, reason=str(wrong))
                return _State.DAMAGED
            return _State.WHOLE
        raise VaultBusy("others are storing the same content")

    async def _find(self, ref: VaultRef) -> _Found:
        for _ in range(2):  # a second look: `rewrap` may have moved it between two names
            if (found := await self._look(ref)) is not None:
                return found
        await self._backend.refuse_if_away()
        raise VaultMissing(f"the vault does not hold {ref.short}")

    async def _look(self, ref: VaultRef) -> _Found | None:
        """What lies under one of its names: the header, and with it all the rest of what is small."""
        wanted = HEADER + ref.size + TAG if ref.size <= CHUNK else HEADER
        for name in self._keys.names_of(ref.sha256, ref.holder):
            beginning = await self._backend.beginning(name, wanted)
            if beginning is not None:
                return self._recognised(name, beginning, ref)
        return None

    def _recognised(self, name: str, beginning: Beginning, ref: VaultRef | None) -> _Found:
        """The object's secrets, when it is the one that `ref` and its own name promise, and of its full length."""
        sealing = open_header(beginning.content[:HEADER], self._keys)
        is_promised = ref is None or (sealing.sha256, sealing.size) == (ref.sha256, ref.size)
        if not is_promised or name not in self._keys.names_of(sealing.sha256, holder_of(name)):
            raise VaultCorrupt("the object is another than its name says")
        if beginning.size != sealing.stored_size:
            raise VaultCorrupt(f"the object is {beginning.size} bytes, not {sealing.stored_size}")
        body = beginning.content[HEADER:] if sealing.chunks == 1 else b""
        return _Found(name, beginning.version, sealing, body)

    async def _verified(self, ref: VaultRef, found: _Found) -> AsyncGenerator[bytes, None]:
        digest = hashlib.sha256()
        async for piece in self._chunks(found, 0, found.sealing.chunks):
            digest.update(piece)
            yield piece
        if digest.hexdigest() != ref.sha256:
            raise VaultCorrupt(f"content {ref.short} does not have its checksum")

    async def _chunks(self, found: _Found, first: int, end: int) -> AsyncGenerator[bytes, None]:
        """The plaintext of the chunks from `first` up to `end`, each verified."""
        sealing, cipher = found.sealing, ChunkCipher(found.sealing.data_key)
        if found.body:
            yield await self._opened(cipher, 0, found.body, is_last=True)
            return
        stored = self._backend.read(found.name, sealing.stored_at(first), sealing.stored_at(end), found.version)
        waiting = bytearray()
        number = first
        async with contextlib.aclosing(stored) as pieces:
            async for piece in pieces:
                waiting += piece
                while number < end and len(waiting) >= (length := sealing.stored_length(number)):
                    sealed = bytes(memoryview(waiting)[:length])
                    del waiting[:length]
                    yield await self._opened(cipher, number, sealed, is_last=number == sealing.chunks - 1)
                    number += 1
        if number < end or waiting:
            raise VaultCorrupt("the object ended before its last chunk, or after it")

    async def _opened(self, cipher: ChunkCipher, number: int, sealed: bytes, *, is_last: bool) -> bytes:
        return await off_the_loop(lambda: cipher.open(number, sealed, is_last=is_last), len(sealed))
