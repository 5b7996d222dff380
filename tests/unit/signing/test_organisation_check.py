"""Who is at the other end is settled inside the handshake: nothing is sent to anybody else."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from signing.digdir.identity import organisation_of
from sikkersak.clock import now
from sikkersak.errors import Declined

StandIn = Any  # the fixture of conftest.py
Subject = list[tuple[x509.ObjectIdentifier, str]]
ORGANIZATION_IDENTIFIER = x509.ObjectIdentifier("2.5.4.97")
IMPOSTOR = "310000019"


@pytest.fixture(scope="module")
def impostor(begin: Callable[..., StandIn]) -> StandIn:
    """A server with a genuine enterprise certificate of another organisation."""
    return begin("--wrong-organisation")


async def test_not_a_byte_of_content_reaches_another_organisation(impostor: StandIn) -> None:
    before = impostor.state()["traffic"]
    async with impostor.portal() as portal:
        for _ in range(12):  # more often than the client has connections: a refused one must not be kept
            with pytest.raises(Declined) as refused:
                await portal.create(impostor.new_job())
    assert refused.value.code == "signing-wrong-organisation"
    after = impostor.state()
    assert after["traffic"]["bytes"] == before["bytes"]
    assert after["counts"]["jobs"] == 0
    assert impostor.requests("POST") == []


async def test_the_same_server_is_accepted_when_it_is_the_one_configured(impostor: StandIn) -> None:
    impostor.control.post("/_control/reset").raise_for_status()
    async with impostor.portal(server_organisation=IMPOSTOR) as portal:
        await portal.create(impostor.new_job())
    assert impostor.state()["traffic"]["bytes"] > 0
    assert impostor.state()["counts"]["jobs"] == 1


async def test_a_server_that_no_trusted_root_vouches_for_is_refused(stand_in: StandIn) -> None:
    async with stand_in.portal(trusted_roots=stand_in.certificates / "signing-root.pem") as portal:
        with pytest.raises(Declined) as refused:
            await portal.describe_access()
    assert refused.value.code == "signing-untrusted-server"
    assert stand_in.state()["traffic"]["bytes"] == 0


@pytest.fixture
def strict_server(certificates: Path) -> Iterator[str]:
    """A TLS server that takes no client certificate we have, and says so with an alert, as the real service does.

    (The stand-in's event loop closes the connection before the alert is out.)
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(certificates / "server.pem"))
    context.load_verify_locations(str(certificates / "signing-root.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse_one() -> None:
        connection, _ = listener.accept()
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True):
            pass

    thread = threading.Thread(target=refuse_one, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(5)
    listener.close()


async def test_a_certificate_that_the_service_does_not_take_is_a_matter_for_a_person(
    stand_in: StandIn, strict_server: str
) -> None:
    async with stand_in.portal(root=f"{strict_server}/api") as portal:
        with pytest.raises(Declined) as refused:
            await portal.create(stand_in.new_job())
    assert refused.value.code == "signing-certificate-refused"


async def test_a_sender_cannot_use_the_address_of_another(stand_in: StandIn) -> None:
    async with stand_in.portal(organisation="310000035") as portal:
        with pytest.raises(Declined) as refused:
            await portal.create(stand_in.new_job())
    assert refused.value.code == "signing-broker-not-authorized"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ([(ORGANIZATION_IDENTIFIER, "NTRNO-984661185"), (x509.NameOID.SERIAL_NUMBER, "310000019")], "984661185"),
        ([(x509.NameOID.SERIAL_NUMBER, "984661185"), (x509.NameOID.COMMON_NAME, "Noen 310000019")], "984661185"),
        ([(x509.NameOID.COMMON_NAME, "POSTEN BRING AS 984661185")], "984661185"),
        ([(ORGANIZATION_IDENTIFIER, "NTRSE-984661185"), (x509.NameOID.COMMON_NAME, "Posten")], None),
        ([(x509.NameOID.COMMON_NAME, "nummer 1234567890")], None),
    ],
)
def test_the_organisation_is_read_from_the_first_attribute_that_holds_one(
    subject: Subject, expected: str | None
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(attribute, text) for attribute, text in subject])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now(), now())
    assert organisation_of(builder.sign(key, hashes.SHA256())) == expected
