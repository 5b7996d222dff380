"""What a deposit tells, in our own words: case files, registry entries, documents with their files (M28)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sikkersak.contracts.archiver import ArchiveDossier

Content = Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class DepositFile:
    """dokumentobjekt: one file, by its checksum and where it lies in the package."""

    system_id: UUID
    variant: str
    format: str
    detail: str
    checksum: str
    size: int
    path: str
    open: Content


@dataclass(frozen=True, kw_only=True)
class DepositDocument:
    """dokumentbeskrivelse."""

    key: UUID
    title: str
    kind: str
    is_main: bool
    files: tuple[DepositFile, ...]


@dataclass(frozen=True, kw_only=True)
class DepositEntry:
    """journalpost, numbered within its year and its case."""

    dossier: ArchiveDossier
    journal_year: int
    journal_sequence: int
    number: int
    journal_date: date
    archived_at: datetime
    documents: tuple[DepositDocument, ...]
    is_withdrawn: bool = False


@dataclass(frozen=True, kw_only=True)
class DepositCase:
    """saksmappe with what lies in it."""

    entries: tuple[DepositEntry, ...]
    closed_at: datetime

    @property
    def dossier(self) -> ArchiveDossier:
        """The newest word on the case."""
        return self.entries[-1].dossier


@dataclass(frozen=True, kw_only=True)
class Deposit:
    """Everything of one series, at one moment."""

    municipality: str
    organisation: str
    archive: str
    series: str
    class_id: str
    made_at: datetime
    cases: tuple[DepositCase, ...]

    @property
    def entries(self) -> tuple[DepositEntry, ...]:
        """In the journal's order."""
        found = [entry for case in self.cases for entry in case.entries]
        return tuple(sorted(found, key=lambda entry: (entry.journal_year, entry.journal_sequence)))

    @property
    def files(self) -> tuple[DepositFile, ...]:
        """Every file of every document."""
        return tuple(file for entry in self.entries for document in entry.documents for file in document.files)
