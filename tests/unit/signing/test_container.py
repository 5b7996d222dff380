"""The signed container, byte for byte where bytes are digested."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from signing.digdir.asice import ContainerFile, container, signatures_xml
from signing.digdir.envelope import envelope
from signing.digdir.identity import ClientIdentity
from signing.digdir.manifest import file_names, manifest_xml, request_xml
from signing.portal import (
    Availability,
    ContactInformation,
    OnBehalfOf,
    PortalDocument,
    PortalSigner,
    ShownIdentifier,
    SignatureType,
)

StandIn = Any  # the fixture of conftest.py
DS = "{http://www.w3.org/2000/09/xmldsig#}"
MOMENT = datetime(2026, 11, 23, 7, 59, 58, 120_000, tzinfo=UTC)
FILES = (
    ContainerFile("0000_samtykke.pdf", "application/pdf", b"%PDF-1.7 one"),
    ContainerFile("manifest.xml", "application/xml", b"<manifest/>"),
)
# Canonical XML written by hand: what libxml2 makes of it is under test, not trusted.
PROPERTIES = (
    '<SignedProperties xmlns="http://uri.etsi.org/01903/v1.3.2#" xmlns:ns2="http://www.w3.org/2000/09/xmldsig#"'
    ' Id="SignedProperties"><SignedSignatureProperties><SigningTime>2026-11-23T07:59:58.120Z</SigningTime>'
    "<SigningCertificate><Cert><CertDigest>"
    '<ns2:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"></ns2:DigestMethod>'
    "<ns2:DigestValue>{sha1}</ns2:DigestValue></CertDigest><IssuerSerial>"
    "<ns2:X509IssuerName>{issuer}</ns2:X509IssuerName><ns2:X509SerialNumber>{serial}</ns2:X509SerialNumber>"
    "</IssuerSerial></Cert></SigningCertificate></SignedSignatureProperties><SignedDataObjectProperties>"
    '<DataObjectFormat ObjectReference="#ID_0"><MimeType>application/pdf</MimeType></DataObjectFormat>'
    '<DataObjectFormat ObjectReference="#ID_1"><MimeType>application/xml</MimeType></DataObjectFormat>'
    "</SignedDataObjectProperties></SignedProperties>"
)
INFO = (
    '<SignedInfo xmlns="http://www.w3.org/2000/09/xmldsig#">'
    '<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></CanonicalizationMethod>'
    '<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>'
    '<Reference Id="ID_0" URI="0000_samtykke.pdf">'
    '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod>'
    "<DigestValue>{first}</DigestValue></Reference>"
    '<Reference Id="ID_1" URI="manifest.xml">'
    '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod>'
    "<DigestValue>{second}</DigestValue></Reference>"
    '<Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#SignedProperties"><Transforms>'
    '<Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></Transform></Transforms>'
    '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod>'
    "<DigestValue>{properties}</DigestValue></Reference></SignedInfo>"
)


@pytest.fixture(scope="module")
def identity(certificates: Any) -> ClientIdentity:
    """The sender's certificate."""
    return ClientIdentity.read(certificates / "client.pem")


