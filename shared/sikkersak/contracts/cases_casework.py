"""Case types, parties, related cases, pupils that move, closing and reopening, tasks (M10, M14)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.cases import CaseDetail, CaseSummary
from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.notifier import LetterChoice
from sikkersak.contracts.values import Party, TagRead
from sikkersak.versions import tag_of

CODE = r"^[a-z0-9-]{1,60}$"


class FolderKind(StrEnum):
    """What a case of a type is about."""

    PUPIL = "pupil"
    GROUP = "group"
    GENERAL = "general"


class CaseType(Contract):
    """A kind of case with the working statuses that its cases pass through (M10)."""

    code: str = Field(pattern=CODE)
    name: str = Field(min_length=1, max_length=200)
    folder: FolderKind
    statuses: tuple[str, ...] = Field(default=(), max_length=30)
    is_active: bool = True

    @property
    def tag(self) -> str:
        """Its version."""
        return tag_of(self.model_dump(mode="json"))


class CaseTypeList(Contract):
    """Every case type, by name."""

    items: tuple[CaseType, ...]


class ListCaseTypes(Operation[CaseTypeList], name="cases.list_case_types.v1"):
    """The case types, for everybody who works here."""


class PutCaseType(Operation[CaseType], name="cases.put_case_type.v1", changes=True):
    """Create or change a case type by its code. For administrators."""

    code: str = Field(pattern=CODE)
    name: str = Field(min_length=1, max_length=200)
    folder: FolderKind
    statuses: tuple[str, ...] = Field(default=(), max_length=30)
    is_active: bool = True
    if_match: TagRead = None


class SetPhase(Operation[CaseSummary], name="cases.set_phase.v1", changes=True):
    """Move a case to one of its type's working statuses. For those who may write in it."""

    case_id: UUID
    phase: str = Field(min_length=1, max_length=100)
    if_match: TagRead = None


class PartyPart(StrEnum):
    """What a party is in a case."""

    GUARDIAN = "guardian"
    PPT = "ppt"
    CHILD_WELFARE = "child_welfare"
    SCHOOL = "school"
    OTHER = "other"


class AddCaseParty(Operation[CaseDetail], name="cases.add_case_party.v1", changes=True):
    """Give somebody a part in the case. For those who may write in it."""

    case_id: UUID
    role: PartyPart
    party: Party


class RemoveCaseParty(Operation[CaseDetail], name="cases.remove_case_party.v1", changes=True):
    """They have no part in it any more; that they had stays on record."""

    case_id: UUID
    party_id: UUID


class RelateCases(Operation[CaseDetail], name="cases.relate_cases.v1", changes=True):
    """Say that two cases belong together, or no longer. Needs to write in the one and read the other."""

    case_id: UUID
    other_id: UUID
    is_related: bool = True


class MoveResult(Contract):
    """What followed a pupil to the new school."""

    pupil_id: UUID
    school_id: UUID
    moved_cases: tuple[UUID, ...]
    lost_access: int = Field(description="how many were taken off those cases, as they do not work at the new school")


class MovePupil(Operation[MoveResult], name="cases.move_pupil.v1", changes=True):
    """The pupil changes school: open cases follow, closed ones stay, access follows the school (M10)."""

    pupil_id: UUID
    to_school_id: UUID
    responsible_id: UUID = Field(description="who answers for the open cases at the new school")


class Hindrance(Contract):
    """One thing that stands in the way of closing."""

    code: str
    document_id: UUID | None = None
    detail: str


class ClosingChecklist(Contract):
    """Whether a case can be closed, and what hinders it."""

    case_id: UUID
    is_closable: bool
    hindrances: tuple[Hindrance, ...]


class ReadClosing(Operation[ClosingChecklist], name="cases.read_closing.v1"):
    """What hinders closing this case (M14). For those who may read it."""

    case_id: UUID


class ReopenCase(Operation[CaseSummary], name="cases.reopen_case.v1", changes=True):
    """Open a closed case again, with a reason. A right of its own (M14)."""

    case_id: UUID
    reason: str = Field(min_length=3, max_length=2000)


