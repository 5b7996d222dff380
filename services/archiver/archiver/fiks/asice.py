"""ASiC-E with a CAdES signature, as Fiks IO carries messages (ETSI EN 319 162-1): files, a manifest of them, its signature."""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import zipfile
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import uuid4

from asn1crypto import cms, keys, pem
from asn1crypto import x509 as asn1_x509
from lxml import etree
from pyhanko.sign import SimpleSigner
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from archiver.fiks.container import MIMETYPE, Files, Unreadable

ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
MANIFEST: Final = "META-INF/asicmanifest.xml"
SIGNATURE_TYPE: Final = "application/x-pkcs7-signature"
PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
# What is judged here is whether the content is as it was signed, not who vouches for the signer: with every message
# the library would say at length that nobody does.
logging.getLogger("pyhanko.sign.validation").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Seal:
    """What containers are signed with: an enterprise certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes

    @cached_property
    def signer(self) -> SimpleSigner:
        """As pyHanko wants it."""
        certificate = asn1_x509.Certificate.load(_der(self.certificate))
        key = keys.PrivateKeyInfo.load(_der(self.key))
        return SimpleSigner(certificate, key, SimpleCertificateStore.from_certs([certificate]))  # type: ignore[no-untyped-call]


async def sealed(files: Files, seal: Seal) -> bytes:
    """The files in a signed container."""
    name = f"META-INF/signature-{uuid4()}.p7s"
    manifest = _manifest(files, name)
    signature = await seal.signer.async_sign_general_data(manifest, "sha256", detached=True, use_cades=True)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as container:
        container.writestr("mimetype", MIMETYPE)
        for file, content in files.items():
            container.writestr(file, content, zipfile.ZIP_DEFLATED if file.endswith(".xml") else zipfile.ZIP_STORED)
        container.writestr(MANIFEST, manifest)
        container.writestr(name, signature.dump())
    return target.getvalue()


async def opened(content: bytes) -> dict[str, bytes]:
    """The files of a container whose signature holds over every one of them.

    Who signed is not compared with a list: Fiks IO tells who the sender is, and has let nobody else in.

    :raises Unreadable: no container, a file without a digest or with another one, or a signature that does not hold.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            held = {name: container.read(name) for name in container.namelist()}
        files = {name: body for name, body in held.items() if name != "mimetype" and not name.startswith("META-INF/")}
        manifest = held[MANIFEST]
        root = etree.fromstring(manifest, PARSER)
        signature = held[str(root.xpath("string(*[local-name()='SigReference']/@URI)"))]
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as wrong:
        raise Unreadable("no signed container") from wrong
    if _digests(root) != {name: _digest(body) for name, body in files.items()}:
        raise Unreadable("a file is not as it was signed")
    await _require_signature(manifest, signature)
    return files


async def _require_signature(manifest: bytes, signature: bytes) -> None:
    try:
        signed = cms.ContentInfo.load(signature)["content"]
        status = await async_validate_detached_cms(manifest, signed)
    except (SignatureValidationError, ValueError, TypeError, KeyError) as wrong:
        raise Unreadable("the signature cannot be read") from wrong
    if not (status.intact and status.valid):
        raise Unreadable("the signature does not hold")


def _manifest(files: Files, signature: str) -> bytes:
    top = etree.Element(f"{{{ASIC}}}ASiCManifest", nsmap={None: ASIC, "ds": DSIG})
    etree.SubElement(top, f"{{{ASIC}}}SigReference", URI=signature, MimeType=SIGNATURE_TYPE)
    for name, content in files.items():
        kind = "application/xml" if name.endswith(".xml") else "application/octet-stream"
        one = etree.SubElement(top, f"{{{ASIC}}}DataObjectReference", URI=name, MimeType=kind)
        etree.SubElement(one, f"{{{DSIG}}}DigestMethod", Algorithm=SHA256)
        etree.SubElement(one, f"{{{DSIG}}}DigestValue").text = _digest(content)
    return bytes(etree.tostring(top, xml_declaration=True, encoding="UTF-8"))


def _digests(root: Any) -> dict[str, str]:
    found = root.findall(f"{{{ASIC}}}DataObjectReference")
    return {one.get("URI"): one.findtext(f"{{{DSIG}}}DigestValue", "").strip() for one in found}


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _der(given: bytes) -> bytes:
    return bytes(pem.unarmor(given)[2]) if pem.detect(given) else given
