"""What intake says and answers: mail received, sorted, registered, forwarded (M1–M9)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.sorting import Belonging as Belonging  # noqa: PLC0414 - others know it from here
from sikkersak.contracts.sorting import SortingMatch
from sikkersak.contracts.values import AccessAssessment, File, Party, TagRead
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


# --- facts


class MailReceived(Message, type="intake.mail.received.v1"):
    """A piece of mail is safe here and waits for the distributor (M1)."""

    mail_id: UUID
    receiver_organisation: str = Field(description="the school's organisation number, which is public")
    attachments: int
    belonging: Belonging


# --- what the gateway asks


class SameContent(Contract):
    """Other mail that has the very same file."""

    mail_id: UUID
    title: str
    state: MailState
    received_at: datetime


class Attachment(Contract):
    """One file of a shipment, with what was found out about it."""

    attachment_id: UUID
    file: File
    problem: str | None = Field(default=None, description="why it cannot be used as it is, as a stable code")
    warnings: tuple[str, ...] = Field(default=(), description="what one should know before opening it, as stable codes")
    scan: str = Field(default="not-scanned", description="clean, infected, or not-scanned: there is no virus scanner")
    same_content: tuple[SameContent, ...] = Field(
        default=(), description="where the very same file came before or after"
    )


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
    undo_until: datetime | None = Field(default=None, description="until then the decision can be undone")
    split_from: UUID | None = Field(default=None, description="the mail that it was a part of")
    has_same_content: bool = Field(default=False, description="other mail has one of its very files")
    content_removed_at: datetime | None = Field(
        default=None, description="when its files were removed; what is known of it stays"
    )


class MailPage(Contract):
    """A page of the inbox, oldest first; `next` continues it."""

    items: tuple[MailSummary, ...]
    next: str | None = None


class MailAct(Contract):
    """Something that was decided about mail, or came of it."""

    act: str = Field(
        description="register, forward, send-back, discard, restore, undo, split, join; "
        "registered, forwarded, returned (it came back with a reason), content-removed"
    )
    at: datetime
    by: UUID | None = Field(default=None, description="none: what came of it elsewhere, or with time")


class MailDetail(Contract):
    """One piece of mail with its attachments and the plan's suggestion."""

    summary: MailSummary
    sender: Party
    external_reference: str | None
    attachments: tuple[Attachment, ...]
    suggested_school_id: UUID | None
    suggested_case_type: str | None
    suggested_recipients: tuple[UUID, ...] = Field(default=(), description="who the plan gives it to")
    suggested_because: str | None = Field(default=None, description="which line of the plan matched, and on what")
    replies_to: UUID | None = Field(default=None, description="the shipment of ours that it answers")
    discard_reason: str | None = None
    forwarded_to: str | None = Field(default=None, description="organisation number; none is the general archive")
    history: tuple[MailAct, ...] = Field(default=(), description="oldest first")
    registration_error: str | None = None
    way: str = Field(default="svarinn", description="svarinn, upload, folder, mailbox")
    named_case: str | None = Field(
        default=None, description="the case number that a cover sheet or a file's name gives"
    )
    origin_case_number: str | None = Field(default=None, description="its case number where it was brought in from")
    matches: tuple[SortingMatch, ...] = Field(default=(), description="what the sorting decision rests on")
    sorted_by: UUID | None = Field(default=None, description="the rule set that decided")


class ListMail(Operation[MailPage], name="intake.list_mail.v1"):
    """The inbox, filtered by state. For mail distributors."""

    state: MailState | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ReadMail(Operation[MailDetail], name="intake.read_mail.v1"):
    """One piece of mail. For mail distributors."""

    mail_id: UUID


class Registering(StrEnum):
    """What mail becomes in its case."""

    INCOMING = "incoming"
    INTERNAL = "internal"  # a note from inside, without sender or receiver in the journal


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
    received_on: date | None = Field(default=None, description="another day than the shipment says, as for paper")
    sender: Party | None = Field(
        default=None, description="by hand or from the register; none keeps the shipment's own"
    )
    registering: Registering = Registering.INCOMING
    is_withheld: bool = Field(default=False, description="the public journal shows no part of its title")
    recipients: tuple[UUID, ...] = Field(
        default=(), max_length=20, description="who is told; a new case is opened to them, the first is responsible"
    )
    is_reopening: bool = Field(
        default=False, description="to a closed case, which is opened again; asks for the right to open closed cases"
    )


class ForwardMail(Operation[MailSummary], name="intake.forward_mail.v1", changes=True):
    """It does not belong here: send it to the general archive, encrypted, or to another organisation (M4)."""

    mail_id: UUID
    archive_case_number: str | None = Field(default=None, max_length=40)
    to_organisation: str | None = Field(
        default=None, pattern=r"^\d{9}$", description="through SvarUt; none is the general archive's mailbox"
    )
    to_name: str | None = Field(default=None, max_length=100)
    remark: str | None = Field(
        default=None, max_length=500, description="what the receiver is told, with `to_organisation`"
    )


class DiscardMail(Operation[MailSummary], name="intake.discard_mail.v1", changes=True):
    """Set aside with a reason; kept and restorable."""

    mail_id: UUID
    reason: str = Field(min_length=3, max_length=500)


class PlanEntry(Contract):
    """One line of *Post inn til skoler*: which school and which people a piece of mail goes to (M7).

    The first line that matches counts. With words, one of them must stand in the title or the type, or in the sender's
    name; a line without words takes all mail to its organisation number.
    """

    organisation: str = Field(pattern=r"^\d{9}$")
    school_id: UUID
    case_type: str = Field(default="pupil", max_length=60)
    recipients: tuple[UUID, ...] = Field(default=(), max_length=20)
    title_words: tuple[str, ...] = Field(default=(), max_length=50)
    sender_words: tuple[str, ...] = Field(default=(), max_length=50)


class PlanVersion(Contract):
    """One version of the plan. The newest whose day has come is in force."""

    version: int
    valid_from: datetime
    is_in_force: bool
    put_at: datetime
    put_by: UUID | None = None
    remark: str | None = None


class PlanVersions(Contract):
    """Every version, newest first."""

    items: tuple[PlanVersion, ...]


class Plan(Contract):
    """The whole distribution plan, in one of its versions."""

    entries: tuple[PlanEntry, ...]
    version: PlanVersion | None = Field(default=None, description="none until the plan has been put for the first time")

    @property
    def tag(self) -> str:
        """What stands in it, under which number; the same whether it counts already or not."""
        number = self.version.version if self.version else 0
        return tag_of({"version": number, "entries": [one.model_dump(mode="json") for one in self.entries]})


class ReadPlan(Operation[Plan], name="intake.read_plan.v1"):
    """The distribution plan as it stands, or as it stood."""

    version: int | None = Field(default=None, ge=1, description="none is the one in force")


class ListPlanVersions(Operation[PlanVersions], name="intake.list_plan_versions.v1"):
    """The plan's versions: who changed it, when, from when it counts."""


class PutPlan(Operation[Plan], name="intake.put_plan.v1", changes=True):
    """A new version of the distribution plan. For administrators; no version is ever changed."""

    entries: tuple[PlanEntry, ...] = Field(max_length=2000)
    valid_from: datetime | None = Field(default=None, description="when it begins to count; none is now")
    remark: str | None = Field(default=None, max_length=500)
    based_on: int | None = Field(
        default=None, description="the version it was made from; refused when there is a newer"
    )
    if_match: TagRead = None
