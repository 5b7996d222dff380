"""Evidence is accepted only when every part of it holds, and belongs to what was ordered."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from lxml import etree

from signing.digdir.client import DigdirPortal
from signing.evidence import EvidenceTrust, ExpectedEvidence, ReceivedEvidence, Verdict, verify_evidence
from signing.evidence.xades import verify_xades
from sikkersak.errors import Declined

StandIn = Any  # the fixture of conftest.py
SAMPLE = (
    Path(__file__).resolve().parents[3].parent
    / "shared/specs/signature-api/examples/dotnet-client-tests/ltv-sdo-2016-test-person.xml"
)
IN_2016 = datetime(2016, 1, 25, 14, 0, tzinfo=UTC)


async def signed(stand_in: StandIn, portal: DigdirPortal, reference: str = "r") -> ReceivedEvidence:
    """The files of a job that both guardians have signed."""
    created = await portal.create(stand_in.new_job(reference))
    for signer in (1, 2):
        stand_in.act(created.job_id, signer)
    change = await stand_in.next_change(portal)
    return ReceivedEvidence(
        pades=await portal.download(change.pades_url or ""),
        xades=tuple([await portal.download(signer.xades_url or "") for signer in change.signers]),
    )


def ordered(stand_in: StandIn) -> ExpectedEvidence:
    """What was ordered."""
    return ExpectedEvidence.of([document.content for document in stand_in.new_job().documents], stand_in.guardians)


async def refusal(received: ReceivedEvidence, expected: ExpectedEvidence, trust: EvidenceTrust) -> str:
    """Why the evidence is refused."""
    with pytest.raises(Declined) as refused:
        await verify_evidence(received, expected, trust)
    assert refused.value.code == "signature-not-verified"
    return refused.value.detail


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        ("pades", "endret etter at det ble forseglet"),
        ("pades-append", "dekker ikke hele"),
        ("pades-truncate", "kan ikke leses"),
        ("xades", "brutt"),
        ("other-document", "et annet dokument"),
        ("no-timestamp", "mangler et tidsstempel"),
        ("no-revocations", "ikke var tilbakekalt"),
    ],
)
async def test_what_has_been_tampered_with_is_refused(
    stand_in: StandIn, portal: DigdirPortal, tamper: str, reason: str
) -> None:
    stand_in.put("quirks", tamper=tamper)
    received = await signed(stand_in, portal)
    assert reason in await refusal(received, ordered(stand_in), stand_in.trust())


@pytest.mark.parametrize("tamper", ["no-timestamp", "no-revocations"])
async def test_where_it_is_not_demanded_missing_long_term_data_is_noted(
    stand_in: StandIn, portal: DigdirPortal, tamper: str
) -> None:
    lenient = replace(stand_in.trust(), demands_long_term=False)
    whole = await signed(stand_in, portal)
    assert (await verify_evidence(whole, ordered(stand_in), lenient)).is_for_long
    stand_in.put("quirks", tamper=tamper)
    poor = await verify_evidence(await signed(stand_in, portal, "another"), ordered(stand_in), lenient)
    assert not poor.is_for_long
    assert poor.document.timestamped is (tamper != "no-timestamp")


async def test_evidence_must_be_complete_and_its_own(stand_in: StandIn, portal: DigdirPortal) -> None:
    received, expected, trust = await signed(stand_in, portal), ordered(stand_in), stand_in.trust()
    other = await signed(stand_in, portal, "another job")
    first = received.xades[0]
    assert isinstance(await verify_evidence(received, expected, trust), Verdict)

    async def refused(**changed: object) -> str:
        return await refusal(received.model_copy(update=changed), expected, trust)

    assert "Antallet bevis" in await refused(xades=(first,))
    assert "Antallet bevis" in await refused(xades=(first, first))
    assert "hører ikke til" in await refused(xades=(first, other.xades[1]))
    assert "ingen forsegling" in await refused(pades=stand_in.new_job().documents[0].content)
    asked = expected.model_copy(update={"signers": (stand_in.guardians[0], "13926100384")})
    assert "mangler i bevisene" in await refusal(received, asked, trust)


async def test_a_seal_must_come_from_a_trusted_root_and_the_right_organisation(
    stand_in: StandIn, portal: DigdirPortal
) -> None:
    received, expected = await signed(stand_in, portal), ordered(stand_in)
    wrong_root = EvidenceTrust.read(stand_in.certificates / "ca.pem")
    assert "ikke gjort med et sertifikat vi stoler på" in await refusal(received, expected, wrong_root)
    wrong_organisation = replace(stand_in.trust(), organisations=frozenset({"310000035"}))
    assert "annen virksomhet" in await refusal(received, expected, wrong_organisation)


async def test_evidence_that_is_no_xml_or_brings_a_document_type_is_refused(stand_in: StandIn) -> None:
    for content in (b"", b"%PDF-1.7", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<a/>"):
        with pytest.raises(Declined):
            await verify_xades(content, stand_in.trust(), datetime.now(UTC))


class AnyChain(EvidenceTrust):
    """Trusts every chain, so that the rest of an old example can be looked at."""

    async def verify_chain(
        self, certificate: x509.Certificate, others: tuple[x509.Certificate, ...], moment: datetime
    ) -> None:
        """Looks at nothing."""


@pytest.mark.skipif(not SAMPLE.exists(), reason="the official example of signer evidence is not on this machine")
async def test_the_official_example_of_signer_evidence_is_understood() -> None:
    verdict = await verify_xades(SAMPLE.read_bytes(), AnyChain(()), IN_2016)
    assert verdict.organisation == "989584022"
    assert verdict.method == "BankID"
    assert verdict.signed_at == datetime.fromisoformat("2016-01-25T14:23:13.785+01:00")
    assert len(verdict.documents) == 1


@pytest.mark.skipif(not SAMPLE.exists(), reason="the official example of signer evidence is not on this machine")
async def test_the_official_example_is_refused_for_its_chain_is_signed_with_sha1() -> None:
    root = etree.fromstring(SAMPLE.read_bytes()).findall(
        "{http://www.w3.org/2000/09/xmldsig#}Signature//{*}EncapsulatedX509Certificate"
    )[-1]
    trust = EvidenceTrust((asn1.Certificate.load(base64.b64decode(root.text or "")),))
    with pytest.raises(Declined, match="ikke stoler på"):
        await verify_xades(SAMPLE.read_bytes(), trust, IN_2016)
