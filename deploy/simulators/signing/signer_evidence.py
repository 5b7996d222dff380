"""Makes one signer's evidence: a sealed description of who signed which document (LTV-SDO, as the e-ID broker does)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from lxml import etree

from simulators.signing.authority import Holder
from simulators.signing.jobs import Job, Signer

LTV = "https://id.signicat.com/definitions/xsd/LtvSdo-1.0"
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
# Every name has a prefix: canonicalising a subtree is then safe in libxml2.
_PREFIXES = {"ltv": LTV, "ds": DS, "xades": XADES}


def make_evidence(job: Job, signer: Signer, seal: Holder, root: Certificate, moment: datetime) -> bytes:
    """The XAdES that `GET …/xades/{n}` gives."""
    document = _description(job, signer, moment)
    name = f"xmldsig-{secrets.token_hex(16)}"
    whole = hashlib.sha256(_canonical(document)).digest()
    signature = etree.SubElement(document, f"{{{DS}}}Signature", attrib={"Id": name})
    info = _add(signature, DS, "SignedInfo")
    value = _add(signature, DS, "SignatureValue")
    data = _add(_add(signature, DS, "KeyInfo"), DS, "X509Data")
    _add(data, DS, "X509Certificate", _certificate(seal.certificate))
    properties = _properties(_add(signature, DS, "Object"), name, seal, root, moment)
    _add(info, DS, "CanonicalizationMethod", Algorithm=C14N)
    _add(info, DS, "SignatureMethod", Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
    reference = _add(info, DS, "Reference", Id=f"{name}-ref0", URI="#root")
    _add(_add(reference, DS, "Transforms"), DS, "Transform", Algorithm=ENVELOPED)
    _digest(reference, whole)
    kind = "http://uri.etsi.org/01903#SignedProperties"
    reference = _add(info, DS, "Reference", Type=kind, URI=f"#{name}-signedprops")
    _digest(reference, hashlib.sha256(_canonical(properties)).digest())
    value.text = _base64(seal.key.sign(_canonical(info), PKCS1v15(), hashes.SHA256()))
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def display_name(signer: Signer) -> str:
    """A name for a signer; the stand-in knows no register of persons."""
    return f"Simulert Undertegner {signer.number}"


def _description(job: Job, signer: Signer, moment: datetime) -> etree._Element:
    root = etree.Element(f"{{{LTV}}}LtvSdo", attrib={"Id": "root"}, nsmap=_PREFIXES)
    description = _add(root, LTV, "Description")
    who = _add(description, LTV, "SignerDescription")
    _add(who, LTV, "SignerDisplayName", display_name(signer))
    _add(who, LTV, "SignerUniqueId", f"SIMULATED-{job.number}-{signer.number}")
    if signer.national_id is not None:
        _add(who, LTV, "SignerNationalId", signer.national_id)
        _add(who, LTV, "SignerNationality", "NO")
        _add(who, LTV, "SignerNationalIdType", "FNR")
    for document in job.documents:
        what = _add(description, LTV, "DocumentDescription")
        _add(what, LTV, "DocumentMimeType", "application/pdf")
        _add(what, LTV, "DocumentTitle", document.title)
        _add(what, LTV, "DocumentDigest", _base64(hashlib.sha256(document.content).digest()), alg=SHA256)
    how = _add(description, LTV, "SignatureDescription")
    _add(how, LTV, "SignatureTypeFriendlyName", "MinID (SIMULATED)" if job.level == "3" else "BankID (SIMULATED)")
    _add(how, LTV, "SignatureFormatFriendlyName", "SIMULATED")
    _add(how, XADES, "SigningTime", moment.isoformat(timespec="milliseconds"))
    return root


def _properties(parent: etree._Element, name: str, seal: Holder, root: Certificate, moment: datetime) -> etree._Element:
    qualifying = _add(parent, XADES, "QualifyingProperties", Target=f"#{name}")
    properties = _add(qualifying, XADES, "SignedProperties", Id=f"{name}-signedprops")
    signature = _add(properties, XADES, "SignedSignatureProperties")
    _add(signature, XADES, "SigningTime", moment.isoformat(timespec="milliseconds"))
    certificate = _add(_add(signature, XADES, "SigningCertificate"), XADES, "Cert")
    thumbprint = hashlib.sha256(seal.certificate.public_bytes(Encoding.DER)).digest()
    _digest(_add(certificate, XADES, "CertDigest"), thumbprint)
    issuer = _add(certificate, XADES, "IssuerSerial")
    _add(issuer, DS, "X509IssuerName", seal.certificate.issuer.rfc4514_string())
    _add(issuer, DS, "X509SerialNumber", str(seal.certificate.serial_number))
    objects = _add(properties, XADES, "SignedDataObjectProperties")
    described = _add(objects, XADES, "DataObjectFormat", ObjectReference=f"#{name}-ref0")
    _add(described, XADES, "MimeType", "text/xml")
    unsigned = _add(_add(qualifying, XADES, "UnsignedProperties"), XADES, "UnsignedSignatureProperties")
    values = _add(unsigned, XADES, "CertificateValues")
    _add(values, XADES, "EncapsulatedX509Certificate", _certificate(root))
    return properties


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=False, with_comments=False)


def _digest(parent: etree._Element, digest: bytes) -> None:
    _add(parent, DS, "DigestMethod", Algorithm=SHA256)
    _add(parent, DS, "DigestValue", _base64(digest))


def _add(
    parent: etree._Element, namespace: str, name: str, text: str | None = None, **attributes: str
) -> etree._Element:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}", attrib=attributes)
    element.text = text
    return element


def _certificate(certificate: Certificate) -> str:
    return _base64(certificate.public_bytes(Encoding.DER))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
