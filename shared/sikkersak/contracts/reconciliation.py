"""Reconciliation: what the archive holds, against what we delivered (M26)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Operation


class Finding(StrEnum):
    """What was found of one record."""

    CONFIRMED = "confirmed"
    MISSING = "missing"  # delivered, and not there
    DIFFERS = "differs"  # there, but not as it was delivered
    WAITING = "waiting"  # finished in cases, not delivered yet
    NEVER_ORDERED = "never_ordered"  # finished in cases, and no order of it stands here
    UNKNOWN = "unknown"  # there under a key of ours that we do not know


class ReconciliationState(StrEnum):
    """How far a reconciliation has come."""

    ORDERED = "ordered"
    RUNNING = "running"
    DONE = "done"


class Reconciliation(Contract):
    """One reconciliation of one period, with what was found."""

    reconciliation_id: UUID
    period_from: datetime
    period_to: datetime
    repairs: bool
    asked_by: UUID | None = Field(description="none: by schedule")
    state: ReconciliationState
    ordered_at: datetime
    ended_at: datetime | None
    counts: dict[Finding, int] = Field(default_factory=dict)
    repaired: int = 0


class ReconciliationItem(Contract):
    """One record that was looked for."""

    record_key: str
    delivery_id: UUID | None
    document_id: UUID | None
    finding: Finding
    differences: tuple[str, ...] = Field(description="title, public_title, screening, checksum, count, unfinished")
    repaired: bool = Field(description="ordered to the archive again, which completes it or makes it")


class ReconciliationDetail(Contract):
    """One reconciliation with its findings, and the report that others can verify."""

    row: Reconciliation
    items: tuple[ReconciliationItem, ...]
    next: str | None = None
    report: str | None = Field(description="JSON; what the signature is of")
    signature: str | None = Field(description="JWS (RFC 7515), Ed25519, with the report as its payload")
    public_key: str | None = Field(description="PEM; verifies the signature")


class Reconciliations(Contract):
    """The latest reconciliations, newest first."""

    items: tuple[Reconciliation, ...]


class StartReconciliation(Operation[Reconciliation], name="archiver.start_reconciliation.v1", changes=True):
    """Ask the archive what it holds of a period, and compare. Administrators and distributors."""

    period_from: datetime
    period_to: datetime
    repairs: bool = Field(default=True, description="order again what is missing or unfinished in the archive")


class ListReconciliations(Operation[Reconciliations], name="archiver.list_reconciliations.v1"):
    """The latest. Administrators, distributors, operations."""

    limit: int = Field(default=50, ge=1, le=200)


class ReadReconciliation(Operation[ReconciliationDetail], name="archiver.read_reconciliation.v1"):
    """One, with findings of one kind or all but the confirmed. Administrators, distributors, operations."""

    reconciliation_id: UUID
    finding: Finding | None = None
    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=200)
