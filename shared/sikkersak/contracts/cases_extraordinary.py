"""What cases answers about access out of the ordinary: emergency access, and "access to everything" (M17)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.cases import CaseStatus
from sikkersak.contracts.message import Contract, Operation

# --- emergency access


class UnseenCase(Contract):
    """A case as it may be known to whoever must choose one in an emergency: no title, no pupil, no people."""

    case_id: UUID
    number: str
    case_type: str
    status: CaseStatus
    opened_at: datetime


class UnseenCaseList(Contract):
    """The cases that emergency access can be taken to."""

    items: tuple[UnseenCase, ...]


class FindUnseenCases(Operation[UnseenCaseList], name="cases.find_unseen_cases.v1", changes=True):
    """Which case is it? By its number, or those of one pupil. Asking leaves a row in the audit log."""

    school_id: UUID
    number: str | None = Field(default=None, max_length=20, description="for example 2026/14")
    pupil_id: UUID | None = None


class EmergencyGrant(Contract):
    """Emergency access that somebody took, and what was read by it."""

    grant_id: UUID
    case_id: UUID
    number: str
    school_id: UUID
    staff_id: UUID
    name: str
    reason: str
    valid_from: datetime
    valid_to: datetime
    is_in_force: bool
    rows_read: int = Field(description="rows of the audit log that carry its mark")


class TakeEmergencyAccess(Operation[EmergencyGrant], name="cases.take_emergency_access.v1", changes=True):
    """Read one case of the own school, for hours, for a reason; the school's leaders are told (M17)."""

    case_id: UUID
    reason: str = Field(min_length=10, max_length=1000)
    hours: int = Field(default=8, ge=1, le=24)


class EmergencyPage(Contract):
    """Emergency access at a school, newest first."""

    items: tuple[EmergencyGrant, ...]
    next: str | None = None


class ListEmergencyAccess(Operation[EmergencyPage], name="cases.list_emergency_access.v1"):
    """Who took emergency access at a school, and why. For its leaders, and for those who see the whole audit log."""

    school_id: UUID
    cursor: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=200)


# --- access to everything


class FullAccessState(StrEnum):
    """How far a grant of "access to everything" has come."""

    PROPOSED = "proposed"  # waits for somebody else
    LAPSED = "lapsed"  # nobody confirmed it in time
    IN_FORCE = "in_force"
    OVER = "over"  # its hours are over
    ENDED = "ended"  # somebody ended or withdrew it


class FullAccessGrant(Contract):
    """How "access to everything" was proposed, confirmed, used and ended."""

    grant_id: UUID
    staff_id: UUID
    name: str
    reason: str
    hours: int
    state: FullAccessState
    proposed_by: UUID
    proposed_by_name: str
    proposed_at: datetime
    confirmed_by: UUID | None
    confirmed_by_name: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    ended_at: datetime | None
    rows_read: int = Field(description="rows of the audit log that carry its mark")


class ProposeFullAccess(Operation[FullAccessGrant], name="cases.propose_full_access.v1", changes=True):
    """Propose that somebody else reads everything, for hours, for a reason. Nothing happens until another confirms."""

    staff_id: UUID
    reason: str = Field(min_length=20, max_length=1000)
    hours: int = Field(default=4, ge=1, le=72)


class ConfirmFullAccess(Operation[FullAccessGrant], name="cases.confirm_full_access.v1", changes=True):
    """Confirm what another has proposed for a third; it begins now, and the administrators are told (M17)."""

    grant_id: UUID


class EndFullAccess(Operation[FullAccessGrant], name="cases.end_full_access.v1", changes=True):
    """End it before its time, or withdraw the proposal."""

    grant_id: UUID


class FullAccessPage(Contract):
    """Every grant there has been, newest first."""

    items: tuple[FullAccessGrant, ...]
    next: str | None = None


class ListFullAccess(Operation[FullAccessPage], name="cases.list_full_access.v1"):
    """Who has or had access to everything, why, by whom. For administrators."""

    cursor: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=200)
