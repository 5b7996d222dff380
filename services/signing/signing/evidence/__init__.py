"""Whether what came back is what was signed: the document's seal (PAdES) and each signer's evidence (XAdES) (M20)."""

from __future__ import annotations

from signing.evidence.trust import EvidenceTrust
from signing.evidence.verdict import DocumentVerdict, ExpectedEvidence, ReceivedEvidence, SignerVerdict, Verdict
from signing.evidence.verification import verify_evidence

__all__ = [
    "DocumentVerdict",
    "EvidenceTrust",
    "ExpectedEvidence",
    "ReceivedEvidence",
    "SignerVerdict",
    "Verdict",
    "verify_evidence",
]
