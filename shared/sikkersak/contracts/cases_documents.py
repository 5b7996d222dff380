"""Documents: written, held, approved, signed, sent, corrected, withdrawn (M11–M13, M21)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Base64Bytes, Field

from sikkersak.contracts.archiver import DeliveryState, JournalNumber, RecordType
from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.notifier import ConsignmentState, LetterChoice, PriceClass
from sikkersak.contracts.signing import Capacity, JobState, NextStep, SigningFlow
from sikkersak.contracts.values import AccessAssessment, File, Party, TagRead, VersionRead
from sikkersak.versions import tag_of


class EventKind(StrEnum):
    """hendelse: what happened in a case (M10)."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    NOTE = "note"
    MEETING = "meeting"
    DECISION = "decision"


class DocumentState(StrEnum):
    """A document's way until it is locked (DESIGN §3). What follows is shown by its archive, signing and letter states."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    RETURNED = "returned"
    APPROVED = "approved"
    FINISHED = "finished"


class SigningStatus(Contract):
    """How far the signatures on a document have come, and what can be done next (M20)."""

    job_id: UUID
    state: JobState
    code: str | None = None
    flow: SigningFlow = SigningFlow.PORTAL
    signed_by: int = 0
    signers: int = 0
    expires_at: datetime | None = None
    changed_at: datetime | None = None
    detail: str = Field(description="one sentence for the caseworker")
    choices: tuple[NextStep, ...] = ()


class LetterStatus(Contract):
    """How far a letter has come, how it went, and what can be done about one that did not arrive (M21)."""

    letter_id: UUID
    state: ConsignmentState
    code: str | None = None
    attempts: int = 0
    price_class: PriceClass | None = None
    ordered_at: datetime
    changed_at: datetime
    detail: str = Field(description="one sentence for the caseworker")
    choices: tuple[LetterChoice, ...] = ()


class Assessment(Contract):
    """Who may see a document, and what it is called in public (M8)."""

    access: AccessAssessment
    public_title: str

    @property
    def tag(self) -> str:
        """Its version."""
        return tag_of(self.model_dump(mode="json"))


class DocumentView(Contract):
    """A document with everything that can be said of where it is on its way."""

    document_id: UUID
    event_id: UUID
    case_id: UUID
    title: str
    public_title: str
    kind: EventKind
    record_type: RecordType
    state: DocumentState
    version: int
    needs_approval: bool
    remark: str | None
    access: AccessAssessment
    files: tuple[File, ...]
    archive: DeliveryState | None
    archive_code: str | None = None
    signing: JobState | None
    letters: dict[UUID, ConsignmentState] = Field(default_factory=dict)
    finished_at: datetime | None = None
    attachments: tuple[File, ...] = ()
    corrects: UUID | None = Field(default=None, description="the finished document that this one corrects")
    withdrawn_at: datetime | None = Field(default=None, description="when it was marked Utgår")
    withdrawal_reason: str | None = None
    sending_stopped: str | None = Field(default=None, description="why it was not sent by itself: protected-address")
    held_by: UUID | None = Field(default=None, description="who is writing in it until `held_until`")
    held_until: datetime | None = None
    signatures: SigningStatus | None = None
    sendings: tuple[LetterStatus, ...] = ()
    journal: JournalNumber | None = Field(
        default=None, description="its number in the archive's own journal; none: not known yet"
    )

    @property
    def assessment(self) -> Assessment:
        """The one that counts."""
        return Assessment(access=self.access, public_title=self.public_title)


class WriteDocument(Operation[DocumentView], name="cases.write_document.v1", changes=True):
    """A new draft from a template (M11)."""

    case_id: UUID
    template: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    language: str = Field(default="nb", pattern=r"^(nb|nn|en)$")
    title: str = Field(min_length=3, max_length=300)
    public_title: str | None = Field(default=None, max_length=300)
    body: str = Field(default="", max_length=100_000)
    receivers: tuple[Party, ...] = ()
    to_guardians: bool = Field(default=False, description="the pupil's guardians are the receivers")
    access: AccessAssessment = AccessAssessment()


class EditDocument(Operation[DocumentView], name="cases.edit_document.v1", changes=True):
    """Change a draft; `version` is the one that was read, a stale one is refused."""

    document_id: UUID
    version: int
    title: str | None = Field(default=None, min_length=3, max_length=300)
    body: str | None = Field(default=None, max_length=100_000)


class ReadDocument(Operation[DocumentView], name="cases.read_document.v1"):
    """One document and its files; leaves a row in the audit log (R9)."""

    document_id: UUID


class WritingConfirmed(Contract):
    """That the actor may write in the document's case."""

    document_id: UUID


