"""What cases says and is ordered, and its cases with their events and who is on them (M8, M10, M14, M17)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.cases_documents import DocumentView, EventKind
from sikkersak.contracts.finished import AccountForFinished  # noqa: F401 - known with the rest of what is of cases
from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.values import AccessAssessment, File, Party, PartyKind
from sikkersak.vault.reference import VaultRef
from sikkersak.versions import tag_of


class CaseStatus(StrEnum):
    """saksstatus in our own words."""

    OPEN = "open"
    CLOSED = "closed"


class Right(StrEnum):
    """What a person may do in one case (M15)."""

    READ = "read"
    WRITE = "write"


# --- orders and facts


class IncomingMailDossier(Contract):
    """What intake hands over when mail is registered, sealed in the vault (R3)."""

    title: str
    sender: Party
    received_at: datetime
    document_date: date | None
    category: str
    access: AccessAssessment
    case_title: str | None
    files: tuple[File, ...]
    external_reference: str | None = None
    is_internal: bool = False
    is_withheld: bool = Field(default=False, description="the public journal shows no part of its title")


class RegisterIncoming(Message, type="cases.register_mail.v1"):
    """Order: take this mail into a case, an open one or a new one. Key: mail_id."""

    mail_id: UUID
    school_id: UUID
    pupil_id: UUID | None
    case_id: UUID | None
    case_type: str
    responsible_id: UUID | None
    registered_by: UUID
    dossier: VaultRef
    recipients: tuple[UUID, ...] = ()
    is_reopening: bool = False


class MailTaken(Message, type="cases.mail.registered.v1"):
    """Fact: the mail stands in a case."""

    mail_id: UUID
    case_id: UUID
    event_id: UUID


class MailRefused(Message, type="cases.mail.refused.v1"):
    """Fact: the mail could not be registered as ordered; the distributor must choose again."""

    mail_id: UUID
    code: str


class ApprovalRequested(Message, type="cases.approval.requested.v1"):
    """Fact: a document waits for its school leader (M13)."""

    document_id: UUID
    case_id: UUID
    school_id: UUID


class StaffContact(Contract):
    """How a member of staff is reached, sealed in the vault (R3)."""

    email: str


class StaffChanged(Message, type="cases.staff.changed.v1"):
    """Fact: where somebody works, and what the roles hold now. Key: staff_id and changed_at."""

    staff_id: UUID
    is_active: bool
    schools: tuple[UUID, ...]
    permissions: tuple[str, ...]
    by_school: dict[UUID, tuple[str, ...]] | None = Field(
        default=None, description="what is held at each school; none where it is the same at all of them"
    )
    contact: VaultRef | None = Field(
        default=None, description="a sealed `StaffContact`; none where no address is known"
    )
    changed_at: datetime


class DocumentFinished(Message, type="cases.document.finished.v1"):
    """Fact: locked; its archive obligation exists (M12)."""

    document_id: UUID
    case_id: UUID
    school_id: UUID


# --- cases and events


class EventView(Contract):
    """One event on a case's timeline."""

    event_id: UUID
    kind: EventKind
    happened_at: datetime
    title: str
    documents: tuple[DocumentView, ...]
    mail_id: UUID | None = None


class CaseSummary(Contract):
    """One line of a case list."""

    case_id: UUID
    number: str
    title: str
    case_type: str
    status: CaseStatus
    school_id: UUID
    pupil_id: UUID | None
    responsible_id: UUID
    opened_at: datetime
    documents: int
    not_archived: int
    phase: str | None = Field(default=None, description="the working status, one of its case type's")
    closed_at: datetime | None = None

    @property
    def tag(self) -> str:
        """Its version: of what people set, not of what is counted."""
        return tag_of(self.model_dump(mode="json", include={"title", "status", "phase", "responsible_id"}))


class CasePage(Contract):
    """A page of cases that the actor may see, newest first, and how many there are in all."""

    items: tuple[CaseSummary, ...]
    total: int = Field(description="counted to 1000; 1001 says that there are more")
    next: str | None = None


class Member(Contract):
    """Someone who was given access to a case (M15)."""

    staff_id: UUID
    name: str
    right: Right
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class CaseParty(Contract):
    """Somebody with a part in a case: a guardian, PPT, another school."""

    party_id: UUID
    role: str
    kind: PartyKind
    name: str


class RelatedCase(Contract):
    """A case that belongs together with this one; only those that the actor may read are shown."""

    case_id: UUID
    number: str
    title: str


class CaseDetail(Contract):
    """One case with its timeline and who is on it."""

    summary: CaseSummary
    events: tuple[EventView, ...]
    members: tuple[Member, ...]
    parties: tuple[CaseParty, ...] = ()
    related: tuple[RelatedCase, ...] = ()


class ListCases(Operation[CasePage], name="cases.list_cases.v1"):
    """The cases that the actor may see; there is no other way to list them (R8)."""

    status: CaseStatus | None = None
    school_id: UUID | None = None
    pupil_id: UUID | None = None
    query: str | None = Field(default=None, max_length=100)
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ReadCase(Operation[CaseDetail], name="cases.read_case.v1"):
    """One case; leaves a row in the audit log (R9)."""

    case_id: UUID


class OpenCase(Operation[CaseSummary], name="cases.open_case.v1", changes=True):
    """Create a case. For those whose role may create cases at the school (M10)."""

    school_id: UUID
    pupil_id: UUID | None = None
    title: str = Field(min_length=3, max_length=300)
    public_title: str | None = Field(default=None, max_length=300)
    case_type: str = Field(default="pupil", max_length=60)
    responsible_id: UUID | None = Field(default=None, description="none makes it the one who opens it")
    access: AccessAssessment = AccessAssessment()


class CloseCase(Operation[CaseSummary], name="cases.close_case.v1", changes=True):
    """Close with a remark that says why; refused while something hinders (M14)."""

    case_id: UUID
    remark: str = Field(min_length=3, max_length=2000)


class GiveAccess(Operation[CaseDetail], name="cases.give_access.v1", changes=True):
    """Put someone on a case with read or write access; none takes it away (M15)."""

    case_id: UUID
    staff_id: UUID
    right: Right | None
    from_date: date | None = Field(default=None, description="the first day that it counts; none means now")
    to_date: date | None = Field(default=None, description="the last day that it counts; none means until it is taken")
