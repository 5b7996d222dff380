"""What travels: a container with the message's own file and the documents, encrypted for the receiver (Fiks IO).

A zip as ASiC-E lays it out, then CMS EnvelopedData: AES-256-CBC, and its key by RSA-OAEP with SHA-256 and MGF1-SHA-256.
So nothing that can be read rests in any broker on the way (R3).
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from asn1crypto import algos, cms, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MIMETYPE = "application/vnd.etsi.asic-e+zip"
OAEP = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
Files = Mapping[str, bytes]


class Unreadable(ValueError):
    """Not a container for us. `args` carry no content."""


def packed(files: Files) -> bytes:
    """The files in a container; its media type comes first, as it is."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as container:
        container.writestr("mimetype", MIMETYPE)
        for name, content in files.items():
            kind = zipfile.ZIP_DEFLATED if name.endswith(".xml") else zipfile.ZIP_STORED
            container.writestr(name, content, kind)
    return target.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files of a container, without its own.

    :raises Unreadable: no container.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            names = [name for name in container.namelist() if name != "mimetype" and not name.startswith("META-INF/")]
            return {name: container.read(name) for name in names}
    except (zipfile.BadZipFile, KeyError) as wrong:
        raise Unreadable("no container") from wrong


def encrypted(content: bytes, certificate: bytes) -> bytes:
    """For the holder of the certificate's key only."""
    known, public = _receiver(certificate)
    key, iv = os.urandom(32), os.urandom(16)
    padder, cipher = padding.PKCS7(128).padder(), Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    hidden = cipher.update(padder.update(content) + padder.finalize()) + cipher.finalize()
    sha256 = {"algorithm": "sha256"}
    issuer = {"issuer": known.issuer, "serial_number": known.serial_number}
    recipient = {
        "version": "v0",
        "rid": cms.RecipientIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(issuer)),
        "key_encryption_algorithm": {
            "algorithm": "rsaes_oaep",
            "parameters": {
                "hash_algorithm": sha256,
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256},
            },
        },
        "encrypted_key": public.encrypt(key, OAEP),
    }
    inner: dict[str, Any] = {
        "content_type": "data",
        "content_encryption_algorithm": algos.EncryptionAlgorithm({"algorithm": "aes256_cbc", "parameters": iv}),
        "encrypted_content": hidden,
    }
    envelope = {
        "version": "v0",
        "recipient_infos": [cms.RecipientInfo("ktri", cms.KeyTransRecipientInfo(recipient))],
        "encrypted_content_info": inner,
    }
    return bytes(cms.ContentInfo({"content_type": "enveloped_data", "content": envelope}).dump())


def decrypted(content: bytes, private_key: bytes) -> bytes:
    """What was encrypted for our key.

    :raises Unreadable: not for us, or damaged.
    """
    own = _own_key(private_key)
    try:
        envelope = cms.ContentInfo.load(content)["content"]
        key = own.decrypt(envelope["recipient_infos"][0].chosen["encrypted_key"].native, OAEP)
        inner = envelope["encrypted_content_info"]
        iv = inner["content_encryption_algorithm"]["parameters"].native
        cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        plain = cipher.update(inner["encrypted_content"].native) + cipher.finalize()
        unpadder = padding.PKCS7(128).unpadder()
        return unpadder.update(plain) + unpadder.finalize()
    except (ValueError, TypeError, KeyError, IndexError) as wrong:
        raise Unreadable("not encrypted for us") from wrong


@lru_cache(maxsize=8)
def _receiver(certificate: bytes) -> tuple[asn1_x509.Certificate, RSAPublicKey]:
    """Who a certificate is of; the same ones come with every message."""
    der = pem.unarmor(certificate)[2] if pem.detect(certificate) else certificate
    public = x509.load_der_x509_certificate(der).public_key()
    if not isinstance(public, RSAPublicKey):
        raise Unreadable("the archive's certificate has no RSA key")
    return asn1_x509.Certificate.load(der), public


@lru_cache(maxsize=8)
def _own_key(private_key: bytes) -> RSAPrivateKey:
    """Our key, read once: OpenSSL proves a key whenever it reads one, which takes longer than all the rest of a message."""
    own = serialization.load_pem_private_key(private_key, None)
    if not isinstance(own, RSAPrivateKey):
        raise Unreadable("our key is no RSA key")
    return own
