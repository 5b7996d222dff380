"""What is sent encrypted opens with the receiver's own tools, and nothing else."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from notifier.package import ALPHABET, new_password
from notifier.svarut.encryption import BadCertificate, Certificate, Envelope


def certificate(key: CertificateIssuerPrivateKeyTypes) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "SvarUt")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    begins = datetime.now(UTC) - timedelta(days=1)
    return builder.not_valid_before(begins).not_valid_after(begins + timedelta(days=9)).sign(key, hashes.SHA256())


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("svarut")
    made = rsa.generate_private_key(65537, 2048)
    encoding = serialization.Encoding.PEM
    pem = made.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    (folder / "crt.pem").write_bytes(certificate(made).public_bytes(encoding))
    return folder


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 3 * 1024 * 1024 + 5])
def test_openssl_opens_what_was_written_a_piece_at_a_time(key: Path, tmp_path: Path, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    envelope = Envelope(Certificate((key / "crt.pem").read_bytes()))
    pieces = [content[start : start + 1024 * 1024] for start in range(0, size, 1024 * 1024)]
    written = envelope.begin() + b"".join(envelope.update(piece) for piece in pieces) + envelope.finish()
    (tmp_path / "encrypted").write_bytes(written)
    opened = subprocess.run(
        ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(tmp_path / "encrypted"),
         "-inkey", str(key / "key.pem"), "-recip", str(key / "crt.pem")],
        capture_output=True, check=True,
    )  # fmt: skip
    assert opened.stdout == content


def test_the_certificate_may_be_der(key: Path) -> None:
    pem = (key / "crt.pem").read_bytes()
    der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    assert Certificate(der).serial == Certificate(pem).serial


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", certificate(ec.generate_private_key(ec.SECP256R1())).public_bytes(serialization.Encoding.PEM)],
)
def test_what_is_no_rsa_certificate_is_refused(content: bytes) -> None:
    with pytest.raises(BadCertificate):
        Certificate(content)


def test_passwords_are_long_and_never_the_same() -> None:
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(password.replace("-", "")) == 24 for password in made)
    assert set("".join(made)) <= {*ALPHABET, "-"}
    assert len(ALPHABET) == len(set(ALPHABET))
