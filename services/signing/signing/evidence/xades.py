"""One signer's evidence: an XAdES around a description of who signed which document (LTV-SDO from the e-ID broker).

The form of today's evidence for authenticated signatures is not published, so elements are found by local name and
optional parts are not relied on. Everything that is read comes from the signed part alone.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from signing.digdir.identity import organisation_of
from signing.digdir.names import DS, SHA256, XADES
from signing.evidence.trust import EvidenceTrust
from signing.evidence.verdict import NotVerified, SignerVerdict

_BROKEN: Final = "Beviset fra en undertegner er brutt eller kan ikke leses."
_STRONG: Final = {
    SHA256: "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
_METHODS: Final = frozenset(method for method in SignatureMethod if method.name.startswith(("RSA_SHA", "ECDSA_SHA")))
_DIGESTS: Final = frozenset(DigestAlgorithm(algorithm) for algorithm in _STRONG)


async def verify_xades(content: bytes, trust: EvidenceTrust, moment: datetime) -> SignerVerdict:
    """What the evidence says, once its seal and the seal's owner hold. `NotVerified` otherwise. Blocking."""
    root = _parse(content)
    certificates = _certificates(root, f".//{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate")
    if not certificates:
        raise NotVerified(_BROKEN)
    seal = certificates[0]
    signed, properties = _verify_signature(root, seal, moment)
    _verify_certificate_digest(properties, seal)
    values = _certificates(root, f".//{{{XADES}}}CertificateValues/{{{XADES}}}EncapsulatedX509Certificate")
    await trust.verify_chain(seal, (*certificates[1:], *values), moment)
    return SignerVerdict(
        sha256=hashlib.sha256(content).hexdigest(),
        national_id=_text(signed, "SignerNationalId"),
        name=_text(signed, "SignerDisplayName"),
        method=_text(signed, "SignatureTypeFriendlyName"),
        signed_at=_signing_time(signed, properties),
        sealed_by=seal.subject.rfc4514_string(),
        organisation=organisation_of(seal),
        documents=_document_digests(signed),
        long_term_data=next(root.iter(f"{{{XADES}}}EncapsulatedOCSPValue", f"{{{XADES}}}EncapsulatedCRLValue"), None)
        is not None,
    )


def _verify_signature(
    root: etree._Element, seal: x509.Certificate, moment: datetime
) -> tuple[etree._Element, etree._Element]:
    """The signed document and the signed properties, as the signature covers them and not as they stand in the file."""
    configuration = SignatureConfiguration(
        location="./",
        expect_references=True,  # any number: which ones matter is decided below
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
        verification_time=moment,
    )
    try:
        results = XMLVerifier().verify(root, x509_cert=seal, id_attribute="Id", expect_config=configuration)
    except (SignXMLException, InvalidSignature, etree.LxmlError, ValueError) as error:
        raise NotVerified(_BROKEN) from error
    covered = [part.signed_xml for part in results] if isinstance(results, list) else []
    documents = [part for part in covered if part is not None and part.tag == root.tag]
    properties = [part for part in covered if part is not None and part.tag == f"{{{XADES}}}SignedProperties"]
    if len(documents) != 1 or len(properties) != 1:
        raise NotVerified("Beviset fra en undertegner er ikke forseglet i sin helhet.")
    return documents[0], properties[0]


def _verify_certificate_digest(properties: etree._Element, seal: x509.Certificate) -> None:
    """The signed properties must name the very certificate that the signature was checked with."""
    digest = next(properties.iter(f"{{{XADES}}}CertDigest"), None)
    method = digest.find(f"{{{DS}}}DigestMethod") if digest is not None else None
    algorithm = _STRONG.get(method.get("Algorithm", "")) if method is not None else None
    if digest is None or algorithm is None:
        raise NotVerified(_BROKEN)
    actual = hashlib.new(algorithm, seal.public_bytes(Encoding.DER)).digest()
    if _decode(digest.findtext(f"{{{DS}}}DigestValue")) != actual:
        raise NotVerified(_BROKEN)


def _document_digests(signed: etree._Element) -> frozenset[str]:
    """SHA-256 (hex) of the documents this signer signed; evidence that names none proves nothing."""
    found = [
        _decode(element.text).hex()
        for element in signed.iterfind(".//{*}DocumentDescription/{*}DocumentDigest")
        if element.get("alg") == SHA256
    ]
    if not found:
        raise NotVerified("Beviset fra en undertegner sier ikke hvilket dokument som er signert.")
    return frozenset(found)


def _signing_time(signed: etree._Element, properties: etree._Element) -> datetime:
    text = signed.findtext(".//{*}SignatureDescription/{*}SigningTime") or _text(properties, "SigningTime")
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError as error:
        raise NotVerified(_BROKEN) from error
    if moment.tzinfo is None:
        raise NotVerified(_BROKEN)
    return moment


def _parse(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotVerified(_BROKEN) from error
    if root.getroottree().docinfo.doctype:
        raise NotVerified(_BROKEN)
    return root


def _certificates(root: etree._Element, path: str) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_der_x509_certificate(_decode(element.text)) for element in root.iterfind(path))
    except ValueError as error:
        raise NotVerified(_BROKEN) from error


def _decode(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except ValueError as error:
        raise NotVerified(_BROKEN) from error


def _text(element: etree._Element, name: str) -> str | None:
    text = element.findtext(f".//{{*}}{name}")
    return text.strip() or None if text else None