def sha256(content: bytes) -> str:
    """Digest as XML carries it."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def test_digests_and_signature_are_over_the_canonical_form_written_by_hand(identity: ClientIdentity) -> None:
    certificate = identity.certificate
    thumbprint = hashlib.sha1(certificate.public_bytes(Encoding.DER), usedforsecurity=False).digest()
    properties = PROPERTIES.format(
        sha1=base64.b64encode(thumbprint).decode(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=certificate.serial_number,
    )
    info = INFO.format(
        first=sha256(FILES[0].content), second=sha256(FILES[1].content), properties=sha256(properties.encode())
    )
    root = etree.fromstring(signatures_xml(FILES, identity, MOMENT))
    value = base64.b64decode(root.findtext(f"{DS}Signature/{DS}SignatureValue") or "")
    identity.key.public_key().verify(value, info.encode(), PKCS1v15(), hashes.SHA256())
    assert root.findall(f".//{DS}DigestValue")[2].text == sha256(properties.encode())


def test_the_whole_chain_is_in_the_signature(identity: ClientIdentity) -> None:
    root = etree.fromstring(signatures_xml(FILES, identity, MOMENT))
    found = [base64.b64decode(element.text or "") for element in root.iter(f"{DS}X509Certificate")]
    assert found == [certificate.public_bytes(Encoding.DER) for certificate in identity.chain]
    assert len(found) == 2


def test_the_container_holds_the_files_and_one_signature_and_nothing_else(identity: ClientIdentity) -> None:
    with zipfile.ZipFile(io.BytesIO(container(FILES, identity, MOMENT))) as archive:
        assert archive.namelist() == ["0000_samtykke.pdf", "manifest.xml", "META-INF/signatures.xml"]
        assert archive.read("0000_samtykke.pdf") == FILES[0].content


def test_file_names_are_unique_plain_and_short() -> None:
    titles = ("Samtykke på nytt: æøå/..", "Samtykke på nytt: æøå/..", "!!!", "x" * 80)
    names = file_names([PortalDocument(title=title, content=b"%PDF-1.7") for title in titles])
    assert names[:3] == ["0000_samtykke_pa_nytt_aeoa.pdf", "0001_samtykke_pa_nytt_aeoa.pdf", "0002_dokument.pdf"]
    assert all(name.isascii() and 4 <= len(name) <= 100 for name in names)


def test_the_manifest_says_everything_the_job_says_in_the_order_of_the_schema(stand_in: StandIn) -> None:
    contact = ContactInformation(email="b@example.org", mobile="99999999")
    job = stand_in.new_job(
        signers=(
            PortalSigner(national_id=stand_in.guardians[0]),
            PortalSigner(
                national_id=stand_in.guardians[1],
                notification=contact,
                on_behalf_of=OnBehalfOf.OTHER,
                order=1,
                signature_type=SignatureType.ADVANCED,
            ),
        )
    ).model_copy(
        update={
            "description": "Les <dette> & signer",
            "availability": Availability(activation=MOMENT),
            "shown_identifier": ShownIdentifier.BIRTH_DATE_AND_NAME,
        }
    )
    assert manifest_xml(job, stand_in.sender).decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<portal-signature-job-manifest xmlns="http://signering.posten.no/schema/v1"><signers>'
        f'<signer order="0"><personal-identification-number>{stand_in.guardians[0]}</personal-identification-number>'
        "<signature-type>AUTHENTICATED_ELECTRONIC_SIGNATURE</signature-type>"
        "<notifications-using-lookup><email/><sms/></notifications-using-lookup><on-behalf-of>SELF</on-behalf-of></signer>"
        f'<signer order="1"><personal-identification-number>{stand_in.guardians[1]}</personal-identification-number>'
        "<signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type>"
        '<notifications><email address="b@example.org"/><sms number="99999999"/></notifications>'
        "<on-behalf-of>OTHER</on-behalf-of></signer></signers>"
        f"<sender><organization-number>{stand_in.sender}</organization-number></sender>"
        "<title>Samtykke</title><nonsensitive-title>Skjema fra skolen</nonsensitive-title>"
        "<description>Les &lt;dette&gt; &amp; signer</description><documents>"
        '<document href="0000_samtykke_pa_nytt.pdf" mime="application/pdf"><title>Samtykke på nytt</title></document>'
        "</documents><required-authentication>3</required-authentication>"
        "<availability><activation-time>2026-11-23T07:59:58+00:00</activation-time></availability>"
        "<identifier-in-signed-documents>DATE_OF_BIRTH_AND_NAME</identifier-in-signed-documents>"
        "</portal-signature-job-manifest>"
    )


def test_the_envelope_has_two_parts_between_boundaries() -> None:
    made = envelope(request_xml("r", "q"), b"PK")
    boundary = made.content_type.removeprefix("multipart/mixed; boundary=").encode()
    assert made.body.split(b"--" + boundary) == [
        b"",
        b"\r\nContent-Type: application/xml\r\n\r\n" + request_xml("r", "q") + b"\r\n",
        b"\r\nContent-Type: application/octet-stream\r\n\r\nPK\r\n",
        b"--\r\n",
    ]


@pytest.mark.parametrize(
    "signer",
    [
        {"national_id": None},
        {"national_id": "15926100175", "on_behalf_of": "OTHER"},
        {"national_id": "1592610017"},
        {"national_id": "15926100175", "order": 10},
    ],
)
def test_a_signer_that_the_service_would_refuse_cannot_be_said(signer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        PortalSigner(**signer)
