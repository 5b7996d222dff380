"""What signing says, is ordered and answers: signature jobs, signers, evidence (M20)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Message, Operation
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


class Signer(Contract):
    """One external party who is asked to sign."""

    national_id: str = Field(pattern=r"^\d{11}$")
    name: str
    order: int = Field(default=0, ge=0)


class SigningDossier(Contract):
    """What a signature job needs, sealed in the vault (R3)."""

    title: str
    document: File
    signers: tuple[Signer, ...] = Field(min_length=1)
    days_open: int = Field(default=14, ge=1, le=90)
    message: str = ""


class RequestSignatures(Message, type="signing.request.v1"):
    """Order: get this PDF/A signed. Key: job_id."""

    job_id: UUID
    document_id: UUID
    school_id: UUID
    dossier: VaultRef


class CreateJob(Message, type="signing.create.v1"):
    """Signing to itself: create the job at the signing service. Key: job_id."""

    job_id: UUID


class JobChanged(Message, type="signing.job.changed.v1"):
    """Fact: how far a signature job has come."""

    job_id: UUID
    document_id: UUID
    state: JobState
    code: str | None = None
    signed_by: int = 0
    signers: int = 0
    changed_at: datetime


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


class JobPage(Contract):
    """Signature jobs, newest first."""

    items: tuple[JobView, ...]
    next: str | None = None


class ListJobs(Operation[JobPage], name="signing.list_jobs.v1"):
    """Signature jobs of one document, or of the schools the actor leads."""

    document_id: UUID | None = None
    state: JobState | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)
