"""The mail server over TLS: encrypted and checked, or not at all (R13)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifier.email import MailServer, Smtp
from notifier.trouble import NotLetIn
from sikkersak.clock import now
from sikkersak.observability.metrics import Metrics
from sikkersak.testing.running import Programs


def certificate(folder: Path, name: str) -> Path:
    """A key and a certificate of its own for 127.0.0.1, which vouches for nobody else."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.pem").write_bytes(private + made.public_bytes(Encoding.PEM))
    (folder / f"{name}-public.pem").write_bytes(made.public_bytes(Encoding.PEM))
    return folder / f"{name}.pem"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="module")
def strict(folder: Path) -> Iterator[tuple[str, str]]:
    """A server that takes nothing unencrypted."""
    programs = Programs(folder)
    mail, control = programs.stand_in("smtp", "--tls-cert", str(certificate(folder, "server")), "--require-starttls")
    yield mail, control
    programs.stop()


def client(address: str, *, starttls: bool, authority: Path | None) -> Smtp:
    place = urlsplit(address)
    server = MailServer(place.hostname or "", place.port or 0, starttls, None, None, authority)
    return Smtp(server, Metrics(), probe_every=60)


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@fjordvik.example", "b@fjordvik.example", "Prøve"
    mail.set_content("Prøve")
    return mail


async def kept(control: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(timeout=60) as http:
        return list((await http.get(f"{control}/_control/state")).json()["messages"])


async def test_mail_travels_encrypted_to_a_server_that_we_trust(strict: tuple[str, str], folder: Path) -> None:
    smtp = client(strict[0], starttls=True, authority=folder / "server-public.pem")
    before = len(await kept(strict[1]))
    await smtp.deliver(message())
    assert [mail["tls"] for mail in (await kept(strict[1]))[before:]] == [True]


async def test_a_server_that_demands_encryption_refuses_us_without_and_the_mail_waits(
    strict: tuple[str, str], folder: Path
) -> None:
    before = len(await kept(strict[1]))
    with pytest.raises(NotLetIn):
        await client(strict[0], starttls=False, authority=None).deliver(message())
    assert len(await kept(strict[1])) == before


async def test_a_server_that_we_do_not_trust_gets_no_mail(strict: tuple[str, str], folder: Path) -> None:
    certificate(folder, "another")
    before = len(await kept(strict[1]))
    with pytest.raises(NotLetIn) as refused:
        await client(strict[0], starttls=True, authority=folder / "another-public.pem").deliver(message())
    assert refused.value.code == "mail-server-untrusted"
    assert len(await kept(strict[1])) == before


async def test_a_server_without_encryption_gets_no_mail_where_it_is_demanded(folder: Path) -> None:
    programs = Programs(folder)
    mail, control = programs.stand_in("smtp")
    try:
        with pytest.raises(NotLetIn) as refused:
            await client(mail, starttls=True, authority=folder / "server-public.pem").deliver(message())
        assert refused.value.code == "mail-server-unencrypted"
        assert await kept(control) == []
    finally:
        programs.stop()
