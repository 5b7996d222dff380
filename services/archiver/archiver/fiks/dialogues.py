"""One dialogue at a time with an archive that speaks Fiks Arkiv: a message out, the answer that ends it, told to the log."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import NAMESPACE_OID, uuid4, uuid5

from archiver.core import (
    ArchivedCaseFile,
    ArchivedRecord,
    DocumentDescription,
    DocumentObject,
    Observer,
    OutcomeUnknown,
    Step,
    require_key,
)
from archiver.fiks import reading, writing
from archiver.fiks.access import FiksAccess
from archiver.fiks.names import INVALID, NOT_FOUND, PAYLOADS, SERVER_FAULT, STEPS, UNDELIVERED, Kind
from archiver.fiks.reading import Element, Fault
from archiver.fiks.transport import Answer, NoAnswer, NotSent, Transport
from archiver.noark.refusals import redacted
from archiver.noark.upload import mismatch
from sikkersak.errors import Declined, Transient

INCLUDED = ("dokumentbeskrivelse", "dokumentobjekt", "korrespondansepart")
QUESTIONS = frozenset({Kind.GET_RECORD, Kind.GET_CASE, Kind.SEARCH})


class Dialogues:
    """What the adapter's operations are made of."""

    def __init__(self, access: FiksAccess, transport: Transport) -> None:
        self._access = access
        self._transport = transport

    async def close(self) -> None:
        """Gives back connections."""
        await self._transport.close()

    async def _send(
        self,
        xml: bytes,
        documents: tuple[DocumentDescription, ...],
        names: dict[str, str],
        on_step: Observer,
        sent: Sequence[str],
    ) -> reading.Kept:
        """The same content has the same id however often it is sent; mended content has another."""
        objects = [one for document in documents for one in document.objects]
        files = {PAYLOADS[Kind.CREATE]: xml, **await self._contents(objects, names)}
        client_id = str(uuid5(NAMESPACE_OID, hashlib.sha256(xml).hexdigest()))
        answer = await self._ask(Kind.CREATE, files, on_step, client_id=client_id)
        refuse(answer, Kind.CREATE, sent)
        return reading.receipt(reading.understood(answer.payload, STEPS[Kind.CREATE]))

    async def _tell(
        self, kind: Kind, xml: bytes, on_step: Observer, sent: Sequence[str], files: dict[str, bytes] | None = None
    ) -> None:
        """A change whose receipt says nothing more: its coming is the answer."""
        answer = await self._ask(kind, {PAYLOADS[kind]: xml, **(files or {})}, on_step)
        refuse(answer, kind, sent)

    async def _record(self, key: str, on_step: Observer) -> Element | None:
        files = {PAYLOADS[Kind.GET_RECORD]: writing.question(self._access, key, INCLUDED)}
        return self._found(await self._ask(Kind.GET_RECORD, files, on_step), Kind.GET_RECORD)

    async def _held(self, key: str, on_step: Observer) -> ArchivedRecord | None:
        require_key(key, "record")
        root = await self._record(key, on_step)
        return None if root is None else reading.record(root, key)

    async def _contents(self, objects: Sequence[DocumentObject], names: dict[str, str]) -> dict[str, bytes]:
        if sum(one.size for one in objects) > self._access.largest_bytes:
            raise Declined("archive-too-large", "Dokumentet er større enn arkivet tar imot i én melding.")
        contents: dict[str, bytes] = {}
        for one in objects:
            content = b"".join([piece async for piece in one.open()])
            if hashlib.sha256(content).hexdigest() != one.checksum:
                raise mismatch()
            contents[names[one.checksum]] = content
        return contents

    async def _case(self, key: str, on_step: Observer) -> ArchivedCaseFile | None:
        require_key(key, "case")
        files = {PAYLOADS[Kind.GET_CASE]: writing.question(self._access, key)}
        root = self._found(await self._ask(Kind.GET_CASE, files, on_step), Kind.GET_CASE)
        return None if root is None else reading.case_file(root)

    def _found(self, answer: Answer, kind: Kind) -> Element | None:
        if answer.kind == NOT_FOUND:
            return None
        refuse(answer, kind, [])
        return reading.understood(answer.payload, STEPS[kind])

    async def _ask(
        self,
        kind: Kind,
        files: dict[str, bytes],
        on_step: Observer,
        *,
        client_id: str | None = None,
        within: float | None = None,
    ) -> Answer:
        """One dialogue, told to the observer; a change without an answer has an unknown outcome."""
        begun, step = time.perf_counter(), STEPS[kind]
        limit = within or self._access.answer_seconds
        try:
            answer = await self._transport.ask(kind, files, client_message_id=client_id or str(uuid4()), within=limit)
        except NotSent:
            on_step(Step(step, None, "unreachable", time.perf_counter() - begun))
            raise
        except NoAnswer as lost:
            on_step(Step(step, None, "no-answer", time.perf_counter() - begun))
            if kind in QUESTIONS:
                raise
            wait = timedelta(seconds=self._access.settle_seconds)
            raise OutcomeUnknown(step, f"archive: no answer at {step}", retry_after=wait) from lost
        is_good = answer.kind not in {INVALID, SERVER_FAULT, *UNDELIVERED}
        on_step(Step(step, None, "ok" if is_good else "refused", time.perf_counter() - begun))
        return answer


def refuse(answer: Answer, kind: Kind, sent: Sequence[str]) -> None:
    """Returns for an answer that is good (R5)."""
    step = STEPS[kind]
    if answer.kind in UNDELIVERED:
        raise OutcomeUnknown(step, f"archive: not delivered at {step}")
    if answer.kind == SERVER_FAULT:
        raise Transient(f"archive: server fault at {step}")
    if answer.kind in {INVALID, NOT_FOUND}:
        raise declined(reading.fault(reading.understood(answer.payload, step)), sent)


def declined(fault: Fault | None, sent: Sequence[str]) -> Declined:
    """The archive says no, in its own words without anything we sent; its id is what its support asks for."""
    if fault is None:
        return Declined("archive-rejected", "Arkivet avviste innholdet uten å si hvorfor.")
    number = f" (feil {fault.id})" if fault.id else ""
    return Declined("archive-rejected", f"Arkivet avviste innholdet{number}: {redacted(fault.text, list(sent))}")