class ConfirmWriting(Operation[WritingConfirmed], name="cases.confirm_writing.v1"):
    """Whether the actor may write in the document's case, open or closed; asked before a sending of it is decided about.

    A refusal says why; a document that the actor may not know of does not exist.
    """

    document_id: UUID


class SubmitForApproval(Operation[DocumentView], name="cases.submit_document.v1", changes=True):
    """Ask the school leader to approve (M13)."""

    document_id: UUID
    version: VersionRead = None


class DecideApproval(Operation[DocumentView], name="cases.decide_approval.v1", changes=True):
    """Approve, or return with a remark. For school leaders (M13)."""

    document_id: UUID
    is_approved: bool
    remark: str | None = Field(default=None, max_length=2000)
    version: VersionRead = None


class FinishDocument(Operation[DocumentView], name="cases.finish_document.v1", changes=True):
    """Lock, and send to the archive at the same moment (M12)."""

    document_id: UUID
    version: VersionRead = None


class SignerWish(Contract):
    """One who is asked to sign: a guardian by the place among those with parental responsibility, or somebody by name.

    Where no address is given, the national contact register decides how the signer is told.
    """

    guardian: int | None = Field(default=None, ge=1, le=10, description="from 1; with it, name and number are known")
    name: str = Field(default="", max_length=200)
    national_id: str | None = Field(default=None, pattern=r"^\d{11}$")
    email: str | None = Field(default=None, min_length=3, max_length=200)
    mobile: str | None = Field(default=None, pattern=r"^\+?\d{8,15}$")
    on_behalf_of: Capacity | None = Field(default=None, description="the school owner's setting where not given")
    order: int = Field(default=0, ge=0, le=9, description="equal ones sign side by side, the next when all have signed")


class AskForSignatures(Operation[DocumentView], name="cases.ask_for_signatures.v1", changes=True):
    """Have a finished document signed, by the pupil's guardians side by side where nobody is named (M20)."""

    document_id: UUID
    days_open: int = Field(default=14, ge=1, le=90)
    flow: SigningFlow = Field(default=SigningFlow.PORTAL, description="direct: present at the screen")
    level: int = Field(default=3, ge=3, le=4, description="3 allows MinID")
    is_advanced: bool = Field(default=False, description="with the signer's own e-ID; one document, level 4")
    opens_at: datetime | None = Field(default=None, description="at once where not given")
    message: str = Field(default="", max_length=220)
    signers: tuple[SignerWish, ...] = Field(default=(), max_length=10)
    further_documents: tuple[UUID, ...] = Field(
        default=(), max_length=19, description="of the same case, signed with it"
    )


class SendDocument(Operation[DocumentView], name="cases.send_document.v1", changes=True):
    """Send a finished document as letters to its receivers (M21)."""

    document_id: UUID
    further_documents: tuple[UUID, ...] = Field(
        default=(), max_length=19, description="of the same case, in the same letter"
    )


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
    """Take an attachment off a draft. A position means another file once somebody else has taken one off."""

    document_id: UUID
    position: int = Field(ge=0, le=1000)
    version: VersionRead = None


class AssessAccess(Operation[DocumentView], name="cases.assess_access.v1", changes=True):
    """The caseworker's access assessment and public title (M8); of what is finished, a new assessment beside it."""

    document_id: UUID
    access: AccessAssessment
    public_title: str = Field(min_length=3, max_length=300)
    if_match: TagRead = None


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
