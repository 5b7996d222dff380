"""KS's encryption profile (SvarInn §3.7) through the openssl command line, file to file: size does not matter."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

OAEP_SHA256 = (
    "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256",
)  # fmt: skip


class NotEncryptedForUs(Exception):
    """The content is no CMS message that the key opens."""


async def openssl(*arguments: str | Path) -> int:
    """Runs one openssl command and gives its exit code."""
    process = await asyncio.create_subprocess_exec(
        "openssl", *map(str, arguments), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()


async def encrypt(plain: Path, encrypted: Path, certificate_pem: str, *, indefinite: bool = True) -> None:
    """EnvelopedData, AES-256-CBC, RSAES-OAEP with SHA-256; BER with indefinite lengths, or DER."""
    with TemporaryDirectory() as folder:
        certificate = Path(folder) / "public.pem"
        certificate.write_text(certificate_pem, encoding="ascii")
        code = await openssl(
            "cms", "-encrypt", "-binary", *(["-stream"] if indefinite else []), "-in", plain, "-outform", "DER",
            "-out", encrypted, "-aes-256-cbc", "-recip", certificate, *OAEP_SHA256,
        )  # fmt: skip
    if code:
        raise RuntimeError(f"openssl cms -encrypt ended with {code}: is the certificate an RSA one?")


async def decrypt(encrypted: Path, plain: Path, key: Path, certificate: Path) -> None:
    """Opens a CMS message made for `certificate`.

    :raises NotEncryptedForUs: when that does not work.
    """
    code = await openssl(
        "cms", "-decrypt", "-binary", "-inform", "DER", "-in", encrypted, "-out", plain, "-inkey", key,
        "-recip", certificate,
    )  # fmt: skip
    if code:
        raise NotEncryptedForUs


def key_pair(name: str) -> tuple[bytes, str]:
    """A private key and its self-signed certificate, both PEM, of the kind KS suggests (RSA 2048)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(subject, subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM).decode()
