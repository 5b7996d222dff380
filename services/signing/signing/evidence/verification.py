"""The rule of acceptance: document and evidence hold each by itself, belong together, and answer what we ordered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from signing.evidence.pades import verify_pades
from signing.evidence.trust import EvidenceTrust
from signing.evidence.verdict import ExpectedEvidence, NotVerified, ReceivedEvidence, SignerVerdict, Verdict
from signing.evidence.xades import verify_xades
from sikkersak.clock import now


async def verify_evidence(
    received: ReceivedEvidence, expected: ExpectedEvidence, trust: EvidenceTrust, clock: Callable[[], datetime] = now
) -> Verdict:
    """The verdict, or `Declined("signature-not-verified")` naming what does not hold. Runs in a thread.

    The service sets a new front page on the document, so its bytes are not those we sent. The bond is: the seal covers
    the attached evidence of every signer, each evidence is sealed by itself, and names the digest of what we sent.
    """
    return await asyncio.to_thread(lambda: asyncio.run(_verify(received, expected, trust, clock())))


async def _verify(
    received: ReceivedEvidence, expected: ExpectedEvidence, trust: EvidenceTrust, moment: datetime
) -> Verdict:
    document = await verify_pades(received.pades, trust, moment)
    signers = tuple([await verify_xades(xades, trust, moment) for xades in received.xades])
    _require_signers(signers, expected)
    for signer in signers:
        if signer.documents != expected.documents:
            raise NotVerified("En undertegner har signert et annet dokument enn det vi sendte.")
        if signer.sha256 not in document.attachments:
            raise NotVerified("Beviset fra en undertegner hører ikke til det signerte dokumentet.")
    return Verdict(verified_at=moment, document=document.verdict, signers=signers)


def _require_signers(signers: tuple[SignerVerdict, ...], expected: ExpectedEvidence) -> None:
    """As many as were asked, everyone asked by number among them, and nobody counted twice."""
    if len(signers) != len(expected.signers) or len({signer.sha256 for signer in signers}) != len(signers):
        raise NotVerified("Antallet bevis er ikke det samme som antallet undertegnere.")
    asked = Counter(number for number in expected.signers if number is not None)
    signed = Counter(signer.national_id for signer in signers)
    if any(signed[number] < times for number, times in asked.items()):
        raise NotVerified("En av dem som skulle signere, mangler i bevisene.")
