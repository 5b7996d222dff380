"""What cases says, is ordered and answers: pupils, cases, events, documents, access (M8, M10–M18)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.archiver import DeliveryState, RecordType
from sikkersak.contracts.finished import AccountForFinished  # noqa: F401 - known with the rest of what is of cases
from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.notifier import ConsignmentState, LetterChoice, PriceClass
from sikkersak.contracts.signing import Capacity, JobState, NextStep, SigningFlow
from sikkersak.contracts.values import AccessAssessment, File, Party, PartyKind, PostalAddress
from sikkersak.vault.reference import VaultRef
from sikkersak.versions import tag_of


class CaseStatus(StrEnum):
    """saksstatus in our own words."""

    OPEN = "open"
    CLOSED = "closed"


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


# --- people and places, kept by administrators


class School(Contract):
    """A school: a public unit with an organisation number."""

    school_id: UUID
    name: str = Field(min_length=1, max_length=200)
    organisation: str = Field(pattern=r"^\d{9}$")

    @property
    def tag(self) -> str:
        """Its version."""
        return tag_of(self.model_dump(mode="json"))


class SchoolList(Contract):
    """All schools."""

    items: tuple[School, ...]


class ListSchools(Operation[SchoolList], name="cases.list_schools.v1"):
    """All schools; names of schools are public."""


class PutSchool(Operation[School], name="cases.put_school.v1", changes=True):
    """Create or change a school by its organisation number. For administrators."""

    name: str = Field(min_length=1, max_length=200)
    organisation: str = Field(pattern=r"^\d{9}$")
    if_match: str | None = Field(default=None, max_length=64, description="the tag of what was read")


class StaffMember(Contract):
    """Someone who works here. The national identity number is kept only as a keyed hash (M29)."""

    staff_id: UUID
    name: str
    roles: frozenset[str]
    schools: frozenset[UUID]
    is_active: bool
    permissions: frozenset[str] | None = Field(default=None, description="what the roles hold now (M16)")
    by_school: dict[UUID, frozenset[str]] | None = Field(
        default=None, description="what is held at each school, where a role is bound to one"
    )
    version: str | None = Field(default=None, description="what a change says in If-Match")


class PutStaff(Operation[StaffMember], name="cases.put_staff.v1", changes=True):
    """Create or change a member of staff by the keyed hash of the national identity number. For administrators.

    `roles` are those at all of the person's schools; roles at one school are given and taken by their own operations.
    """

    pid_lookup: str = Field(min_length=32, max_length=128)
    name: str = Field(min_length=1, max_length=200)
    email: str | None = None
    roles: frozenset[str]
    schools: frozenset[UUID]
    is_active: bool = True
    if_match: str | None = Field(default=None, max_length=64, description="the tag of what was read")


class StaffPage(Contract):
    """Members of staff, by name."""

    items: tuple[StaffMember, ...]
    next: str | None = None


class ListStaff(Operation[StaffPage], name="cases.list_staff.v1"):
    """Members of staff: everyone for administrators and distributors, the own schools' for others."""

    school_id: UUID | None = None
    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=200)


class Identify(Operation[StaffMember], name="cases.identify.v1"):
    """Who is this, after log-in? Asked by the gateway itself with a system actor; refused logins are audited."""

    pid_lookup: str
    level: str
    session_id: str


class Guardian(Contract):
    """Someone with parental responsibility."""

    party: Party
    has_parental_responsibility: bool = True


class Pupil(Contract):
    """A pupil with those who have parental responsibility."""

    pupil_id: UUID
    name: str
    national_id: str | None = None
    school_id: UUID
    has_protected_address: bool = False
    guardians: tuple[Guardian, ...] = ()
    version: str | None = Field(default=None, description="what a change says in If-Match")


class PutPupil(Operation[Pupil], name="cases.put_pupil.v1", changes=True):
    """Create or change a pupil, found by national identity number. For administrators and distributors."""

    name: str = Field(min_length=1, max_length=200)
    national_id: str = Field(pattern=r"^\d{11}$")
    school_id: UUID
    address: PostalAddress = PostalAddress()
    has_protected_address: bool = False
    guardians: tuple[Guardian, ...] = ()
    if_match: str | None = Field(default=None, max_length=64, description="the tag of what was read")


class PupilPage(Contract):
    """Pupils, by name."""

    items: tuple[Pupil, ...]
    next: str | None = None


class ListPupils(Operation[PupilPage], name="cases.list_pupils.v1"):
    """Pupils of the schools that the actor may create cases for, without national numbers."""

    school_id: UUID | None = None
    query: str | None = Field(default=None, max_length=100)
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


# --- templates


class Template(Contract):
    """A text template (tekstmal). `source` is Typst with merge fields (M11)."""

    template_id: UUID
    code: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    language: str = Field(pattern=r"^(nb|nn|en)$")
    name: str
    kind: EventKind
    needs_approval: bool
    version: int


class PutTemplate(Operation[Template], name="cases.put_template.v1", changes=True):
    """A new version of a text template. For administrators; the source is tried with test data first."""

    code: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    language: str = Field(pattern=r"^(nb|nn|en)$")
    name: str = Field(min_length=1, max_length=200)
    kind: EventKind
    needs_approval: bool
    source: str = Field(min_length=1, max_length=200_000)
    if_match: str | None = Field(default=None, max_length=64, description="the version that was read")


class TemplateList(Contract):
    """The newest version of every template."""

    items: tuple[Template, ...]


class ListTemplates(Operation[TemplateList], name="cases.list_templates.v1"):
    """The templates that can be written from."""


# --- cases, events, documents


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

    @property
    def assessment(self) -> Assessment:
        """The one that counts."""
        return Assessment(access=self.access, public_title=self.public_title)


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


class DecideApproval(Operation[DocumentView], name="cases.decide_approval.v1", changes=True):
    """Approve, or return with a remark. For school leaders (M13)."""

    document_id: UUID
    is_approved: bool
    remark: str | None = Field(default=None, max_length=2000)


class FinishDocument(Operation[DocumentView], name="cases.finish_document.v1", changes=True):
    """Lock, and send to the archive at the same moment (M12)."""

    document_id: UUID


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


class AuditEntry(Contract):
    """One row of the audit log (M18)."""

    sequence: int
    at: datetime
    actor_id: UUID | None
    act: str
    case_id: UUID | None
    document_id: UUID | None


class AuditPage(Contract):
    """Audit rows of one case, newest first."""

    items: tuple[AuditEntry, ...]
    next: str | None = None


class ReadAudit(Operation[AuditPage], name="cases.read_audit.v1"):
    """Who has seen and done what in this case. For school leaders of the school, and administrators."""

    case_id: UUID
    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=200)
