"""The signed container (ASiC-E with XAdES baseline B) that carries documents and manifest to the signing service.

Built by hand with lxml because the service's profile differs from what signxml writes: version 1 signing certificate
with a SHA-1 digest, no reference to KeyInfo, exactly one reference per file.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from signing.digdir.identity import ClientIdentity
from signing.digdir.names import ASIC, C14N, DS, RSA_SHA256, SHA1, SHA256, SIGNED_PROPERTIES, XADES

MANIFEST: Final = "manifest.xml"
SIGNATURES: Final = "META-INF/signatures.xml"
# A ZIP entry carries a time of its own; a fixed one keeps equal input equal output. The signing time is in the XML.
_ENTRY_TIME: Final = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ContainerFile:
    """One file in the container, outside META-INF."""

    name: str
    mime: str
    content: bytes


def container(files: Sequence[ContainerFile], identity: ClientIdentity, signed_at: datetime) -> bytes:
    """The ZIP with `files` and one signature over all of them. `signed_at` must be right within five seconds.

    Blocking: hashes up to 10 MB and makes an RSA signature.
    """
    signatures = signatures_xml(files, identity, signed_at)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(_entry(file.name), file.content)
        archive.writestr(_entry(SIGNATURES), signatures)
    return buffer.getvalue()


def signatures_xml(files: Sequence[ContainerFile], identity: ClientIdentity, signed_at: datetime) -> bytes:
    """`META-INF/signatures.xml`: final bytes, never to be reformatted."""
    properties = _signed_properties(files, identity, signed_at)
    info = _signed_info(files, hashlib.sha256(_canonical(properties)).digest())
    value = identity.key.sign(_canonical(info), PKCS1v15(), hashes.SHA256())
    root = etree.Element(f"{{{ASIC}}}XAdESSignatures", nsmap={None: ASIC})
    signature = etree.SubElement(root, f"{{{DS}}}Signature", attrib={"Id": "Signature"}, nsmap={None: DS})
    signature.append(info)
    _add(signature, DS, "SignatureValue", _base64(value))
    data = _add(_add(signature, DS, "KeyInfo"), DS, "X509Data")
    for certificate in identity.chain:
        _add(data, DS, "X509Certificate", _base64(certificate.public_bytes(Encoding.DER)))
    qualifying = etree.SubElement(
        _add(signature, DS, "Object"),
        f"{{{XADES}}}QualifyingProperties",
        attrib={"Target": "#Signature"},
        nsmap={None: XADES, "ns2": DS},
    )
    qualifying.append(properties)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=False)


def _signed_info(files: Sequence[ContainerFile], properties_digest: bytes) -> etree._Element:
    info = etree.Element(f"{{{DS}}}SignedInfo", nsmap={None: DS})
    _add(info, DS, "CanonicalizationMethod", Algorithm=C14N)
    _add(info, DS, "SignatureMethod", Algorithm=RSA_SHA256)
    for index, file in enumerate(files):
        reference = _add(info, DS, "Reference", Id=f"ID_{index}", URI=quote(file.name))
        _add_digest(reference, SHA256, hashlib.sha256(file.content).digest())
    reference = _add(info, DS, "Reference", Type=SIGNED_PROPERTIES, URI="#SignedProperties")
    _add(_add(reference, DS, "Transforms"), DS, "Transform", Algorithm=C14N)
    _add_digest(reference, SHA256, properties_digest)
    return info


def _signed_properties(files: Sequence[ContainerFile], identity: ClientIdentity, signed_at: datetime) -> etree._Element:
    properties = etree.Element(
        f"{{{XADES}}}SignedProperties", attrib={"Id": "SignedProperties"}, nsmap={None: XADES, "ns2": DS}
    )
    signature = _add(properties, XADES, "SignedSignatureProperties")
    moment = signed_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    _add(signature, XADES, "SigningTime", moment)
    certificate = _add(_add(signature, XADES, "SigningCertificate"), XADES, "Cert")
    # The profile demands SHA-1 here and only here; it names the certificate, it protects nothing.
    thumbprint = hashlib.sha1(identity.certificate.public_bytes(Encoding.DER), usedforsecurity=False)
    _add_digest(_add(certificate, XADES, "CertDigest"), SHA1, thumbprint.digest())
    issuer = _add(certificate, XADES, "IssuerSerial")
    _add(issuer, DS, "X509IssuerName", identity.certificate.issuer.rfc4514_string())
    _add(issuer, DS, "X509SerialNumber", str(identity.certificate.serial_number))
    objects = _add(properties, XADES, "SignedDataObjectProperties")
    for index, file in enumerate(files):
        _add(_add(objects, XADES, "DataObjectFormat", ObjectReference=f"#ID_{index}"), XADES, "MimeType", file.mime)
    return properties


def _canonical(element: etree._Element) -> bytes:
    """Canonical XML 1.0 of an element that stands alone.

    libxml2 writes a false `xmlns=""` on grandchildren when the element is a subtree and names use default namespaces,
    so what is digested is always its own document; in the final file the same namespaces are in scope.
    """
    alone = etree.fromstring(etree.tostring(element))
    return etree.tostring(alone, method="c14n", exclusive=False, with_comments=False)


def _add_digest(parent: etree._Element, algorithm: str, digest: bytes) -> None:
    _add(parent, DS, "DigestMethod", Algorithm=algorithm)
    _add(parent, DS, "DigestValue", _base64(digest))


def _add(
    parent: etree._Element, namespace: str, name: str, text: str | None = None, **attributes: str
) -> etree._Element:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}", attrib=attributes)
    element.text = text
    return element


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ENTRY_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
