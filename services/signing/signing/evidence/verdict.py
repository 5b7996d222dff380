"""What verification is asked, and what it answers. Both hold personal data: they stay in the vault (R3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from sikkersak.errors import Declined


class NotVerified(Declined):
    """The evidence does not hold. A person must look; the files are kept, and nothing is archived of itself."""

    def __init__(self, detail: str) -> None:
        super().__init__("signature-not-verified", detail)


class EvidenceModel(BaseModel):
    """Base of the values here: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ExpectedEvidence(EvidenceModel):
    """What we know from the order: SHA-256 (hex) of every document sent, and who were asked.

    `signers` holds one entry for each signer: the national number, or None for one addressed by contact data alone.
    """

    documents: frozenset[str] = Field(min_length=1)
    signers: tuple[str | None, ...] = Field(min_length=1, repr=False)

    @classmethod
    def of(cls, documents: Iterable[bytes], signers: Iterable[str | None]) -> Self:
        """From the documents' bytes as they were sent."""
        digests = frozenset(hashlib.sha256(document).hexdigest() for document in documents)
        return cls(documents=digests, signers=tuple(signers))


class ReceivedEvidence(EvidenceModel):
    """The files exactly as they came: the signed document and one XAdES for each signer who has signed."""

    pades: bytes = Field(repr=False)
    xades: tuple[bytes, ...] = Field(repr=False)


class DocumentVerdict(EvidenceModel):
    """The signed document's seal."""

    sha256: str
    sealed_by: str
    organisation: str | None
    signed_at: datetime | None
    timestamped: bool
    long_term_data: bool
    summary: str


class SignerVerdict(EvidenceModel):
    """One signer's evidence."""

    sha256: str
    national_id: str | None = Field(repr=False)
    name: str | None = Field(repr=False)
    method: str | None
    signed_at: datetime
    sealed_by: str
    organisation: str | None
    documents: frozenset[str]
    # Noted, not demanded: the evidence lies under the document's seal, whose timestamp says that it existed then.
    long_term_data: bool = False


class Verdict(EvidenceModel):
    """Everything held. Kept as JSON with the files, as the reason for trusting them later."""

    verified_at: datetime
    document: DocumentVerdict
    signers: tuple[SignerVerdict, ...]

    @property
    def is_for_long(self) -> bool:
        """Whether the document can be verified when the certificates of its seal have run out."""
        return self.document.timestamped and self.document.long_term_data

    def to_text(self) -> str:
        """The verdict as JSON, for `SignedEvidence.verdict`."""
        return self.model_dump_json()
