"""Key material of a local stack, made once: never for anything but this machine."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import NameOID

Private = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def vault_keys(path: Path) -> None:
    """The keys that wrap documents' own keys."""
    if not path.exists():
        keys = {"current": "k1", "keys": {"k1": base64.b64encode(secrets.token_bytes(32)).decode()}}
        write_secret(path, json.dumps(keys).encode())


def identity_keys(private: Path, public_folder: Path) -> None:
    """The gateway's signing key, and the public key that the services verify against."""
    if not private.exists():
        key = ed25519.Ed25519PrivateKey.generate()
        write_secret(private, _pem(key))
        public_folder.mkdir(parents=True, exist_ok=True)
        (public_folder / "gateway.pem").write_bytes(_public_pem(key))


def audit_key(private: Path) -> None:
    """The key that the audit log is sealed with."""
    if not private.exists():
        write_secret(private, _pem(ed25519.Ed25519PrivateKey.generate()))


def rsa_key(private: Path) -> str:
    """A client's key; returns its public half."""
    if not private.exists():
        write_secret(private, _pem(rsa.generate_private_key(65537, 2048)))
    key = serialization.load_pem_private_key(private.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{private.name} is not an RSA key")
    return _public_pem(key).decode()


def receiver_key(folder: Path, name: str) -> str:
    """A receiving system's key pair as KS suggests it: RSA 2048 and a self-signed certificate, which is returned."""
    key_file, certificate_file = folder / f"{name}.key.pem", folder / f"{name}.crt.pem"
    if not certificate_file.exists():
        key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sikker Sak")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - timedelta(days=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=3650))
            .sign(key, hashes.SHA256())
        )
        write_secret(key_file, _pem(key))
        certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_file.read_text()


def write_secret(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def _pem(key: Private) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: Private) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