class ClosedCase(Contract):
    """A closed case with who closed it and why."""

    summary: CaseSummary
    closed_by: UUID | None
    remark: str


class ClosedCasePage(Contract):
    """Closed cases, the last closed first."""

    items: tuple[ClosedCase, ...]
    next: str | None = None


class ListClosedCases(Operation[ClosedCasePage], name="cases.list_closed_cases.v1"):
    """The view of closed cases of the schools that the actor leads (M14)."""

    school_id: UUID | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class NotClosed(Contract):
    """A case that could not be closed with the others, and why."""

    case_id: UUID
    code: str
    detail: str
    hindrances: tuple[Hindrance, ...] = Field(default=(), description="each thing that stands in the way, by itself")


class BulkClosing(Contract):
    """What became of each."""

    closed: tuple[UUID, ...]
    not_closed: tuple[NotClosed, ...]


class CloseCases(Operation[BulkClosing], name="cases.close_cases.v1", changes=True):
    """Close several cases with one remark; each is held against the same rules as alone (M16)."""

    case_ids: tuple[UUID, ...] = Field(min_length=1, max_length=500)
    remark: str = Field(min_length=3, max_length=2000)


class ClosingWhy(StrEnum):
    """Why an open case may be one to close when the school year ends."""

    CASEWORKER_LEFT = "caseworker_left"
    PUPIL_ELSEWHERE = "pupil_elsewhere"
    QUIET = "quiet"  # nothing has happened in it since the day that was asked about


class ClosingCandidate(Contract):
    """An open case that may be closed, why, and what hinders it now."""

    case_id: UUID
    number: str
    title: str
    school_id: UUID
    responsible_id: UUID
    why: tuple[ClosingWhy, ...]
    is_closable: bool
    hindrances: tuple[Hindrance, ...]


class ClosingCandidatePage(Contract):
    """Cases to look through and close, the oldest first."""

    items: tuple[ClosingCandidate, ...]
    next: str | None = None


class ListClosingCandidates(Operation[ClosingCandidatePage], name="cases.list_closing_candidates.v1"):
    """Open cases of who has left, of pupils who have moved, or at rest; at schools that one leads and closes cases at (M16)."""

    school_id: UUID | None = None
    quiet_since: date | None = Field(
        default=None, description="also those in which nothing has happened since this day"
    )
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class TaskKind(StrEnum):
    """Why a person must do something."""

    SEND_OTHERWISE = "send_otherwise"
    LETTER_UNDELIVERED = "letter_undelivered"  # done when something is decided about the letter
    WITHDRAW_IN_ARCHIVE = "withdraw_in_archive"
    REOPEN_IN_ARCHIVE = "reopen_in_archive"
    ACCESS_REQUEST = "access_request"


class Task(Contract):
    """Something that a person must do."""

    task_id: UUID
    kind: TaskKind
    school_id: UUID
    case_id: UUID | None
    document_id: UUID | None
    assigned_to: UUID | None
    made_at: datetime
    done_at: datetime | None
    remark: str | None
    letter_id: UUID | None = Field(default=None, description="the consignment that something is to be decided about")
    request_id: UUID | None = Field(default=None, description="the request for access that is to be answered")
    code: str | None = None
    detail: str | None = Field(default=None, description="one sentence about why")
    choices: tuple[LetterChoice, ...] = Field(default=(), description="what can be decided about the letter")


class TaskPage(Contract):
    """Tasks, the oldest first."""

    items: tuple[Task, ...]
    next: str | None = None


class ListTasks(Operation[TaskPage], name="cases.list_tasks.v1"):
    """The actor's own open tasks and those of the schools that they lead; archive tasks for distributors."""

    kind: TaskKind | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class CompleteTask(Operation[Task], name="cases.complete_task.v1", changes=True):
    """It is done, and how. For those who see it."""

    task_id: UUID
    remark: str = Field(min_length=3, max_length=2000)
