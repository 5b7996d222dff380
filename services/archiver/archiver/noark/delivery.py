"""A registry entry into the archive, in steps that each look before they make (M27).

The interface has no transactions: a lost answer or a crash leaves a half-made record. Everything is therefore found
again by its key or by what it is, and statuses, which promise that the rest is there, are raised last.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from archiver.core import (
    ArchivedCaseFile,
    ArchivedDocument,
    ArchivedRecord,
    CaseFile,
    DocumentDescription,
    DocumentObject,
    Receipt,
    RegistryEntry,
)
from archiver.noark import payloads, surplus
from archiver.noark.conversation import Conversation
from archiver.noark.entrance import Entrance
from archiver.noark.links import Resource
from archiver.noark.reading import (
    FINAL,
    archived_case,
    archived_document,
    archived_record,
    documents_of,
    has_arrived,
    has_files,
    is_whole,
    objects_of,
    read_record,
)
from archiver.noark.upload import mismatch, upload
from sikkersak.errors import Declined, Transient


@dataclass(frozen=True)
class Delivery:
    """One delivery's way through the archive."""

    talk: Conversation
    entrance: Entrance

    async def case_file(self, wanted: CaseFile) -> tuple[Resource, ArchivedCaseFile]:
        """The case file: found, or made. One that is found is not changed."""
        found = await self._find_case(wanted.key)
        if found is not None:
            return found, archived_case(found, wanted.key, was_created=False)
        body = payloads.case_file(wanted, self.talk.session.access)
        made = await self.talk.make("create-case-file", self.entrance.new_case_file, body)
        return await self._find_case(wanted.key) or made, archived_case(made, wanted.key, was_created=True)

    async def _find_case(self, key: str) -> Resource | None:
        hits = await self.talk.hits("find-case-file", self.entrance.case_files, key)
        return await surplus.one_case_file(self.talk, hits)

    async def find_record(self, key: str) -> Resource | None:
        """The registry entry with our key."""
        hits = await self.talk.hits("find-record", self.entrance.records, key)
        return await surplus.one_record(self.talk, hits)

    async def entry(self, wanted: RegistryEntry) -> Receipt:
        """The registry entry: whole already, finished now, or made now."""
        folder, case = await self.case_file(wanted.case_file)
        record = await self.find_record(wanted.key)
        was_created = record is None
        if record is None:
            record = await self._make_record(wanted, folder, case)
        else:
            refuse_cancelled(record)
            held = await read_record(self.talk, record, wanted.key)
            if is_whole(held, wanted.documents):
                return Receipt(case_file=case, record=held, was_created=False)
        await self._parties(record, wanted, is_new=was_created)
        ours = await self._documents(record, wanted.documents, is_new=was_created)
        await surplus.one_of_each_party(self.talk, record, wanted)
        documents = await self._settle_documents(record, ours, wanted.documents)
        await self._raise(record, wanted)
        held = await self._read_back(wanted.key, documents)
        return Receipt(case_file=case, record=held, was_created=was_created)

    async def more(self, key: str, documents: tuple[DocumentDescription, ...]) -> Receipt:
        """More documents to an entry that stands already."""
        record = await self.find_record(key)
        if record is None:
            raise Declined("archive-record-missing", "Journalposten finnes ikke i arkivet ennå.")
        refuse_cancelled(record)
        held = await read_record(self.talk, record, key)
        if is_whole(held, documents):
            return Receipt(case_file=None, record=held, was_created=False)
        if not held.is_final:
            raise Transient("archive: the registry entry is not finished yet")
        if held.status == "A":
            text = "Journalposten er arkivert og tar ikke imot flere dokumenter. Bruk en ny journalpost."
            raise Declined("archive-record-sealed", text)
        ours = await self._documents(record, documents, is_new=False)
        standing = await self._settle_documents(record, ours, documents)
        return Receipt(case_file=None, record=await self._read_back(key, standing), was_created=False)

    async def _make_record(self, wanted: RegistryEntry, folder: Resource, case: ArchivedCaseFile) -> Resource:
        if case.is_closed:
            text = "Saksmappen er avsluttet i arkivet. Den må åpnes igjen før dokumentet kan arkiveres."
            raise Declined("archive-case-closed", text)
        body = payloads.record(wanted, self.talk.session.access)
        return await self.talk.make("create-record", folder.href("sakarkiv/ny-journalpost/"), body)

    async def _parties(self, record: Resource, wanted: RegistryEntry, *, is_new: bool) -> None:
        held: Counter[payloads.PartyIdentity] = Counter()
        if wanted.parties and not is_new:
            listed = await self.talk.every("read-parties", record.href("arkivstruktur/korrespondansepart/"))
            held.update(map(payloads.held_identity, listed))
        for party in wanted.parties:
            identity = payloads.wanted_identity(party)
            if held[identity]:
                held[identity] -= 1
            else:
                await self.talk.make("create-party", record.href(payloads.party_rel(party)), payloads.party(party))

    async def _documents(
        self, record: Resource, wanted: tuple[DocumentDescription, ...], *, is_new: bool
    ) -> dict[str, Resource]:
        """Makes what is missing, files included; returns ours by key. They are finished when all of them stand."""
        held = [] if is_new else await documents_of(self.talk, record)
        count = len(held)
        ours: dict[str, Resource] = {}
        for document in wanted:
            found = next((one for one in held if self.talk.key_of(one) == document.key), None)
            was_found = found is not None
            if found is None:
                count += 1
                found = await self._make_document(record, document, count)
            await self._objects(found, document, is_new=not was_found)
            ours[document.key] = found
        return ours

    async def _make_document(self, record: Resource, document: DocumentDescription, number: int) -> Resource:
        body = payloads.document(document, number, self.talk.session.access)
        try:
            return await self.talk.make("create-document", record.href("arkivstruktur/ny-dokumentbeskrivelse/"), body)
        except Declined:  # refused, it may be, because a repeated request has made it already
            standing = [one for one in await documents_of(self.talk, record) if self.talk.key_of(one) == document.key]
            if len(standing) != 1:
                raise
            return standing[0]

    async def _settle_documents(
        self, record: Resource, ours: dict[str, Resource], wanted: tuple[DocumentDescription, ...]
    ) -> tuple[ArchivedDocument, ...]:
        """Reads back every file with its checksum, then finishes the documents: after that nothing changes any more."""
        listed, files = await surplus.one_of_each_document(self.talk, record, ours, wanted)
        standing = [archived_document(self.talk, one, files[one.id]) for one in listed]
        for document in wanted:
            hits = [one for one in standing if one.key == document.key]
            if len(hits) != 1 or not has_files(hits[0], document):
                raise mismatch()
        for one in ours.values():
            await self._finish(one)
        return tuple(replace(one, is_finished=one.is_finished or one.key in ours) for one in standing)

    async def _objects(self, document: Resource, wanted: DocumentDescription, *, is_new: bool) -> None:
        held = [] if is_new else await objects_of(self.talk, document)
        right = {(one.variant.value, one.checksum) for one in wanted.objects}
        variants = {one.variant.value for one in wanted.objects}
        for found in [one for one in held if one.code("variantformat") in variants and identity(one) not in right]:
            await self._remove_stale(document, found)
        for given in wanted.objects:
            same = [one for one in held if identity(one) == (given.variant.value, given.checksum)]
            if not any(has_arrived(one) for one in same):
                await self.bring(document, given, same[0] if same else None)

    async def _remove_stale(self, document: Resource, found: Resource) -> None:
        """An earlier attempt brought other bytes. A finished document cannot change any more."""
        if document.code("dokumentstatus") == "F":
            raise mismatch()
        await self.talk.remove("remove-object", found)

    async def bring(self, document: Resource, given: DocumentObject, target: Resource | None) -> None:
        """One file, into the object that is there for it or a new one."""
        if target is None:
            body = payloads.document_object(given, self.talk.session.access.codes)
            target = await self.talk.make("create-object", document.href("arkivstruktur/ny-dokumentobjekt/"), body)
        await upload(self.talk, target, given, self.entrance.bulk_limit)

    async def _finish(self, document: Resource) -> None:
        if document.code("dokumentstatus") != "F":
            status = {"dokumentstatus": payloads.FINISHED}
            await self.talk.change(
                "finish-document", document, lambda now: None if now.code("dokumentstatus") == "F" else status
            )

    async def _raise(self, record: Resource, wanted: RegistryEntry) -> None:
        if record.code("journalstatus") not in FINAL:
            status = {"journalstatus": {"kode": self.talk.session.access.codes.final_status[wanted.type]}}
            await self.talk.change(
                "raise-record", record, lambda now: None if now.code("journalstatus") in FINAL else status
            )

    async def _read_back(self, key: str, documents: tuple[ArchivedDocument, ...]) -> ArchivedRecord:
        """By the key, not by the link, so that a second record under the same key is seen."""
        record = await self.find_record(key)
        if record is None:
            raise Transient("archive: the registry entry cannot be read back")
        held = archived_record(record, key, documents)
        if not held.is_final:
            raise Transient("archive: the registry entry did not keep its status")
        return held


def identity(found: Resource) -> tuple[str | None, object]:
    """What tells the files of one document apart."""
    return found.code("variantformat"), found.body.get("sjekksum")


def refuse_cancelled(record: Resource) -> None:
    """An archivist has set the record to Utgår: it is not ours to fill."""
    if record.code("journalstatus") == "U":
        raise Declined("archive-record-cancelled", "Journalposten er satt til «Utgår» i arkivet.")
