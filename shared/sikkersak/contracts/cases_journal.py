"""The public journal (offentlig journal): what was registered, without anything that is exempt (M19)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.archiver import JournalNumber, RecordType
from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.values import File


class JournalParty(Contract):
    """A sender or receiver. A name that may not be shown is `*****`."""

    name: str
    is_person: bool = Field(description="a private person's name: not searchable after a year, and then `*****` here")


class JournalRecord(Contract):
    """One registry entry as everybody may read it."""

    entry: str = Field(description="our own: case number and the entry's number in it: 2026/12-3")
    case_title: str
    title: str
    record_type: RecordType
    school: str = Field(description="`*****` where it would show where somebody with a protected address is")
    journal_date: date
    document_date: date | None = Field(description="none: undated")
    parties: tuple[JournalParty, ...]
    legal_basis: str | None = Field(description="why the document is exempt; none: it is not")
    is_withdrawn: bool = Field(description="Utgår: registered by mistake, and does not count")
    journal: JournalNumber | None = Field(
        default=None, description="the number in the archive's own journal; none: not known yet"
    )


class JournalPage(Contract):
    """Registry entries, the oldest first."""

    items: tuple[JournalRecord, ...]
    next: str | None = None


class ReadPublicJournal(Operation[JournalPage], name="cases.read_public_journal.v1"):
    """The public journal of a period. For those who see the mail list of every school."""

    from_date: date = Field(description="the first day, in Norway")
    to_date: date = Field(description="the last day")
    school_id: UUID | None = Field(
        default=None, description="leaves out entries whose school may not be known: they are in the whole journal only"
    )
    internal_too: bool = Field(default=True, description="internal documents; the law leaves them to the municipality")
    cursor: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=100, ge=1, le=200)


class JournalFormat(StrEnum):
    """What the journal is published as."""

    PDF = "pdf"
    HTML = "html"
    CSV = "csv"


class JournalFile(Contract):
    """The journal of a period as a file."""

    file: File
    records: int


class ExportPublicJournal(Operation[JournalFile], name="cases.export_public_journal.v1", changes=True):
    """The same as one file for publishing; that it was made, and for what, leaves a row."""

    from_date: date
    to_date: date
    school_id: UUID | None = None
    internal_too: bool = True
    format: JournalFormat = JournalFormat.PDF
    language: str = Field(default="nb", pattern=r"^(nb|nn|en)$")
