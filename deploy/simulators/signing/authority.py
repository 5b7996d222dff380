"""The certificate authorities of the stand-in: enterprises on the wire, and seals on what is signed.

| file in the folder | use |
| --- | --- |
| `ca.pem` | what clients trust for the connection |
| `signing-root.pem` | what clients trust for seals on documents and evidence |
| `ca.key`, `signing-root.key`, `server*.pem`, `seal*.pem`, `timestamp.pem` | the stand-in's own |
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

POSTEN_BRING = "984661185"
SIGNICAT = "989584022"
SOMEBODY_ELSE = "310000019"
ORGANIZATION_IDENTIFIER = x509.ObjectIdentifier("2.5.4.97")
_VALID = timedelta(days=3650)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Holder:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @classmethod
    def read(cls, file: Path) -> Holder:
        """From a PEM file with key and certificates, its own first."""
        content = file.read_bytes()
        key = load_pem_private_key(content, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return cls(x509.load_pem_x509_certificates(content)[0], key)

    def write(self, file: Path, *issuers: x509.Certificate) -> None:
        """Key, certificate and issuers in one file that only its owner may read."""
        parts = [self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]
        parts += [found.public_bytes(Encoding.PEM) for found in (self.certificate, *issuers)]
        file.touch(mode=0o600)
        file.write_bytes(b"".join(parts))


class Authority:
    """Opens the folder, making what is missing; safe when two processes open it at the same time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.enterprises = self._root("ca", "Simulert virksomhets-CA")
            self.signing = self._root("signing-root", "Simulert signerings-CA")
            self.server = self._enterprise("server", POSTEN_BRING, "Posten Bring AS (SIMULERT)")
            self.impostor = self._enterprise("server-wrong", SOMEBODY_ELSE, "En Helt Annen AS (SIMULERT)")
            self.document_seal = self._seal("seal", POSTEN_BRING, "Posten Bring AS (SIMULERT)")
            self.evidence_seal = self._seal("seal-evidence", SIGNICAT, "Signicat AS (SIMULERT)")
            self.timestamps = self._timestamps()
        finally:
            os.close(lock)

    def issue_client(self, organisation: str, file: Path, name: str = "Avsender (SIMULERT)") -> None:
        """An enterprise certificate for a sender: key, certificate and root in one PEM file."""
        usage = [ExtendedKeyUsageOID.CLIENT_AUTH]
        made = issue(self.enterprises, enterprise_subject(organisation, name), usage)
        made.write(file, self.enterprises.certificate)

    def revocations(self) -> bytes:
        """The signing root's list of revoked certificates (DER): empty, and fresh."""
        moment = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.signing.certificate.subject)
        builder = builder.last_update(moment - timedelta(hours=1)).next_update(moment + timedelta(days=30))
        return builder.sign(self.signing.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _root(self, name: str, common_name: str) -> Holder:
        file = self.folder / f"{name}.key"
        if not file.exists():
            made = make_root(common_name)
            (self.folder / f"{name}.pem").write_bytes(made.certificate.public_bytes(Encoding.PEM))
            made.write(file)
        return Holder.read(file)

    def _enterprise(self, name: str, organisation: str, common_name: str) -> Holder:
        usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return self._kept(name, self.enterprises, enterprise_subject(organisation, common_name), usage)

    def _seal(self, name: str, organisation: str, common_name: str) -> Holder:
        return self._kept(name, self.signing, enterprise_subject(organisation, common_name), [])

    def _timestamps(self) -> Holder:
        subject = enterprise_subject(POSTEN_BRING, "Tidsstempel (SIMULERT)")
        return self._kept("timestamp", self.signing, subject, [ExtendedKeyUsageOID.TIME_STAMPING])

    def _kept(self, name: str, issuer: Holder, subject: x509.Name, usage: Sequence[x509.ObjectIdentifier]) -> Holder:
        file = self.folder / f"{name}.pem"
        if not file.exists():
            issue(issuer, subject, usage).write(file, issuer.certificate)
        return Holder.read(file)


def enterprise_subject(organisation: str, name: str) -> x509.Name:
    """A SEID 2 enterprise's subject; no host name anywhere."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NO"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
            x509.NameAttribute(ORGANIZATION_IDENTIFIER, f"NTRNO-{organisation}"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def make_root(common_name: str) -> Holder:
    """A self-signed root."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "NO"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )
    builder = _builder(subject, subject, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return Holder(builder.sign(key, hashes.SHA256()), key)


def issue(issuer: Holder, subject: x509.Name, usage: Sequence[x509.ObjectIdentifier]) -> Holder:
    """A certificate for `subject`, with a new RSA key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    builder = _builder(subject, issuer.certificate.subject, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(digital_signature=True, key_encipherment=True), critical=True)
    if usage:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage(list(usage)), critical=ExtendedKeyUsageOID.TIME_STAMPING in usage
        )
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    builder = builder.add_extension(above, critical=False)
    return Holder(builder.sign(issuer.key, hashes.SHA256()), key)


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey) -> x509.CertificateBuilder:
    moment = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(moment - timedelta(days=1)).not_valid_after(moment + _VALID)


def _usage(**granted: bool) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: granted.get(name, False) for name in _USAGES})
