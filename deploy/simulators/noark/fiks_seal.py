"""ASiC-E containers as the archive's side signs and checks them: a manifest of digests, and a CAdES signature over it."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from asn1crypto import cms, keys, pem, x509
from lxml import etree
from pyhanko.sign import SimpleSigner
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko_certvalidator.registry import SimpleCertificateStore

from simulators.noark.refusal import Refused

NAMESPACE = "http://uri.etsi.org/02918/v1.2.1#"
DIGEST = '<d:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><d:DigestValue>{}</d:DigestValue>'
SIGNATURE = "META-INF/signature-0.p7s"


async def sealed(files: Mapping[str, bytes], certificate: bytes, key: bytes) -> bytes:
    """The files in a signed container."""
    listed = "".join(
        f"<DataObjectReference URI={quoteattr(name)}>{DIGEST.format(digest(body))}</DataObjectReference>"
        for name, body in files.items()
    )
    top = f'<ASiCManifest xmlns="{NAMESPACE}" xmlns:d="http://www.w3.org/2000/09/xmldsig#">'
    manifest = f'{top}<SigReference URI="{SIGNATURE}"/>{listed}</ASiCManifest>'.encode()
    own = x509.Certificate.load(pem.unarmor(certificate)[2])
    store = SimpleCertificateStore.from_certs([own])  # type: ignore[no-untyped-call]
    signer = SimpleSigner(own, keys.PrivateKeyInfo.load(pem.unarmor(key)[2]), store)
    signature = await signer.async_sign_general_data(manifest, "sha256", detached=True, use_cades=True)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as container:
        container.writestr("mimetype", "application/vnd.etsi.asic-e+zip")
        for name, body in files.items():
            container.writestr(name, body)
        container.writestr("META-INF/asicmanifest.xml", manifest)
        container.writestr(SIGNATURE, signature.dump())
    return target.getvalue()


async def check(container: bytes) -> None:
    """Whether every file is as it was signed.

    :raises Refused: 400.
    """
    with zipfile.ZipFile(io.BytesIO(container)) as held:
        names = [name for name in held.namelist() if name != "mimetype" and not name.startswith("META-INF/")]
        manifests = [name for name in held.namelist() if name.endswith("asicmanifest.xml")]
        if not manifests:
            raise Refused(400, "Pakken er ikke signert")
        manifest = held.read(manifests[0])
        root = etree.fromstring(manifest, etree.XMLParser(resolve_entities=False, no_network=True))
        signature = held.read(str(root.xpath("string(*[local-name()='SigReference']/@URI)")))
        told = {
            str(one.get("URI")): str(one.xpath("string(*[local-name()='DigestValue'])"))
            for one in root
            if etree.QName(one).localname == "DataObjectReference"
        }
        if told != {name: digest(held.read(name)) for name in names}:
            raise Refused(400, "En fil i pakken er ikke slik den ble signert")
    status = await async_validate_detached_cms(manifest, cms.ContentInfo.load(signature)["content"])
    if not (status.intact and status.valid):
        raise Refused(400, "Signaturen på pakken stemmer ikke")


def digest(body: bytes) -> str:
    """SHA-256 as the manifest writes it."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()
