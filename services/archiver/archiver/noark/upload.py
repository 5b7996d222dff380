"""A file to its document object, in a stream: in one request up to the core's limit, in parts above it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import httpx

from archiver.core import DocumentObject, OutcomeUnknown
from archiver.noark.conversation import Conversation, resource
from archiver.noark.links import Resource
from archiver.noark.reading import has_arrived
from archiver.noark.session import Call
from sikkersak.errors import Declined, Transient

LARGEST_PART = 4 * 1024 * 1024


class WrongLengthError(Exception):
    """A file is longer or shorter than was said: a bug on our side, which no repetition mends."""


class Measured:
    """Bytes on their way, and the checksum of what went by last."""

    def __init__(self, given: DocumentObject) -> None:
        self._given = given
        self._digest = hashlib.sha256()

    async def stream(self) -> AsyncIterator[bytes]:
        """The content from its start.

        :raises WrongLengthError: before the core could take it for a whole file.
        """
        self._digest, left = hashlib.sha256(), self._given.size
        async for piece in self._given.open():
            self._digest.update(piece)
            left -= len(piece)
            if left < 0:
                break
            yield piece
        if left:
            raise WrongLengthError(f"{abs(left)} bytes too {'many' if left < 0 else 'few'}")

    @property
    def is_as_announced(self) -> bool:
        """Whether the checksum that we were given is right."""
        return self._digest.hexdigest() == self._given.checksum


async def upload(talk: Conversation, target: Resource, given: DocumentObject, bulk_limit: int) -> Resource:
    """Sends the file, and compares the checksum the core answers with ours.

    :raises Declined: `archive-checksum-mismatch`, or what the core has against the file. The object is then removed.
    """
    content = Measured(given)
    try:
        if bulk_limit and given.size > bulk_limit:
            stored = await in_parts(talk, target, given, content, min(bulk_limit, LARGEST_PART))
        else:
            stored = await at_once(talk, target, given, content)
    except Declined as refused:
        standing = await arrived_before(talk, target, given, refused)
        if standing is not None:
            return standing
        await talk.remove("remove-object", target)
        raise translated(refused, content) from refused
    if stored.body.get("sjekksum") != given.checksum:
        await talk.remove("remove-object", stored)
        raise mismatch()
    return stored


async def arrived_before(
    talk: Conversation, target: Resource, given: DocumentObject, refused: Declined
) -> Resource | None:
    """The object when the core refuses the file because it has that very file already: a request that was repeated."""
    if refused.code not in {"archive-forbidden", "archive-conflict"}:
        return None
    standing = await talk.get("read-object", target.href("self"))
    is_there = has_arrived(standing) and standing.body.get("sjekksum") == given.checksum
    return standing if is_there else None


def mismatch() -> Declined:
    """The archive does not have what was sent."""
    text = "Filen i arkivet har en annen sjekksum enn filen som ble sendt. Den er ikke regnet som arkivert."
    return Declined("archive-checksum-mismatch", text)


def translated(refused: Declined, content: Measured) -> Exception:
    """A refusal told from trouble: failing storage passes, a wrong checksum is our own."""
    if refused.code == "archive-storage":
        return Transient("archive: storage failed at upload")
    if refused.code == "archive-rejected" and not content.is_as_announced:
        return mismatch()
    return refused


async def at_once(talk: Conversation, target: Resource, given: DocumentObject, content: Measured) -> Resource:
    """The whole file in one request."""
    headers = {"Content-Type": given.media_type, "Content-Length": str(given.size)}
    sent = {"filnavn": given.filename}
    call = Call("upload", "POST", target.href("arkivstruktur/fil/"), headers, content.stream, sent)
    return resource(await talk.session.send(call, talk.on_step), call.step)


async def in_parts(
    talk: Conversation, target: Resource, given: DocumentObject, content: Measured, size: int
) -> Resource:
    """The file in parts. After a break the next attempt begins anew: the core drops what was not finished."""
    announce = {"X-Upload-Content-Type": given.media_type, "X-Upload-Content-Length": str(given.size)}
    start = Call("upload-start", "POST", target.href("arkivstruktur/fil/"), {"Content-Length": "0", **announce})
    answer = await talk.session.send(start, talk.on_step)
    first = 0
    async for part in parts(content.stream(), size):
        session = answer.headers.get("Location")
        if session is None:
            break
        span = f"{first}-{first + len(part) - 1}/{given.size}"
        headers = {"Content-Range": span, "Content-Type": given.media_type}
        answer = await talk.session.send(Call("upload-part", "PUT", session, headers, part), talk.on_step)
        first += len(part)
    if answer.status_code != httpx.codes.CREATED:
        raise OutcomeUnknown("upload-part", "archive: upload did not end")
    return resource(answer, "upload-part")


async def parts(stream: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The stream in pieces of exactly `size`, but for the last."""
    held = bytearray()
    async for piece in stream:
        held += piece
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)
