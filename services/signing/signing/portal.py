"""The port to the signing service: what a signature job is, what the service answers, and what a client promises (M20).

The words follow Digdir's signing service (portal and direct flow); another service would be fitted to them in its own adapter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sikkersak.contracts.signing import SigningFlow
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


class DirectSigner(PortalModel):
    """One person who signs at the screen. Without a national number, `identifier` is our own name for the signer."""

    national_id: str | None = Field(default=None, pattern=r"^[0-9]{11}$")
    identifier: str | None = Field(default=None, min_length=1, max_length=80)
    signature_type: SignatureType = SignatureType.AUTHENTICATED
    on_behalf_of: OnBehalfOf = OnBehalfOf.SELF

    @model_validator(mode="after")
    def be_known_by_one_thing(self) -> Self:
        """The service takes the number or our own identifier, never both."""
        if (self.national_id is None) == (self.identifier is None):
            raise ValueError("a signer is known by a national number or by an identifier of ours")
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
        _fit(self.documents, self.signers)
        return self


class ExitUrls(PortalModel):
    """Where the browser is sent when the signer is done, has said no, or something failed."""

    completion: str = Field(max_length=500)
    rejection: str = Field(max_length=500)
    error: str = Field(max_length=500)


class DirectJob(PortalModel):
    """A whole job for people at the screen: active at once, open for thirty days, and nobody is notified."""

    reference: str = Field(min_length=1, max_length=50)
    title: str = Field(min_length=1, max_length=80)
    description: str = Field(default="", max_length=220)
    documents: tuple[PortalDocument, ...] = Field(min_length=1, max_length=20)
    signers: tuple[DirectSigner, ...] = Field(min_length=1, max_length=10)
    exits: ExitUrls
    security_level: SecurityLevel = SecurityLevel.SUBSTANTIAL
    shown_identifier: ShownIdentifier | None = None

    @model_validator(mode="after")
    def fit_the_service(self) -> Self:
        """As a portal job."""
        _fit(self.documents, self.signers)
        return self


def _fit(documents: tuple[PortalDocument, ...], signers: tuple[PortalSigner | DirectSigner, ...]) -> None:
    if sum(len(document.content) for document in documents) > DOCUMENT_BYTES_IN_ALL:
        raise ValueError(f"the documents exceed {DOCUMENT_BYTES_IN_ALL} bytes in all")
    advanced = any(signer.signature_type is SignatureType.ADVANCED for signer in signers)
    if advanced and len(documents) > 1:
        raise ValueError("a public sender's advanced signature takes one document")


class JobCreated(PortalModel):
    """The service has taken the job."""

    job_id: int
    reference: str | None
    cancellation_url: str


class DirectJobCreated(PortalModel):
    """The service has taken a job for the screen. `signers` are addresses for our server, one a signer, in order."""

    job_id: int
    reference: str | None
    status_url: str | None
    signers: tuple[str, ...] = Field(min_length=1)


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
    NAME_NOT_AVAILABLE = "SIGNERS_NAME_NOT_AVAILABLE"  # permanent in the portal: the same job again gives the same
    FAILED = "FAILED"  # an unexpected error while signing at the screen
    NOT_APPLICABLE = "NOT_APPLICABLE"  # the job ended before this signer acted
    UNKNOWN = "UNKNOWN"


class SignerStatus(PortalModel):
    """One signer in a status answer. `word` is the service's own, kept for the log when the state is UNKNOWN."""

    state: SignerState
    word: str
    since: datetime | None
    national_id: str | None = None
    identifier: str | None = None
    contact: ContactInformation | None = None
    xades_url: str | None = None


class StatusChange(PortalModel):
    """The full present state of one job, not an event; the same change may come again until it is confirmed."""

    job_id: int
    reference: str | None
    state: PortalJobState
    signers: tuple[SignerStatus, ...]
    confirmation_url: str | None
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

    async def create_direct(self, job: DirectJob) -> DirectJobCreated:
        """Order signatures at the screen. `OutcomeUnknown` as `create`."""

    async def redirect(self, signer_url: str) -> str:
        """A fresh address for one signer's browser; it opens once."""

    async def look(self, status_url: str, token: str) -> StatusChange:
        """Where a job at the screen is, by the token that the browser brought back.

        `Declined` while the signer is not done, and for a token that is none or no longer one: not asked again with it.
        """

    async def poll(self, queue: str | None = None, flow: SigningFlow = SigningFlow.PORTAL) -> Poll:
        """Take at most one change off a queue of a flow, our own where none is named.

        It comes back after ten minutes unless confirmed.
        """

    async def download(self, url: str) -> bytes:
        """Fetch a signed file (`pades_url`, `xades_url`), whole or not at all."""

    async def confirm(self, change: StatusChange) -> None:
        """Tell that the change is saved here (R7), where it can be told. Only after the files are stored."""

    async def cancel(self, cancellation_url: str) -> None:
        """Withdraw a job. `Declined("signing-job-finished")` when it is too late."""

    async def describe_access(self) -> str:
        """Who the service takes us for; a probe for readiness."""
