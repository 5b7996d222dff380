"""What stands in the archive, in the archive's English words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from archiver.core import (
    ArchivedCaseFile,
    ArchivedDocument,
    ArchivedObject,
    ArchivedRecord,
    DocumentDescription,
)
from archiver.noark.conversation import Conversation
from archiver.noark.links import Resource

FINAL = frozenset("JEA")
CLOSED = frozenset("AU")


def archived_case(found: Resource, key: str, *, was_created: bool) -> ArchivedCaseFile:
    """A case file."""
    return ArchivedCaseFile(
        key=key,
        archive_id=found.id,
        number=str(found.body.get("mappeID", "")),
        is_closed=found.code("saksstatus") in CLOSED,
        was_created=was_created,
    )


def archived_object(found: Resource) -> ArchivedObject:
    """A document object; its checksum counts only when its file is there."""
    has_file = has_arrived(found)
    return ArchivedObject(
        archive_id=found.id,
        variant=found.code("variantformat") or "",
        format=found.code("format"),
        checksum=found.body.get("sjekksum") if has_file else None,
        size=found.body.get("filstoerrelse") if has_file else None,
    )


def has_arrived(found: Resource) -> bool:
    """Whether the file has been stored: only then the core gives this field."""
    return bool(found.body.get("referanseDokumentfil"))


def archived_document(talk: Conversation, found: Resource, objects: list[Resource]) -> ArchivedDocument:
    """A document description with its files."""
    return ArchivedDocument(
        key=talk.key_of(found),
        archive_id=found.id,
        number=found.body.get("dokumentnummer"),
        is_finished=found.code("dokumentstatus") == "F",
        objects=tuple(map(archived_object, objects)),
    )


def archived_record(found: Resource, key: str, documents: tuple[ArchivedDocument, ...]) -> ArchivedRecord:
    """A registry entry with the documents that were read of it."""
    status = found.code("journalstatus") or ""
    return ArchivedRecord(
        key=key,
        archive_id=found.id,
        number=str(found.body.get("registreringsID", "")),
        journal_year=_number(found, "journalaar"),
        journal_sequence=_number(found, "journalsekvensnummer"),
        journal_entry=_number(found, "journalpostnummer"),
        status=status,
        is_final=status in FINAL,
        documents=documents,
        title=found.body.get("tittel"),
        public_title=found.body.get("offentligTittel") or "",
        restriction=restriction_of(found),
    )


def _number(found: Resource, name: str) -> int | None:
    """Cores write numbers as such or as text; what is neither is not told."""
    given = str(found.body.get(name, ""))
    return int(given) if given.isdecimal() else None


def restriction_of(found: Resource) -> str:
    """The code of the access restriction; empty where nothing is screened."""
    screening = found.body.get("skjerming")
    given = screening.get("tilgangsrestriksjon") if isinstance(screening, Mapping) else None
    return str(given.get("kode", "")) if isinstance(given, Mapping) else ""


def moment_of(found: Resource) -> datetime | None:
    """When an entity was made."""
    try:
        made = datetime.fromisoformat(str(found.body.get("opprettetDato")))
    except ValueError:
        return None
    return made if made.tzinfo else made.replace(tzinfo=UTC)


async def read_record(talk: Conversation, record: Resource, key: str) -> ArchivedRecord:
    """A registry entry with everything below it."""
    documents = [
        archived_document(talk, document, await objects_of(talk, document))
        for document in await documents_of(talk, record)
    ]
    return archived_record(record, key, tuple(documents))


async def documents_of(talk: Conversation, record: Resource) -> list[Resource]:
    """The document descriptions of a registry entry."""
    return await talk.every("read-documents", record.href("arkivstruktur/dokumentbeskrivelse/"))


async def objects_of(talk: Conversation, document: Resource) -> list[Resource]:
    """The document objects of a document description."""
    return await talk.every("read-objects", document.href("arkivstruktur/dokumentobjekt/"))


def is_whole(record: ArchivedRecord, wanted: Iterable[DocumentDescription]) -> bool:
    """Whether the record is final and holds every wanted document once, finished, with every file."""
    return record.is_final and all(holds(record, document) for document in wanted)


def holds(record: ArchivedRecord, wanted: DocumentDescription) -> bool:
    """Whether a document is there with all its files, byte for byte."""
    hits = [document for document in record.documents if document.key == wanted.key]
    if len(hits) != 1 or not hits[0].is_finished:
        return False
    return has_files(hits[0], wanted)


def has_files(held: ArchivedDocument, wanted: DocumentDescription) -> bool:
    """Whether every file of a document is there, byte for byte."""
    files = {(one.variant, one.checksum, one.size) for one in held.objects}
    return all((one.variant.value, one.checksum, one.size) in files for one in wanted.objects)
