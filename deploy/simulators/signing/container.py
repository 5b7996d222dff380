"""Opens the signed container (ASiC-E) and verifies its XAdES signature, with another library than clients build it with.

The profile: RSA with SHA-256, one reference without transforms for each file, signed properties with the signing
certificate (SHA-1), and a signing time within five seconds of now.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from simulators.signing.grammar import parse
from simulators.signing.refusal import CONTAINER, Refused

SIGNATURES = "META-INF/signatures.xml"
MANIFEST = "manifest.xml"
CLOCK_TOLERANCE = timedelta(seconds=5)
_LARGEST_ENTRY = 32 * 1024 * 1024
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
_C14N = CanonicalizationMethod.CANONICAL_XML_1_0


class _Verifier(XMLVerifier):
    """libxml2 writes a false `xmlns=""` where names use default namespaces; the profile has no true one."""

    excise_empty_xmlns_declarations = True


def open_container(
    content: bytes, root: x509.Certificate, organisation: str | None, moment: datetime | None = None
) -> dict[str, bytes]:
    """The files outside META-INF, all covered by a valid signature of `organisation` made at `moment`."""
    entries = _entries(content)
    signatures = entries.pop(SIGNATURES, None)
    if signatures is None:
        raise Refused(CONTAINER, f"{SIGNATURES} is missing")
    if any(name.startswith("META-INF/") for name in entries):
        raise Refused(CONTAINER, "META-INF holds other files than signatures.xml")
    if MANIFEST not in entries:
        raise Refused(CONTAINER, f"{MANIFEST} is missing")
    certificate = _verify(signatures, entries, root, organisation)
    _verify_properties(parse(signatures), certificate, moment or datetime.now(UTC))
    return entries


def _entries(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = archive.infolist()
            if len({entry.filename for entry in found}) != len(found):
                raise Refused(CONTAINER, "Two files have the same name")
            if any(entry.file_size > _LARGEST_ENTRY for entry in found):
                raise Refused(CONTAINER, "A file in the container is too large")
            return {entry.filename: archive.read(entry) for entry in found if not entry.is_dir()}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, RuntimeError) as error:
        raise Refused(CONTAINER, f"Not a readable ZIP: {error}") from error


def _verify(
    signatures: bytes, files: dict[str, bytes], root: x509.Certificate, organisation: str | None
) -> x509.Certificate:
    document = parse(signatures)
    if document.tag != "{http://uri.etsi.org/2918/v1.2.1#}XAdESSignatures" or len(document) != 1:
        raise Refused(CONTAINER, "Expected XAdESSignatures with one Signature")
    _verify_references(document, files)
    certificate = _certificate(document, root, organisation)
    configuration = SignatureConfiguration(
        location="./",
        expect_references=len(files) + 1,
        signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        default_reference_c14n_method=_C14N,
    )

    def file(uri: str) -> bytes | None:
        return files.get(unquote(uri))

    try:
        _Verifier().verify(
            signatures, x509_cert=certificate, uri_resolver=file, id_attribute="Id", expect_config=configuration
        )
    except (SignXMLException, InvalidSignature, etree.LxmlError, ValueError) as error:
        raise Refused(CONTAINER, f"The signature is not valid: {error}") from error
    return certificate


def _verify_references(document: etree._Element, files: dict[str, bytes]) -> None:
    signed: list[str] = []
    ids: set[str] = set()
    for reference in document.iter(f"{_DS}Reference"):
        if reference.get("URI") == "#SignedProperties":
            if reference.get("Type") != "http://uri.etsi.org/01903#SignedProperties":
                raise Refused(CONTAINER, "The reference to SignedProperties lacks its type")
            continue
        if reference.find(f"{_DS}Transforms") is not None:
            raise Refused(CONTAINER, "A reference to a file has transforms")
        signed.append(unquote(reference.get("URI", "")))
        ids.add(f"#{reference.get('Id')}")
    if sorted(signed) != sorted(files):
        raise Refused(CONTAINER, "The signature does not cover exactly the files of the container")
    described = {element.get("ObjectReference") for element in document.iter(f"{_XADES}DataObjectFormat")}
    if described != ids:
        raise Refused(CONTAINER, "Expected one DataObjectFormat for each file")


def _certificate(document: etree._Element, root: x509.Certificate, organisation: str | None) -> x509.Certificate:
    found = document.findtext(f".//{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(found or ""))
        certificate.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise Refused(CONTAINER, "The signing certificate is missing or not trusted") from error
    if organisation is not None and organisation_of(certificate) != organisation:
        raise Refused(CONTAINER, "The container is signed by another organisation")
    return certificate


def _verify_properties(document: etree._Element, certificate: x509.Certificate, now: datetime) -> None:
    digest = document.find(f".//{_XADES}SigningCertificate/{_XADES}Cert/{_XADES}CertDigest")
    method = digest.find(f"{_DS}DigestMethod") if digest is not None else None
    if digest is None or method is None or method.get("Algorithm") != DigestAlgorithm.SHA1.value:
        raise Refused(CONTAINER, "Expected SigningCertificate with a SHA-1 digest")
    actual = hashlib.sha1(certificate.public_bytes(Encoding.DER), usedforsecurity=False).digest()
    if base64.b64decode(digest.findtext(f"{_DS}DigestValue") or "") != actual:
        raise Refused(CONTAINER, "SigningCertificate is not the certificate that signed")
    moment = document.findtext(f".//{_XADES}SigningTime") or ""
    try:
        off = abs(datetime.fromisoformat(moment) - now)
    except (ValueError, TypeError) as error:
        raise Refused(CONTAINER, "SigningTime is not a point in time with zone") from error
    if off > CLOCK_TOLERANCE:
        raise Refused(CONTAINER, f"SigningTime is {off.total_seconds():.0f} seconds wrong; at most 5 are allowed")


def organisation_of(certificate: x509.Certificate) -> str | None:
    """The organisation number in a certificate that `authority` issued."""
    found = certificate.subject.get_attributes_for_oid(x509.ObjectIdentifier("2.5.4.97"))
    return str(found[0].value).removeprefix("NTRNO-") if found else None
