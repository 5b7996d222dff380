"""The archive core as the port wants it, over Fiks Arkiv v1: one message a record, found again by its key (M27)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from archiver.core import (
    ArchivedCaseFile,
    ArchivedDocument,
    ArchivedRecord,
    CaseFile,
    DocumentDescription,
    DocumentKind,
    DocumentObject,
    ManyHits,
    Observer,
    Receipt,
    RegistryEntry,
    require_key,
    unobserved,
)
from archiver.fiks import changes, reading, writing
from archiver.fiks.dialogues import Dialogues, declined
from archiver.fiks.names import PAYLOADS, Kind
from archiver.fiks.reading import Element
from archiver.noark.reading import has_files
from archiver.noark.upload import mismatch
from sikkersak.clock import local_date, now
from sikkersak.errors import Declined, Transient

PROBE_KEY = "case:00000000-0000-0000-0000-000000000000"
PROBE_SECONDS = 5.0
CANCELLED = "U"


class FiksArkivCore(Dialogues):
    """`ArchiveCore` for an archive that speaks Fiks Arkiv. Safe for many deliveries at a time, of different cases."""

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
        held = await self._held(entry.key, on_step)
        if held is not None:
            return Receipt(case_file=None, record=_whole(held, entry.documents), was_created=False)
        kept = await self._create(entry.case_file, entry, on_step)
        if not kept.has_record:
            raise declined(kept.record_fault or kept.case_fault, _texts(entry))
        held = await self._held(entry.key, on_step)
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
        held = await self._held(key, on_step)
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
        made = await self._held(key, on_step)
        if made is None:
            raise Transient("archive: the registry entry cannot be read back")
        return Receipt(case_file=None, record=_whole(made, documents), was_created=kept.was_created)

    async def close_case_file(self, key: str, remark: str, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        """Key: the case file's. The remark has no place in the message; it stands in our own case."""
        del remark
        found = await self._case(key, on_step)
        if found is None:
            raise Declined("archive-case-missing", "Saksmappen finnes ikke i arkivet.")
        return found if found.is_closed else await self._status(key, "A", on_step)

    async def reopen_case_file(self, key: str, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        """Key: the case file's."""
        found = await self._case(key, on_step)
        if found is None:
            raise Declined("archive-case-missing", "Saksmappen finnes ikke i arkivet.")
        return await self._status(key, "B", on_step) if found.is_closed else found

    async def _status(self, key: str, status: str, on_step: Observer) -> ArchivedCaseFile:
        await self._tell(Kind.UPDATE, writing.change_of_case(self._access, key, status=status), on_step, [])
        found = await self._case(key, on_step)
        if found is None or found.is_closed != (status == "A"):
            raise Transient("archive: the case file did not keep its status")
        return found

    async def correct_record(self, entry: RegistryEntry, *, on_step: Observer = unobserved) -> Receipt:
        """Key: `entry.key`. Which texts are screened has no place in the message; the restriction and its basis do."""
        root, held = await self._standing(entry.key, on_step)
        _refuse_cancelled(held)
        # all of it every time: a repetition sets what is set, and parties are compared with those that stand there
        xml = changes.correction(self._access, entry, reading.parties(root), was_screened=bool(held.restriction))
        await self._tell(Kind.UPDATE, xml, on_step, _texts(entry))
        for number, document in enumerate(entry.documents, start=1):
            there = next((one for one in held.documents if one.number == number), None)
            if there is not None and there.title not in {None, document.title}:
                is_main = document.kind is DocumentKind.MAIN
                xml = changes.title_of_document(self._access, document, is_main=is_main)
                await self._tell(Kind.UPDATE, xml, on_step, [document.title])
        return await self._read_back(entry.key, on_step)

    async def withdraw_record(self, key: str, *, on_step: Observer = unobserved) -> Receipt:
        """Key: the record's."""
        _, held = await self._standing(key, on_step)
        if held.status != CANCELLED:
            await self._tell(Kind.UPDATE, changes.withdrawal(self._access, key), on_step, [])
        return await self._read_back(key, on_step)

    async def add_variant(
        self, record_key: str, document: DocumentDescription, *, on_step: Observer = unobserved
    ) -> Receipt:
        """Keys: the record's, the document's."""
        _, held = await self._standing(record_key, on_step)
        _refuse_cancelled(held)
        given = document.objects[0]
        same = [one for there in held.documents for one in there.objects if one.variant == given.variant.value]
        if all(one.checksum != given.checksum for one in same):
            names = _names([given])
            xml = changes.variant(self._access, document, names[given.checksum])
            files = await self._contents([given], names)
            await self._tell(Kind.NEW_OBJECT, xml, on_step, [document.title], files)
        return await self._read_back(record_key, on_step)

    async def _standing(self, key: str, on_step: Observer) -> tuple[Element, ArchivedRecord]:
        require_key(key, "record")
        root = await self._record(key, on_step)
        held = reading.record(root, key) if root is not None else None
        if root is None or held is None:
            raise Declined("archive-record-missing", "Journalposten finnes ikke i arkivet ennå.")
        return root, held

    async def _read_back(self, key: str, on_step: Observer) -> Receipt:
        _, held = await self._standing(key, on_step)
        return Receipt(case_file=None, record=held, was_created=False)

    async def find_record(self, key: str, *, on_step: Observer = unobserved) -> ArchivedRecord | None:
        """Sok by our key, so that more than one is seen, then registrering.hent."""
        require_key(key, "record")
        files = {PAYLOADS[Kind.SEARCH]: writing.search(self._access, key)}
        root = self._found(await self._ask(Kind.SEARCH, files, on_step), Kind.SEARCH)
        count = reading.hits(root) if root is not None else 0
        if count > 1:
            raise ManyHits
        return await self._held(key, on_step) if count else None

    async def unfinished_records(self, *, on_step: Observer = unobserved) -> tuple[str, ...]:
        """None: a record comes in one message, whole or not at all."""
        del on_step
        return ()

    async def probe(self) -> None:
        """Asks for a case file that nobody has: «not found» is the sound of an archive that works."""
        files = {PAYLOADS[Kind.GET_CASE]: writing.question(self._access, PROBE_KEY)}
        answer = await self._ask(Kind.GET_CASE, files, unobserved, within=PROBE_SECONDS)
        self._found(answer, Kind.GET_CASE)

    async def _create(self, case_file: CaseFile, entry: RegistryEntry | None, on_step: Observer) -> reading.Kept:
        documents = entry.documents if entry else ()
        names = _names([one for document in documents for one in document.objects])
        xml = writing.message(self._access, case_file, entry, names)
        return await self._send(xml, documents, names, on_step, _texts(entry) if entry else [case_file.title])


def _whole(held: ArchivedRecord, wanted: tuple[DocumentDescription, ...]) -> ArchivedRecord:
    """The record, when every document stands there once, byte for byte. Results carry no keys of documents: numbers tell."""
    _refuse_cancelled(held)
    found: list[ArchivedDocument] = []
    for number, document in enumerate(wanted, start=1):
        hits = [one for one in held.documents if one.number == number]
        if len(hits) != 1 or not has_files(hits[0], document):
            raise mismatch()
        found.append(replace(hits[0], key=document.key))
    others = [one for one in held.documents if one.number not in range(1, len(wanted) + 1)]
    return replace(held, documents=(*found, *others))


def _refuse_cancelled(held: ArchivedRecord) -> None:
    if held.status == CANCELLED:
        raise Declined("archive-record-cancelled", "Journalposten er satt til «Utgår» i arkivet.")


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
