"""Files on their way in: streamed to the vault as they come, kept for whoever sent them until an operation takes them.

A route that takes files asks for upload ids in its body and gives `claimed(...)` to the owner's operation. What a browser
says of a file is not trusted: the owner looks at the content.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from gateway import store
from gateway.reception import Person, Reception
from sikkersak.clock import now
from sikkersak.contracts.values import File
from sikkersak.errors import Declined, NotFound
from sikkersak.ids import new_id
from sikkersak.vault import VaultRef, seal, unseal

KEPT: Final = timedelta(hours=24)
SILENCE_SECONDS: Final = 30.0
PDF: Final = "application/pdf"
PDF_MARK: Final = b"%PDF-"
BINARY: Final = "application/octet-stream"


@dataclass(frozen=True)
class Upload:
    """A file that was sent in, and until when it waits to be used."""

    upload_id: UUID
    file: File
    expires_at: datetime


async def receive(
    request: Request, reception: Reception, person: Person, name: str, media_type: str, key: str
) -> Upload:
    """Takes the request's body. The same key with the same content is the same upload; with other content it is refused.

    A PDF is what begins as one, whatever was said of it.
    """
    pieces = _pieces(request)
    head = await _beginning(pieces)
    if not head:
        raise Declined("upload-empty", "Filen er tom.", status=422)
    media_type = PDF if head.startswith(PDF_MARK) else BINARY if media_type == PDF else media_type
    ref = await reception.vault.put(_whole(head, pieces), media_type)
    file = File(name=name, media_type=media_type, ref=ref)
    dossier = await seal(reception.vault, file)
    moment = now()
    row = store.UploadRow(new_id(), person.staff.staff_id, dossier.model_dump(), moment, moment + KEPT)
    async with reception.database.transaction() as tx:
        kept = await store.add_upload(tx, row, key)
    if kept.dossier != row.dossier:
        raise Declined("idempotency-key-reused", "Nøkkelen er brukt til en annen forespørsel.", status=422)
    return Upload(kept.upload_id, file, kept.expires_at)


async def claimed(reception: Reception, person: Person, upload_ids: Sequence[UUID]) -> tuple[File, ...]:
    """The files, in this order; `NotFound` unless this very person sent each of them within the last day.

    They are not used up: the same operation under the same key can be asked again.
    """
    async with reception.database.transaction() as tx:
        rows = await store.uploads_of(tx, person.staff.staff_id, upload_ids, now())
    if set(rows) != set(upload_ids):
        raise NotFound("upload")
    return tuple([await _file(reception, rows[upload_id]) for upload_id in upload_ids])


async def find(reception: Reception, person: Person, upload_id: UUID) -> Upload:
    """One upload of this person's own."""
    async with reception.database.transaction() as tx:
        rows = await store.uploads_of(tx, person.staff.staff_id, [upload_id], now())
    if upload_id not in rows:
        raise NotFound("upload")
    return Upload(upload_id, await _file(reception, rows[upload_id]), rows[upload_id].expires_at)


async def _file(reception: Reception, row: store.UploadRow) -> File:
    return await unseal(reception.vault, VaultRef.model_validate(row.dossier), File)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Who goes away, or says nothing for long, leaves nothing behind."""
    coming = aiter(request.stream())
    try:
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):
                yield await anext(coming)
    except StopAsyncIteration:
        return
    except (TimeoutError, ClientDisconnect) as gone:
        raise HTTPException(408) from gone


async def _beginning(pieces: AsyncIterator[bytes]) -> bytes:
    """Enough of a file to see whether it is a PDF, however small the pieces are that it comes in."""
    head = b""
    async for piece in pieces:
        head += piece
        if len(head) >= len(PDF_MARK):
            break
    return head


async def _whole(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for piece in rest:
        yield piece
