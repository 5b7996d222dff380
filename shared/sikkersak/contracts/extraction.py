"""Extractions: a Noark 5 deposit package is ordered, followed, and fetched (M28)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.values import File


class ExtractionState(StrEnum):
    """How far a package has come."""

    ORDERED = "ordered"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Extraction(Contract):
    """One ordered package."""

    extraction_id: UUID
    municipality: str
    organisation: str
    until: datetime
    state: ExtractionState
    asked_by: UUID
    ordered_at: datetime
    ended_at: datetime | None
    code: str | None
    detail: str | None
    counts: dict[str, int] = Field(default_factory=dict, description="cases, entries, files, bytes, validated (1 or 0)")
    checksum: str | None = Field(description="SHA-256 of the package, for whoever receives it")


class Extractions(Contract):
    """The latest, newest first."""

    items: tuple[Extraction, ...]


class Package(Contract):
    """The finished package, as one zip."""

    file: File


class OrderExtraction(Operation[Extraction], name="archiver.order_extraction.v1", changes=True):
    """Make a deposit package of everything that was archived before a moment. Administrators."""

    municipality: str = Field(min_length=2, max_length=200)
    organisation: str = Field(pattern=r"^\d{9}$")
    until: datetime | None = Field(default=None, description="now when left out")


class ListExtractions(Operation[Extractions], name="archiver.list_extractions.v1"):
    """The latest. Administrators."""

    limit: int = Field(default=50, ge=1, le=200)


class ReadExtraction(Operation[Extraction], name="archiver.read_extraction.v1"):
    """How far one has come. Administrators."""

    extraction_id: UUID


class FetchExtraction(Operation[Package], name="archiver.fetch_extraction.v1", changes=True):
    """The package itself; who was given it is written down. Administrators."""

    extraction_id: UUID
