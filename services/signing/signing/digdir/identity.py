"""Our enterprise certificate: one for the connection and for signing the container (virksomhetssertifikat, RSA)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

ORGANIZATION_IDENTIFIER: Final = x509.ObjectIdentifier("2.5.4.97")
_NATIONAL_REGISTER: Final = re.compile(r"NTRNO-([0-9]{9})")
_NINE_DIGITS: Final = re.compile(r"(?<![0-9])[0-9]{9}(?![0-9])")


def organisation_of(certificate: x509.Certificate) -> str | None:
    """The organisation number in an enterprise certificate's subject.

    Looked for in this order: organizationIdentifier `NTRNO-…` (SEID 2), serialNumber, nine digits in the common name.
    Names are never compared; they change.
    """
    for text in _subject(certificate, ORGANIZATION_IDENTIFIER):
        if match := _NATIONAL_REGISTER.fullmatch(text):
            return match.group(1)
    for text in _subject(certificate, x509.NameOID.SERIAL_NUMBER):
        if _NINE_DIGITS.fullmatch(text):
            return text
    for text in _subject(certificate, x509.NameOID.COMMON_NAME):
        if match := _NINE_DIGITS.search(text):
            return match.group(0)
    return None


def _subject(certificate: x509.Certificate, attribute: x509.ObjectIdentifier) -> list[str]:
    return [str(found.value) for found in certificate.subject.get_attributes_for_oid(attribute)]


@dataclass(frozen=True)
class ClientIdentity:
    """Key and certificates, and the files they came from: the TLS library reads files only."""

    certificate_file: Path
    key_file: Path
    password: bytes | None = field(repr=False)
    key: RSAPrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...]

    @classmethod
    def read(cls, certificate_file: Path, key_file: Path | None = None, password: str | None = None) -> Self:
        """Read PEM files. The certificates stand from our own up to and including the root.

        Raises TypeError when the key is not RSA and ValueError when it does not belong to the first certificate:
        mistakes in set-up that must stop the start, not the first job.
        """
        key_file = key_file or certificate_file
        secret = password.encode() if password else None
        key = load_pem_private_key(key_file.read_bytes(), secret)
        chain = tuple(x509.load_pem_x509_certificates(certificate_file.read_bytes()))
        if not isinstance(key, RSAPrivateKey):
            raise TypeError("the signing service takes RSA enterprise certificates only")
        if key.public_key() != chain[0].public_key():
            raise ValueError("the key does not belong to the first certificate in the file")
        return cls(certificate_file, key_file, secret, key, chain)

    @property
    def certificate(self) -> x509.Certificate:
        """Our own certificate, the end of the chain."""
        return self.chain[0]
