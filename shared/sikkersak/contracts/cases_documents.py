"""Documents beside their main way: locks, attachments, assessment, corrections, Utgår, stand-ins, sending (M11–M13, M21)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Base64Bytes, Field

from sikkersak.contracts.cases import DocumentView
from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.values import AccessAssessment, File


class HoldDocument(Operation[DocumentView], name="cases.hold_document.v1", changes=True):
    """Keep a draft for oneself for a while, so that two do not write at once; asked again it lasts longer."""

    document_id: UUID


class ReleaseDocument(Operation[DocumentView], name="cases.release_document.v1", changes=True):
    """Let others write again."""

    document_id: UUID


class AddAttachment(Operation[DocumentView], name="cases.add_attachment.v1", changes=True):
    """Add a file to a draft; it is archived with it. The gateway has put the file into the vault itself."""

    document_id: UUID
    file: File


class RemoveAttachment(Operation[DocumentView], name="cases.remove_attachment.v1", changes=True):
    """Take an attachment off a draft."""

    document_id: UUID
    position: int = Field(ge=0, le=100)


class AssessAccess(Operation[DocumentView], name="cases.assess_access.v1", changes=True):
    """The caseworker's access assessment and public title (M8); of what is finished, a new assessment beside it."""

    document_id: UUID
    access: AccessAssessment
    public_title: str = Field(min_length=3, max_length=300)
    if_match: str | None = Field(default=None, max_length=64, description="the tag of what was read")


class CorrectDocument(Operation[DocumentView], name="cases.correct_document.v1", changes=True):
    """A new draft that corrects a finished document and refers to it; the finished one stays as it is."""

    document_id: UUID


class WithdrawDocument(Operation[DocumentView], name="cases.withdraw_document.v1", changes=True):
    """Mark a wrongly finished document «Utgår», with a reason. Nothing is deleted."""

    document_id: UUID
    reason: str = Field(min_length=3, max_length=2000)


class DocumentVersion(Contract):
    """One version of a text."""

    version: int
    title: str
    body: str | None
    edited_by: UUID
    edited_at: datetime


class DocumentHistory(Contract):
    """Every version, the newest first."""

    items: tuple[DocumentVersion, ...]


class ReadHistory(Operation[DocumentHistory], name="cases.read_history.v1"):
    """The versions of a document; leaves a row in the audit log."""

    document_id: UUID


class Rendered(Contract):
    """A PDF that is kept nowhere."""

    name: str
    pdf: Base64Bytes


class PreviewDocument(Operation[Rendered], name="cases.preview_document.v1"):
    """The letter as it would be finished now, as PDF."""

    document_id: UUID


# --- approval


class WaitingApproval(Contract):
    """A document that waits for its school's leader."""

    document_id: UUID
    case_id: UUID
    school_id: UUID
    title: str
    owner_id: UUID


class WaitingApprovals(Contract):
    """What waits, the oldest first."""

    items: tuple[WaitingApproval, ...]


class ListApprovals(Operation[WaitingApprovals], name="cases.list_approvals.v1"):
    """Documents that wait for approval at the schools that the actor approves for (M13)."""


class StandIn(Contract):
    """Somebody who leads a school in the leader's place for a time."""

    stand_in_id: UUID
    school_id: UUID
    staff_id: UUID
    from_date: date
    to_date: date


class StandInList(Contract):
    """Those of today and later."""

    items: tuple[StandIn, ...]


class PutStandIn(Operation[StandInList], name="cases.put_stand_in.v1", changes=True):
    """Let somebody of the school stand in for its leader from one day to another (M13)."""

    school_id: UUID
    staff_id: UUID
    from_date: date
    to_date: date


class ListStandIns(Operation[StandInList], name="cases.list_stand_ins.v1"):
    """Who stands in, at one school."""

    school_id: UUID


# --- before sending


class Why(StrEnum):
    """Why somebody is written to, or is not."""

    RECEIVER = "receiver"
    COPY_TO_GUARDIAN = "copy_to_guardian"
    PROTECTED_ADDRESS = "protected_address"


class PlannedLetter(Contract):
    """One letter that would go out, or would not, and why."""

    name: str
    why: Why
    detail: str
    is_stopped: bool


class SendingPlan(Contract):
    """What sending would do. When anything is stopped nothing goes by itself: it becomes a task."""

    letters: tuple[PlannedLetter, ...]
    is_stopped: bool


class ReadSendingPlan(Operation[SendingPlan], name="cases.read_sending_plan.v1"):
    """Who would be written to and why, before it is done (M21)."""

    document_id: UUID
