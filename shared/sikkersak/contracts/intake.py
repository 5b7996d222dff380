"""What intake says and answers: mail received, sorted, registered, forwarded (M1–M9)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.values import AccessAssessment, File, Party


class MailState(StrEnum):
    """Where a piece of mail is on its way through intake."""

    SEEN = "seen"  # listed by the sender's system, not yet safe here
    STORED = "stored"  # safe here, waiting for the distributor
    REGISTERING = "registering"  # ordered into a case, not confirmed by cases yet
    REGISTERED = "registered"  # stands in a case
    FORWARDING = "forwarding"  # on its way to the general archive
    FORWARDED = "forwarded"  # the general archive's mailbox has it
    DISCARDED = "discarded"  # set aside by a person, with a reason


class Belonging(StrEnum):
    """Where the sorting rules think a piece of mail belongs (M2, M3)."""

    HERE = "here"
    GENERAL_ARCHIVE = "general_archive"
    FOR_A_PERSON = "for_a_person"


# --- facts


class MailReceived(Message, type="intake.mail.received.v1"):
    """A piece of mail is safe here and waits for the distributor (M1)."""

    mail_id: UUID
    receiver_organisation: str = Field(description="the school's organisation number, which is public")
    attachments: int
    belonging: Belonging


# --- what the gateway asks


class Attachment(Contract):
    """One file of a shipment, with what was found out about it."""

    attachment_id: UUID
    file: File
    problem: str | None = Field(default=None, description="why it cannot be used as it is, as a stable code")
    warnings: tuple[str, ...] = Field(default=(), description="what one should know before opening it, as stable codes")
    scan: str = Field(default="not-scanned", description="clean, infected, or not-scanned: there is no virus scanner")


class MailSummary(Contract):
    """One line of the distributor's inbox."""

    mail_id: UUID
    state: MailState
    title: str
    sender: str
    receiver_organisation: str
    school_id: UUID | None
    received_at: datetime
    attachments: int
    belonging: Belonging
    rule: str = Field(description="which sorting rule decided, in words")
    problems: tuple[str, ...] = ()
    duplicate_of: UUID | None = None
    case_id: UUID | None = None


class MailPage(Contract):
    """A page of the inbox, oldest first; `next` continues it."""

    items: tuple[MailSummary, ...]
    next: str | None = None


class MailDetail(Contract):
    """One piece of mail with its attachments and the plan's suggestion."""

    summary: MailSummary
    sender: Party
    external_reference: str | None
    attachments: tuple[Attachment, ...]
    suggested_school_id: UUID | None
    suggested_case_type: str | None
    registration_error: str | None = None


class ListMail(Operation[MailPage], name="intake.list_mail.v1"):
    """The inbox, filtered by state. For mail distributors."""

    state: MailState | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ReadMail(Operation[MailDetail], name="intake.read_mail.v1"):
    """One piece of mail. For mail distributors."""

    mail_id: UUID


class RegisterMail(Operation[MailSummary], name="intake.register_mail.v1", changes=True):
    """Register and distribute: to an open case, or to a new one of the plan's type (M7, M8)."""

    mail_id: UUID
    school_id: UUID
    case_id: UUID | None = Field(default=None, description="the open case; none opens a new one")
    pupil_id: UUID | None = None
    case_title: str | None = Field(default=None, max_length=300)
    case_type: str = Field(default="pupil", max_length=60)
    responsible_id: UUID | None = Field(default=None, description="main caseworker of a new case")
    document_title: str | None = Field(default=None, max_length=300, description="none keeps the sender's title")
    document_date: date | None = None
    category: str = Field(default="incoming-letter", max_length=60)
    access: AccessAssessment = AccessAssessment()
    leave_out: tuple[UUID, ...] = Field(
        default=(), description="attachments that cannot be used and stay with the mail"
    )


class ForwardMail(Operation[MailSummary], name="intake.forward_mail.v1", changes=True):
    """It does not belong here: send it to the general archive, encrypted (M4)."""

    mail_id: UUID
    archive_case_number: str | None = Field(default=None, max_length=40)


class DiscardMail(Operation[MailSummary], name="intake.discard_mail.v1", changes=True):
    """Set aside with a reason; kept and restorable."""

    mail_id: UUID
    reason: str = Field(min_length=3, max_length=500)


class PlanEntry(Contract):
    """One line of *Post inn til skoler*: which school the mail to an organisation number goes to (M7)."""

    organisation: str = Field(pattern=r"^\d{9}$")
    school_id: UUID
    case_type: str = "pupil"


class Plan(Contract):
    """The whole distribution plan."""

    entries: tuple[PlanEntry, ...]


class ReadPlan(Operation[Plan], name="intake.read_plan.v1"):
    """The distribution plan as it stands."""


class PutPlan(Operation[Plan], name="intake.put_plan.v1", changes=True):
    """Replace the distribution plan. For administrators."""

    entries: tuple[PlanEntry, ...]
