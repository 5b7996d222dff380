"""The port to the signing service: what a signature job is, what the service answers, and what a client promises (M20).

The words follow Digdir's signing service (portal flow); another service would be fitted to them in its own adapter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sikkersak.errors import Transient

DOCUMENT_BYTES_IN_ALL = 10_485_760
LONGEST_AVAILABILITY = timedelta(days=90)


class OutcomeUnknown(Transient):
    """A job was sent and no answer came: it may or may not exist at the service.

    Creating has no idempotency key, so the order is never simply repeated. Poll for at least one round; a change that
    carries our reference tells that the job exists. Only then may a rule or a person decide to create it again.
    """


class SignatureType(StrEnum):
    """How strongly a signature is bound to the signer."""

    AUTHENTICATED = "AUTHENTICATED_ELECTRONIC_SIGNATURE"  # public senders' default; MinID is enough at level 3
    ADVANCED = "ADVANCED_ELECTRONIC_SIGNATURE"  # the signer's own e-ID signs; BankID or Buypass


class SecurityLevel(StrEnum):
    """The lowest level a signer must log in at."""

    SUBSTANTIAL = "3"  # MinID allowed
    HIGH = "4"  # the service's own default: all but MinID


class OnBehalfOf(StrEnum):
    """In which capacity a signer signs."""

    SELF = "SELF"  # a private matter; the contact register's reservation counts
    OTHER = "OTHER"  # in a role; the sender must give contact data


class ShownIdentifier(StrEnum):
    """What the signed document shows about a signer."""

    NUMBER_AND_NAME = "PERSONAL_IDENTIFICATION_NUMBER_AND_NAME"
    BIRTH_DATE_AND_NAME = "DATE_OF_BIRTH_AND_NAME"
    NAME = "NAME"


class PortalModel(BaseModel):
    """Base of the port's values: immutable, and nothing unknown slips in."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ContactInformation(PortalModel):
    """Where a signer is notified, given by the sender."""

    email: str | None = Field(default=None, min_length=3)
    mobile: str | None = Field(default=None, min_length=8)

    @model_validator(mode="after")
    def reach_someone(self) -> Self:
        """An address that reaches nobody is refused."""
        if self.email is None and self.mobile is None:
            raise ValueError("contact information needs an e-mail address, a mobile number, or both")
        return self


class RegisterLookup(PortalModel):
    """The service notifies by the national contact register, and so respects the citizen's reservation."""

    sms: bool = True


class PortalSigner(PortalModel):
    """One person asked to sign. Without a national number the signer is identified by contact information alone."""

    national_id: str | None = Field(default=None, pattern=r"^[0-9]{11}$")
    notification: RegisterLookup | ContactInformation = RegisterLookup()
    signature_type: SignatureType = SignatureType.AUTHENTICATED
    on_behalf_of: OnBehalfOf = OnBehalfOf.SELF
    order: int = Field(default=0, ge=0, le=9)

    @model_validator(mode="after")
    def look_up_citizens_only(self) -> Self:
        """The contact register knows people by number, and only in private matters."""
        is_citizen = self.national_id is not None and self.on_behalf_of is OnBehalfOf.SELF
        if isinstance(self.notification, RegisterLookup) and not is_citizen:
            raise ValueError("lookup in the contact register needs a national number and on_behalf_of SELF")
        return self


class PortalDocument(PortalModel):
    """One PDF to sign."""

    title: str = Field(min_length=1, max_length=80)
    content: bytes = Field(min_length=1, repr=False)


class Availability(PortalModel):
    """When the job opens and how long each group of signers has. The service's own default is at once and 30 days."""

    activation: datetime | None = None
    duration: timedelta | None = Field(default=None, ge=timedelta(), le=LONGEST_AVAILABILITY)


