"""Ways in: what waits outside, what is brought in by hand, what an outage needs (M1, M5, M9)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.intake import MailSummary
from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.values import File, Party


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
