"""Downloads, streamed from the vault: ranges, safe names, nothing that a browser would run."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.problems import documented, json_answer, make
from sikkersak.contracts.values import File
from sikkersak.errors import Declined
from sikkersak.vault import Vault

BINARY: Final = "application/octet-stream"
LONGEST_NAME: Final = 150
SHOWN: Final = frozenset({"application/pdf", "image/png", "image/jpeg"})
# No scripts, no forms, an origin of its own: what is in the file reaches neither session nor page. Only we may frame it.
PREVIEW_POLICY: Final = (
    "sandbox; default-src 'none'; img-src 'self'; object-src 'self'; style-src 'none'; frame-ancestors 'self'"
)
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII)
_RUNNABLE: Final = re.compile(r"html|xml|svg|script|^multipart/|^message/")
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f"\\/:*?<>|\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]')
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)

CONTENT: Final = {"*/*": {"schema": {"type": "string", "format": "binary"}}}  # whatever type the file is of
PREVIEW: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: {"description": "The file, inline, in a sandbox", "content": CONTENT},
        206: {"description": "The part that `Range` asked for", "content": CONTENT},
        **documented(404, 415, 416),
    },
}
DOWNLOAD: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: {"description": "The file", "content": CONTENT},
        206: {"description": "The part that `Range` asked for", "content": CONTENT},
        **documented(404, 409, 416),
    },
}


@dataclass(frozen=True)
class Part:
    """The bytes from `start` up to, not including, `end`."""

    start: int
    end: int


class OutsideTheFile(ValueError):
    """The range begins after the file's end."""


async def preview_answer(request: Request, vault: Vault, file: File) -> Response:
    """The file to be looked at in a frame of our own: only what a browser shows without running it, and in a sandbox."""
    if safe_media_type(file.media_type) not in SHOWN:
        raise Declined("no-preview", "Filen kan ikke vises her. Last den ned.", status=415)
    answer = await file_answer(request, vault, file)
    if answer.status_code < 400:
        answer.headers["Content-Disposition"] = disposition(file.name).replace("attachment;", "inline;", 1)
        answer.headers["Content-Security-Policy"] = PREVIEW_POLICY
    return answer


async def file_answer(request: Request, vault: Vault, file: File) -> Response:
    """The file, or the part of it that was asked for. The first piece is verified before anything is said."""
    tag = f'"{file.ref.sha256}"'
    try:
        part = wanted_part(request.headers.get("Range"), file.ref.size)
    except OutsideTheFile:
        problem = make(416, "range-outside-file", "Filen er kortere enn det du ba om.")
        return json_answer(problem, {"Content-Range": f"bytes */{file.ref.size}"})
    if request.headers.get("If-Range", tag) != tag:
        part = None
    headers = {
        "Content-Disposition": disposition(file.name),
        "Content-Type": safe_media_type(file.media_type),
        "Accept-Ranges": "bytes",
        "ETag": tag,
    }
    if part is None:
        headers["Content-Length"] = str(file.ref.size)
        return StreamingResponse(await _begun(vault.read(file.ref)), 200, headers)
    headers["Content-Length"] = str(part.end - part.start)
    headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{file.ref.size}"
    return StreamingResponse(await _begun(vault.read_range(file.ref, part.start, part.end)), 206, headers)


def wanted_part(header: str | None, size: int) -> Part | None:
    """The one range asked for (RFC 9110 §14.2); None for the whole, also when the header is none we understand."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        if int(last) == 0 or size == 0:
            raise OutsideTheFile
        return Part(max(0, size - int(last)), size)
    if int(first) >= size:
        raise OutsideTheFile
    if last and int(last) < int(first):
        return None
    return Part(int(first), min(int(last) + 1, size) if last else size)


def disposition(name: str) -> str:
    """Always an attachment, under a name that can neither leave its folder nor the header (RFC 6266, RFC 8187)."""
    safe = _UNSAFE.sub("_", name).strip(" .")[-LONGEST_NAME:].strip(" .") or "dokument"
    plain = safe.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def safe_media_type(media_type: str) -> str:
    """The type that was found, unless a browser might run such content or the text is no media type."""
    found = media_type.split(";", 1)[0].strip().lower()
    return found if _MEDIA_TYPE.fullmatch(found) and not _RUNNABLE.search(found) else BINARY


async def _begun(pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """The pieces again, once the first is there: what is missing, damaged or away is said with a status of its own."""
    first = await anext(pieces, b"")

    async def all_pieces() -> AsyncIterator[bytes]:
        async with contextlib.aclosing(pieces):
            yield first
            async for piece in pieces:
                yield piece

    return all_pieces()