class PortalJob(PortalModel):
    """A whole job. Personal data may stand in national_id, title and description only."""

    reference: str = Field(min_length=1, max_length=50)
    title: str = Field(min_length=1, max_length=80)
    nonsensitive_title: str = Field(min_length=1, max_length=80)
    description: str = Field(default="", max_length=220)
    documents: tuple[PortalDocument, ...] = Field(min_length=1, max_length=20)
    signers: tuple[PortalSigner, ...] = Field(min_length=1, max_length=10)
    security_level: SecurityLevel = SecurityLevel.SUBSTANTIAL
    availability: Availability = Availability()
    shown_identifier: ShownIdentifier | None = None

    @model_validator(mode="after")
    def fit_the_service(self) -> Self:
        """Together the documents stay under the service's limit; advanced signatures take one document."""
        if sum(len(document.content) for document in self.documents) > DOCUMENT_BYTES_IN_ALL:
            raise ValueError(f"the documents exceed {DOCUMENT_BYTES_IN_ALL} bytes in all")
        advanced = any(signer.signature_type is SignatureType.ADVANCED for signer in self.signers)
        if advanced and len(self.documents) > 1:
            raise ValueError("a public sender's advanced signature takes one document")
        return self


class JobCreated(PortalModel):
    """The service has taken the job."""

    job_id: int
    reference: str | None
    cancellation_url: str


class PortalJobState(StrEnum):
    """Where a job is, at the service."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED_SUCCESSFULLY"
    FAILED = "FAILED"


class SignerState(StrEnum):
    """Where one signer is. New words may come: they are UNKNOWN, logged, and the job's own state is what counts."""

    WAITING = "WAITING"
    SIGNED = "SIGNED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    RESERVED = "RESERVED"  # reserved against digital communication: another road is needed
    CONTACT_INFORMATION_MISSING = "CONTACT_INFORMATION_MISSING"  # as above
    BLOCKED = "BLOCKED"  # wrong security code too many times
    NAME_NOT_AVAILABLE = "SIGNERS_NAME_NOT_AVAILABLE"  # permanent: the same job again gives the same
    NOT_APPLICABLE = "NOT_APPLICABLE"  # the job ended before this signer acted
    UNKNOWN = "UNKNOWN"


class SignerStatus(PortalModel):
    """One signer in a status answer. `word` is the service's own, kept for the log when the state is UNKNOWN."""

    state: SignerState
    word: str
    since: datetime | None
    national_id: str | None = None
    contact: ContactInformation | None = None
    xades_url: str | None = None


class StatusChange(PortalModel):
    """The full present state of one job, not an event; the same change may come again until it is confirmed."""

    job_id: int
    reference: str | None
    state: PortalJobState
    signers: tuple[SignerStatus, ...]
    confirmation_url: str
    cancellation_url: str | None = None
    delete_documents_url: str | None = None
    pades_url: str | None = None
    raw: bytes = Field(repr=False)


class Poll(PortalModel):
    """An answer to a poll: at most one change, and the moment (our clock) before which nobody may poll again."""

    change: StatusChange | None
    next_poll_at: datetime


class SigningPortal(Protocol):
    """What signing needs of the service. Every method may raise `Transient` and `Declined` (R5)."""

    async def create(self, job: PortalJob) -> JobCreated:
        """Order signatures. `OutcomeUnknown` when nobody can say whether the job now exists."""

    async def poll(self, queue: str | None = None) -> Poll:
        """Take at most one change off a queue, our own where none is named. It comes back after ten minutes unless confirmed."""

    async def download(self, url: str) -> bytes:
        """Fetch a signed file (`pades_url`, `xades_url`), whole or not at all."""

    async def confirm(self, change: StatusChange) -> None:
        """Tell that the change is saved here (R7). Only after the files are stored."""

    async def cancel(self, cancellation_url: str) -> None:
        """Withdraw a job. `Declined("signing-job-finished")` when it is too late."""

    async def describe_access(self) -> str:
        """Who the service takes us for; a probe for readiness."""
