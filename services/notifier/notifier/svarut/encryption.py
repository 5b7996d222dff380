"""What we send at the highest level is encrypted for SvarUt's own key first (SvarUt §4.6, encryption profile §3.7).

CMS EnvelopedData (RFC 5652 §6.1) in BER with indefinite lengths, so that it is written a piece at a time: AES-256-CBC,
RSAES-OAEP with SHA-256 and MGF1 with SHA-256.
"""

from __future__ import annotations

import os
from typing import Any, Final

from asn1crypto import algos, cms, core, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BEGIN_SEQUENCE: Final = b"\x30\x80"
BEGIN_EXPLICIT_0: Final = b"\xa0\x80"
END: Final = b"\x00\x00"
ENVELOPED_DATA: Final = "1.2.840.113549.1.7.3"
DATA: Final = "1.2.840.113549.1.7.1"
LEVELS: Final = 5  # of indefinite length that are open while content is written


class BadCertificate(ValueError):
    """Not a certificate with an RSA key."""


class Certificate:
    """SvarUt's public certificate, from PEM or DER."""

    def __init__(self, content: bytes) -> None:
        try:
            der = pem.unarmor(content)[2] if pem.detect(content) else content
            key = x509.load_der_x509_certificate(der).public_key()
            known = asn1_x509.Certificate.load(der)
            self.issuer, self.serial = known.issuer, known.serial_number
        except (ValueError, TypeError) as wrong:
            raise BadCertificate("SvarUt's certificate cannot be read") from wrong
        if not isinstance(key, RSAPublicKey):
            raise BadCertificate("SvarUt's certificate has no RSA key")
        self.key = key


class Envelope:
    """One encrypted file: `begin`, then `update` with every piece, then `finish`; all they return is the file."""

    def __init__(self, certificate: Certificate) -> None:
        content_key, iv = os.urandom(32), os.urandom(16)
        self._encryptor = Cipher(algorithms.AES(content_key), modes.CBC(iv)).encryptor()
        self._padder = padding.PKCS7(128).padder()
        self._recipients = _recipients(certificate, content_key)
        self._algorithm = algos.EncryptionAlgorithm({"algorithm": "aes256_cbc", "parameters": iv})

    def begin(self) -> bytes:
        """Everything before the content."""
        return b"".join(
            (
                BEGIN_SEQUENCE,
                core.ObjectIdentifier(ENVELOPED_DATA).dump(),
                BEGIN_EXPLICIT_0,
                BEGIN_SEQUENCE,
                core.Integer(0).dump(),
                self._recipients.dump(),
                BEGIN_SEQUENCE,
                core.ObjectIdentifier(DATA).dump(),
                self._algorithm.dump(),
                BEGIN_EXPLICIT_0,
            )
        )

    def update(self, piece: bytes) -> bytes:
        """A piece of the content, encrypted."""
        return _octets(self._encryptor.update(self._padder.update(piece)))

    def finish(self) -> bytes:
        """The last of the content, and the end."""
        last = self._encryptor.update(self._padder.finalize()) + self._encryptor.finalize()
        return _octets(last) + END * LEVELS


def _octets(content: bytes) -> bytes:
    return bytes(core.OctetString(content).dump()) if content else b""


def _recipients(certificate: Certificate, content_key: bytes) -> Any:
    oaep = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    sha256 = {"algorithm": "sha256"}
    recipient = cms.KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": cms.RecipientIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial}),
            ),
            "key_encryption_algorithm": {
                "algorithm": "rsaes_oaep",
                "parameters": {
                    "hash_algorithm": sha256,
                    "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256},
                },
            },
            "encrypted_key": certificate.key.encrypt(content_key, oaep),
        }
    )
    return cms.RecipientInfos([cms.RecipientInfo("ktri", recipient)])
