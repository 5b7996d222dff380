"""What cases answers about the audit log: who has seen a case, search, extracts as signed files (M18)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.values import File


class AuditEntry(Contract):
    """One row of the audit log (M18)."""

    sequence: int
    at: datetime
    actor_id: UUID | None
    act: str
    case_id: UUID | None
    document_id: UUID | None


class AuditPage(Contract):
    """Audit rows of one case, newest first."""

    items: tuple[AuditEntry, ...]
    next: str | None = None


class ReadAudit(Operation[AuditPage], name="cases.read_audit.v1"):
    """Who has seen and done what in this case. For school leaders of the school, and administrators."""

    case_id: UUID
    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=200)


class SeenBy(StrEnum):
    """What the access came from."""

    ORDINARY = "ordinary"  # a role, or being on the case
    EMERGENCY = "emergency"
    FULL_ACCESS = "full_access"


class CaseReader(Contract):
    """Somebody who has seen a case."""

    staff_id: UUID | None = Field(description="none: the system itself")
    name: str
    by: SeenBy
    times: int
    documents: int = Field(description="how many different documents")
    first_at: datetime
    last_at: datetime


class CaseReaderList(Contract):
    """Everybody who has seen the case, the latest first."""

    items: tuple[CaseReader, ...]


class ListCaseReaders(Operation[CaseReaderList], name="cases.list_case_readers.v1"):
    """Who has seen this case, how often, and by what access. For school leaders of the school; leaves a row too."""

    case_id: UUID


class AuditFilter(Contract):
    """Which rows; everything that is given must hold."""

    actor_id: UUID | None = None
    act: str | None = Field(default=None, max_length=60, description="for example case-read")
    case_id: UUID | None = None
    document_id: UUID | None = None
    staff_id: UUID | None = Field(default=None, description="whom it was about, not who did it")
    grant_id: UUID | None = Field(default=None, description="what was read by this extraordinary access")
    from_date: date | None = Field(default=None, description="the first day, in Norway")
    to_date: date | None = Field(default=None, description="the last day")


class AuditRecord(Contract):
    """One row of the log. Details are ids and codes."""

    sequence: int
    at: datetime
    actor_id: UUID | None
    actor_name: str | None
    act: str
    case_id: UUID | None
    document_id: UUID | None
    details: dict[str, Any]
    hash: str


class AuditRecordPage(Contract):
    """Rows, newest first."""

    items: tuple[AuditRecord, ...]
    next: str | None = None


class SearchAudit(Operation[AuditRecordPage], name="cases.search_audit.v1"):
    """Search the whole log; searching leaves a row too. For those who see the whole audit log."""

    wanted: AuditFilter = AuditFilter()
    cursor: str | None = Field(default=None, pattern=r"^[0-9]{1,18}$")
    limit: int = Field(default=100, ge=1, le=200)


class AuditExport(Contract):
    """Rows of the log as one file: the rows, a signed manifest, the public key, and how to check them."""

    export: str = Field(description="the month, or the extract's id")
    made_at: datetime
    made_by: UUID | None
    rows: int
    first: int = Field(description="the first row's number")
    last: int
    wanted: AuditFilter | None = Field(description="none: a whole month")
    file: File | None = None


class AuditExportList(Contract):
    """Finished months and the extracts that were made, newest first."""

    items: tuple[AuditExport, ...]


class ListAuditExports(Operation[AuditExportList], name="cases.list_audit_exports.v1"):
    """Which files there are. For those who see the whole audit log."""


class ExportAudit(Operation[AuditExport], name="cases.export_audit.v1", changes=True):
    """Make a signed file of the rows that match. For those who see the whole audit log."""

    wanted: AuditFilter


class ReadAuditExport(Operation[AuditExport], name="cases.read_audit_export.v1", changes=True):
    """The file itself, to be fetched; that it was leaves a row."""

    export: str = Field(pattern=r"^([0-9]{4}-[0-9]{2}|[0-9a-f-]{36})$")
