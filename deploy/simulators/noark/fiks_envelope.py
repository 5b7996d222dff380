"""The container of Fiks IO as the other side handles it: CMS EnvelopedData around a zip."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping

from asn1crypto import algos, cms, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

OAEP = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
SHA256 = {"algorithm": "sha256"}


def decrypted(body: bytes, key: RSAPrivateKey) -> bytes:
    """The container that was encrypted for `key`."""
    envelope = cms.ContentInfo.load(body)["content"]
    content_key = key.decrypt(envelope["recipient_infos"][0].chosen["encrypted_key"].native, OAEP)
    inner = envelope["encrypted_content_info"]
    iv = inner["content_encryption_algorithm"]["parameters"].native
    cipher = Cipher(algorithms.AES(content_key), modes.CBC(iv)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(cipher.update(inner["encrypted_content"].native) + cipher.finalize()) + unpadder.finalize()


def unpacked(container: bytes) -> dict[str, bytes]:
    """The files of a container, without its own."""
    with zipfile.ZipFile(io.BytesIO(container)) as held:
        names = [name for name in held.namelist() if name != "mimetype" and not name.startswith("META-INF/")]
        return {name: held.read(name) for name in names}


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files in a container, unsigned."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as container:
        container.writestr("mimetype", "application/vnd.etsi.asic-e+zip")
        for name, content in files.items():
            container.writestr(name, content)
    return target.getvalue()


def encrypted(container: bytes, certificate: bytes) -> bytes:
    """So that only the holder of the certificate's key opens it."""
    der = pem.unarmor(certificate)[2] if pem.detect(certificate) else certificate
    known, public = asn1_x509.Certificate.load(der), x509.load_der_x509_certificate(der).public_key()
    assert isinstance(public, RSAPublicKey)
    content_key, iv = os.urandom(32), os.urandom(16)
    padder, cipher = padding.PKCS7(128).padder(), Cipher(algorithms.AES(content_key), modes.CBC(iv)).encryptor()
    hidden = cipher.update(padder.update(container) + padder.finalize()) + cipher.finalize()
    issuer = cms.IssuerAndSerialNumber({"issuer": known.issuer, "serial_number": known.serial_number})
    parameters = {"hash_algorithm": SHA256, "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": SHA256}}
    recipient = cms.KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": cms.RecipientIdentifier("issuer_and_serial_number", issuer),
            "key_encryption_algorithm": {"algorithm": "rsaes_oaep", "parameters": parameters},
            "encrypted_key": public.encrypt(content_key, OAEP),
        }
    )
    inner = {
        "content_type": "data",
        "content_encryption_algorithm": algos.EncryptionAlgorithm({"algorithm": "aes256_cbc", "parameters": iv}),
        "encrypted_content": hidden,
    }
    envelope = {
        "version": "v0",
        "recipient_infos": [cms.RecipientInfo("ktri", recipient)],
        "encrypted_content_info": inner,
    }
    return bytes(cms.ContentInfo({"content_type": "enveloped_data", "content": envelope}).dump())


def private_key(pem_bytes: bytes) -> RSAPrivateKey:
    """Our own key."""
    key = serialization.load_pem_private_key(pem_bytes, None)
    assert isinstance(key, RSAPrivateKey)
    return key
