"""The archive core as the port wants it, over Fiks Arkiv v1: one message a record, found again by its key (M27)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid4, uuid5

from archiver.core import (
    ArchivedCaseFile,
    ArchivedDocument,
    ArchivedRecord,
    CaseFile,
    DocumentDescription,
    DocumentObject,
    Observer,
    OutcomeUnknown,
    Receipt,
    RegistryEntry,
    Step,
    require_key,
    unobserved,
)
from archiver.fiks import reading, writing
from archiver.fiks.access import FiksAccess
from archiver.fiks.names import INVALID, NOT_FOUND, PAYLOADS, SERVER_FAULT, STEPS, UNDELIVERED, Kind
from archiver.fiks.reading import Element, Fault
from archiver.fiks.transport import Answer, NoAnswer, NotSent, Transport
from archiver.noark.reading import has_files
from archiver.noark.refusals import redacted
from archiver.noark.upload import mismatch
from sikkersak.clock import local_date, now
from sikkersak.errors import Declined, Transient

INCLUDED = ("dokumentbeskrivelse", "dokumentobjekt", "korrespondansepart")
QUESTIONS = frozenset({Kind.GET_RECORD, Kind.GET_CASE, Kind.SEARCH})
PROBE_KEY = "case:00000000-0000-0000-0000-000000000000"
PROBE_SECONDS = 5.0


class FiksArkivCore:
    """`ArchiveCore` for an archive that speaks Fiks Arkiv. Safe for many deliveries at a time, of different cases."""

    def __init__(self, access: FiksAccess, transport: Transport) -> None:
        self._access = access
        self._transport = transport

    @property
    def adds_documents(self) -> bool:
        """A standing entry takes no more: what comes later is an entry of its own."""
        return False

    async def record_keys(
        self, since: datetime, until: datetime, *, on_step: Observer = unobserved
    ) -> tuple[str, ...] | None:
        """Fiks Arkiv's search is not meant for listing an archive."""
        del since, until, on_step
        return None

    async def ensure_case_file(self, case_file: CaseFile, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        """Key: `case_file.key`; one that exists is matched by the archive, never changed."""
        kept = await self._create(case_file, None, on_step)
        if kept.case_file is None:
            raise declined(kept.case_fault, [case_file.title])
        return kept.case_file

    async def ensure_registry_entry(self, entry: RegistryEntry, *, on_step: Observer = unobserved) -> Receipt:
        """Key: `entry.key`. Asked for before it is sent, and read back with its checksums afterwards."""
        held = await self.find_record(entry.key, on_step=on_step)
        if held is not None:
            return Receipt(case_file=None, record=_whole(held, entry.documents), was_created=False)
        kept = await self._create(entry.case_file, entry, on_step)
        if not kept.has_record:
            raise declined(kept.record_fault or kept.case_fault, _texts(entry))
        held = await self.find_record(entry.key, on_step=on_step)
        if held is None:
            raise Transient("archive: the registry entry cannot be read back")
        record = _whole(held, entry.documents)
        return Receipt(case_file=kept.case_file, record=record, was_created=kept.was_created)

    async def add_documents(
        self, record_key: str, documents: tuple[DocumentDescription, ...], *, on_step: Observer = unobserved
    ) -> Receipt:
        """Keys: those of the documents. They become an entry of their own: a standing one takes no more (3.2.17)."""
        require_key(record_key, "record")
        key = f"record:{uuid5(NAMESPACE_OID, ' '.join((record_key, *sorted(one.key for one in documents))))}"
        held = await self.find_record(key, on_step=on_step)
        if held is not None:
            return Receipt(case_file=None, record=_whole(held, documents), was_created=False)
        root = await self._record(record_key, on_step)
        folder = reading.parent_of(root) if root is not None else None
        if folder is None:
            raise Declined("archive-record-missing", "Journalposten finnes ikke i arkivet ennå.")
        names = _names([one for document in documents for one in document.objects])
        xml = writing.addition(self._access, folder, key, documents, local_date(now()), names)
        kept = await self._send(xml, documents, names, on_step, [document.title for document in documents])
        if not kept.has_record:
            raise declined(kept.record_fault, [document.title for document in documents])
        made = await self.find_record(key, on_step=on_step)
        if made is None:
            raise Transient("archive: the registry entry cannot be read back")
        return Receipt(case_file=None, record=_whole(made, documents), was_created=kept.was_created)

    async def close_case_file(self, key: str, remark: str, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        """Key: the case file's. The remark has no place in the message; it stands in our own case."""
        del remark
        found = await self._case(key, on_step)
        if found is None:
            raise Declined("archive-case-missing", "Saksmappen finnes ikke i arkivet.")
        if not found.is_closed:
            files = {PAYLOADS[Kind.UPDATE]: writing.closing(self._access, key)}
            _refuse(await self._ask(Kind.UPDATE, files, on_step), Kind.UPDATE, [])
            found = await self._case(key, on_step)
        if found is None or not found.is_closed:
            raise Transient("archive: the case file did not keep its status")
        return found

    async def find_record(self, key: str, *, on_step: Observer = unobserved) -> ArchivedRecord | None:
        """registrering.hent by our key."""
        require_key(key, "record")
        root = await self._record(key, on_step)
        return None if root is None else reading.record(root, key)

    async def unfinished_records(self, *, on_step: Observer = unobserved) -> tuple[str, ...]:
        """None: a record comes in one message, whole or not at all."""
        del on_step
        return ()

    async def probe(self) -> None:
        """Asks for a case file that nobody has: «not found» is the sound of an archive that works."""
        files = {PAYLOADS[Kind.GET_CASE]: writing.question(self._access, PROBE_KEY)}
        answer = await self._ask(Kind.GET_CASE, files, unobserved, within=PROBE_SECONDS)
        self._found(answer, Kind.GET_CASE)

    async def close(self) -> None:
        """Gives back connections."""
        await self._transport.close()

    # --- the dialogues

    async def _create(self, case_file: CaseFile, entry: RegistryEntry | None, on_step: Observer) -> reading.Kept:
        documents = entry.documents if entry else ()
        names = _names([one for document in documents for one in document.objects])
        xml = writing.message(self._access, case_file, entry, names)
        return await self._send(xml, documents, names, on_step, _texts(entry) if entry else [case_file.title])

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
        _refuse(answer, Kind.CREATE, sent)
        return reading.receipt(reading.understood(answer.payload, STEPS[Kind.CREATE]))

    async def _record(self, key: str, on_step: Observer) -> Element | None:
        files = {PAYLOADS[Kind.GET_RECORD]: writing.question(self._access, key, INCLUDED)}
        return self._found(await self._ask(Kind.GET_RECORD, files, on_step), Kind.GET_RECORD)

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
        _refuse(answer, kind, [])
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


def _refuse(answer: Answer, kind: Kind, sent: Sequence[str]) -> None:
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


def _whole(held: ArchivedRecord, wanted: tuple[DocumentDescription, ...]) -> ArchivedRecord:
    """The record, when every document stands there once, byte for byte. Results carry no keys of documents: numbers tell."""
    if held.status == "U":
        raise Declined("archive-record-cancelled", "Journalposten er satt til «Utgår» i arkivet.")
    found: list[ArchivedDocument] = []
    for number, document in enumerate(wanted, start=1):
        hits = [one for one in held.documents if one.number == number]
        if len(hits) != 1 or not has_files(hits[0], document):
            raise mismatch()
        found.append(replace(hits[0], key=document.key))
    others = [one for one in held.documents if one.number not in range(1, len(wanted) + 1)]
    return replace(held, documents=(*found, *others))


def _texts(entry: RegistryEntry) -> list[str]:
    """What may not come back in an error text."""
    names = [party.name for party in entry.parties]
    titles = [document.title for document in entry.documents]
    return [entry.title, entry.case_file.title, entry.case_file.responsible, *names, *titles]


def _names(objects: Sequence[DocumentObject]) -> dict[str, str]:
    """The entry of each file in the container, by checksum."""
    return {one.checksum: f"d{number}{_ending(one)}" for number, one in enumerate(objects, start=1)}


def _ending(one: DocumentObject) -> str:
    """The ending of a file's name; the name itself stays inside the message, where it is hidden."""
    ending = one.filename.rpartition(".")[2].lower()
    return f".{ending}" if ending.isascii() and ending.isalnum() and len(ending) <= 5 else ""
