"""What signing says, is ordered and answers: signature jobs, signers, evidence (M20)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.notifier import ConsignmentState
from sikkersak.contracts.values import File
from sikkersak.vault.reference import VaultRef


class JobState(StrEnum):
    """Where a signature job is."""

    WAITING = "waiting"  # ordered, not yet with the signing service
    AWAITING_SIGNATURES = "awaiting_signatures"  # the signers have been invited
    SIGNED = "signed"  # everyone has signed; evidence verified and stored
    DECLINED = "declined"  # a signer said no
    EXPIRED = "expired"  # the time ran out
    FAILED = "failed"  # the service or a rule refused it; a person must act


class SigningFlow(StrEnum):
    """How those who sign come to the document."""

    PORTAL = "portal"  # invited by the signing service, in their own time
    DIRECT = "direct"  # present at the screen: led there by a link of one's own for each


class SignerProgress(StrEnum):
    """How far one signer has come."""

    WAITING = "waiting"
    SIGNED = "signed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    RESERVED = "reserved"  # against digital communication
    CONTACT_MISSING = "contact_missing"
    BLOCKED = "blocked"  # wrong security code too many times
    NAME_MISSING = "name_missing"
    CANCELLED = "cancelled"
    FAILED = "failed"  # something went wrong while signing at the screen
    NOT_APPLICABLE = "not_applicable"  # the job ended before this signer acted
    UNKNOWN = "unknown"  # a word that nobody knows yet; the job's own state is what counts


class Capacity(StrEnum):
    """For whom somebody signs."""

    SELF = "self"  # a private matter: notified by the national contact register, whose reservations count
    OTHER = "other"  # in a role: notified at the address that is given


class NextStep(StrEnum):
    """What a caseworker can do now."""

    WAIT = "wait"
    REMIND = "remind"  # talk to those who have not signed; the service itself reminds them too
    SIGN_HERE = "sign_here"  # open the signing service for the one who is present
    CANCEL = "cancel"
    ASK_AGAIN = "ask_again"  # a new job for the same document
    GIVE_CONTACT = "give_contact"  # ask again with an address of one's own
    PAPER = "paper"
    OPERATIONS = "operations"  # the set-up or the service must be looked at


class Signer(Contract):
    """One external party who is asked to sign: known by number, by contact data given, or by both."""

    national_id: str | None = Field(default=None, pattern=r"^\d{11}$")
    name: str
    order: int = Field(default=0, ge=0, le=9, description="equal ones sign side by side, the next when all have signed")
    email: str | None = Field(default=None, max_length=200, description="instead of what the contact register says")
    mobile: str | None = Field(default=None, pattern=r"^\+?\d{8,15}$")
    on_behalf_of: Capacity | None = Field(default=None, description="the school owner's setting where not given")

    @model_validator(mode="after")
    def be_somebody(self) -> Self:
        """Nobody can be asked who has neither a number nor an address."""
        if self.national_id is None and self.email is None and self.mobile is None:
            raise ValueError("a signer needs a number, an e-mail address or a mobile number")
        return self


class SigningDossier(Contract):
    """What a signature job needs, sealed in the vault (R3)."""

    title: str
    document: File
    further: tuple[File, ...] = Field(default=(), max_length=19, description="documents that are signed with it")
    signers: tuple[Signer, ...] = Field(min_length=1, max_length=10)
    days_open: int = Field(default=14, ge=1, le=90, description="for each group that signs side by side")
    opens_at: datetime | None = Field(default=None, description="at once where not given")
    level: int = Field(default=3, ge=3, le=4, description="3 allows MinID")
    is_advanced: bool = Field(default=False, description="signed with the signer's own e-ID; one document only")
    message: str = ""
    flow: SigningFlow = SigningFlow.PORTAL


class RequestSignatures(Message, type="signing.request.v1"):
    """Order: get this PDF/A signed. Key: job_id."""

    job_id: UUID
    document_id: UUID
    case_id: UUID | None = Field(default=None, description="handed back with every fact, for those who follow the case")
    school_id: UUID
    dossier: VaultRef
    asked_by: UUID | None = Field(default=None, description="who is told how it ends, and when time runs out")


class CreateJob(Message, type="signing.create.v1"):
    """Signing to itself: create the job at the signing service. Key: job_id."""

    job_id: UUID


class CancelJobAtPortal(Message, type="signing.cancel.v1"):
    """Signing to itself: withdraw the job at the signing service. Key: job_id."""

    job_id: UUID


class LookAtCeremony(Message, type="signing.look.v1"):
    """Signing to itself: somebody has come back from signing at the screen; ask the service what came of it. Key: job_id."""

    job_id: UUID


class JobChanged(Message, type="signing.job.changed.v1"):
    """Fact: how far a signature job has come."""

    job_id: UUID
    document_id: UUID
    case_id: UUID | None = Field(default=None, description="as it was ordered with")
    state: JobState
    code: str | None = None
    signed_by: int = 0
    signers: int = 0
    changed_at: datetime
    flow: SigningFlow = SigningFlow.PORTAL
    expires_at: datetime | None = None


class DocumentSigned(Message, type="signing.document.signed.v1"):
    """Fact: signed by all, verified and stored. `evidence` is a sealed `SignedEvidence`."""

    job_id: UUID
    document_id: UUID
    evidence: VaultRef
    signed_at: datetime


class SignedEvidence(Contract):
    """The signed result and its proofs, as they came and were verified (M20)."""

    pades: File
    xades: tuple[File, ...]
    verdict: str


class JobView(Contract):
    """One signature job as staff see it."""

    job_id: UUID
    document_id: UUID
    state: JobState
    code: str | None
    signed_by: int
    signers: int
    ordered_at: datetime
    expires_at: datetime | None
    changed_at: datetime
    detail: str | None = None
    choices: tuple[NextStep, ...] = ()
    flow: SigningFlow = SigningFlow.PORTAL
    delivery: ConsignmentState | None = Field(
        default=None, description="the same in the words of everything that is sent"
    )
    school_id: UUID | None = None
    attempts: int = Field(default=0, description="how often the signing service was asked to create it")


class SignerView(Contract):
    """How far one signer has come. The name is personal data: only ever inside a reply."""

    number: int
    name: str
    order: int
    state: SignerProgress
    since: datetime | None


class AttemptView(Contract):
    """One thing that was done for a job, and what came of it."""

    at: datetime
    step: str
    verdict: str


class JobDetail(Contract):
    """One signature job with its signers and everything that was done for it."""

    job: JobView
    signers: tuple[SignerView, ...]
    attempts: tuple[AttemptView, ...]


class JobPage(Contract):
    """Signature jobs, newest first."""

    items: tuple[JobView, ...]
    next: str | None = None


class ListJobs(Operation[JobPage], name="signing.list_jobs.v1"):
    """Signature jobs of one document, or of the schools the actor leads."""

    document_id: UUID | None = None
    state: JobState | None = None
    delivery: ConsignmentState | None = None
    school_id: UUID | None = None
    since: datetime | None = Field(default=None, description="ordered then or later")
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ReadJob(Operation[JobDetail], name="signing.read_job.v1"):
    """One job: who has signed, what was tried, what can be done.

    Staff without a school's or everybody's view name the document; the gateway asks only when cases has allowed it.
    """

    job_id: UUID
    document_id: UUID | None = None


class CancelJob(Operation[JobView], name="signing.cancel_job.v1", changes=True):
    """Withdraw a job before everyone has signed.

    For those who may write in every case of the school; others name the document, and the gateway asks only when cases
    has confirmed that they may write in its case.
    """

    job_id: UUID
    document_id: UUID | None = None


class Ceremony(Contract):
    """Where somebody who is present signs. The address opens once, and is not kept."""

    job_id: UUID
    signer: int
    url: str


class OpenCeremony(Operation[Ceremony], name="signing.open_ceremony.v1"):
    """A fresh address at the signing service for one signer of a job at the screen. As `CancelJob` about who may.

    Nothing is changed here: every click asks for an address of its own, and those before it open no more.
    """

    job_id: UUID
    signer: int = Field(default=1, ge=1, le=10)
    document_id: UUID | None = None


class CeremonyReturn(Contract):
    """That the return was noted, whether or not the job is known: a stranger learns nothing."""


class ReturnFromCeremony(Operation[CeremonyReturn], name="signing.return_from_ceremony.v1", changes=True):
    """The browser has come back from the signing service. Asked by the gateway itself; the token proves nothing alone."""

    job_id: UUID
    token: str = Field(min_length=1, max_length=200, repr=False)
