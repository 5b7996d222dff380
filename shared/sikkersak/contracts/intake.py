"""What intake says and answers: mail received, sorted, registered, forwarded (M1–M9)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.values import AccessAssessment, File, Party
from sikkersak.versions import tag_of


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
    way: str = Field(default="svarinn", description="svarinn, upload, folder, mailbox")
    named_case: str | None = Field(
        default=None, description="the case number that a cover sheet or a file's name gives"
    )
    origin_case_number: str | None = Field(default=None, description="its case number where it was brought in from")


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

    @property
    def tag(self) -> str:
        """Its version."""
        return tag_of(self.model_dump(mode="json"))


class ReadPlan(Operation[Plan], name="intake.read_plan.v1"):
    """The distribution plan as it stands."""


class PutPlan(Operation[Plan], name="intake.put_plan.v1", changes=True):
    """Replace the distribution plan. For administrators."""

    entries: tuple[PlanEntry, ...]
    if_match: str | None = Field(default=None, max_length=64, description="the tag of what was read")


# --- ways in: what waits outside, what is brought in by hand, what an outage needs (M1, M5, M9)


class WaitingMail(Contract):
    """A shipment that was seen at SvarInn and is not safe here yet, with why in the distributor's words."""

    mail_id: UUID
    shipment_id: UUID
    system: str = Field(description="the receiving system that it waits for")
    title: str
    sender: str
    receiver_organisation: str
    received_at: datetime
    code: str | None = Field(description="why it waits, as a stable code; none: it has not been tried yet")
    reason: str | None
    attempts: int
    next_try_at: datetime
    has_left: bool = Field(description="SvarInn does not list it any more")
    is_refused: bool = Field(description="a person has decided that it is not taken in")


class WaitingMailPage(Contract):
    """All that waits, oldest first, at most 200."""

    items: tuple[WaitingMail, ...]


class ListWaitingMail(Operation[WaitingMailPage], name="intake.list_waiting_mail.v1"):
    """What waits at SvarInn and why. For mail distributors."""


class RetryWaitingMail(Operation[WaitingMail], name="intake.retry_waiting_mail.v1", changes=True):
    """Try it again at the next poll. For mail distributors."""

    mail_id: UUID


class RefuseWaitingMail(Operation[WaitingMail], name="intake.refuse_waiting_mail.v1", changes=True):
    """Report a permanent failure: it leaves SvarInn for Altinn, perhaps as paper, and cannot be called back."""

    mail_id: UUID
    confirmed_shipment_id: UUID = Field(description="the shipment's id once more: this cannot be undone")
    text: str = Field(min_length=10, max_length=300, description="shown to the sender; no personal data")


class ReceiverStatus(Contract):
    """One receiving system (mottakersystem)."""

    system: str
    polled_at: datetime | None
    listed: int = Field(description="items in the last list")
    nameless: int = Field(description="of which had not even an id")
    waiting: int = Field(description="seen and not safe here")
    oldest_waiting_since: datetime | None
    full_since: datetime | None = Field(description="the list is full and nothing in it moves: more may wait behind")
    stopped_at: datetime | None = Field(description="since when it is not asked, because it refuses our credentials")
    stopped_code: str | None


class Receivers(Contract):
    """Every receiving system."""

    items: tuple[ReceiverStatus, ...]


class ListReceivers(Operation[Receivers], name="intake.list_receivers.v1"):
    """How the ways in are. For mail distributors, administrators and operations."""


class ResumeReceiver(Operation[Receivers], name="intake.resume_receiver.v1", changes=True):
    """Ask a stopped receiving system again. For administrators and operations."""

    system: str = Field(min_length=1, max_length=200)


class BroughtIn(Contract):
    """Mail that was brought in, and the text to paste where it came from."""

    mail: MailSummary
    confirmation: str


class BringInMail(Operation[BroughtIn], name="intake.bring_in_mail.v1", changes=True):
    """Take in what reached the general archive by mistake, as if it were electronic mail (M5)."""

    files: tuple[File, ...] = Field(min_length=1, max_length=100)
    title: str = Field(min_length=1, max_length=300)
    sender: Party
    receiver_organisation: str = Field(pattern=r"^\d{9}$", description="the school's organisation number")
    received_at: datetime | None = Field(default=None, description="when the general archive received it")
    origin_case_number: str | None = Field(default=None, max_length=40, description="its case number there")


class BringingLimits(Contract):
    """What can be brought in at once."""

    largest_bytes: int = Field(description="of all files together")
    most_files: int


class ReadBringingLimits(Operation[BringingLimits], name="intake.read_bringing_limits.v1"):
    """What can be brought in at once. For whoever may bring mail in, and nobody else."""


class ExportState(StrEnum):
    """Where an export is."""

    ORDERED = "ordered"
    READY = "ready"


class SchoolCount(Contract):
    """How much mail for one organisation number."""

    organisation: str
    mail: int


class MailExport(Contract):
    """An export of all undistributed mail: one encrypted package, with a list of contents for each school (M9)."""

    export_id: UUID
    state: ExportState
    ordered_at: datetime
    schools: tuple[SchoolCount, ...] = ()
    file: File | None = Field(default=None, description="the package, once it is ready")
    password: str | None = Field(default=None, description="said once, to whoever ordered it")


class ExportMail(Operation[MailExport], name="intake.export_mail.v1", changes=True):
    """Order an export of all undistributed mail, for delivery by other routes. For mail distributors."""


class ReadMailExport(Operation[MailExport], name="intake.read_mail_export.v1"):
    """Whether an export is ready. For mail distributors."""

    export_id: UUID


class SchoolOutage(Contract):
    """What one organisation number's mail did during an outage."""

    organisation: str
    arrived: int = Field(description="mail that reached SvarInn in that time, or was brought in")
    taken_in: int = Field(description="of which is safe here")
    longest_wait_seconds: int = Field(description="from SvarInn's receipt to safe here, or until now")


class OutageReport(Contract):
    """What came in during an outage (M9)."""

    since: datetime
    until: datetime
    schools: tuple[SchoolOutage, ...]


class ReportOutage(Operation[OutageReport], name="intake.report_outage.v1"):
    """What came in between two moments, for each school. For mail distributors and operations."""

    since: datetime
    until: datetime
