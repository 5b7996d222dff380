"""The stand-in for a mail server."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from simulators.svarinn_encryption import key_pair

ADDRESSES = ("no-reply@fjordvik.example", ["rektor@fjordvik.example"])


@pytest.fixture(scope="module")
def addresses(start: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder: Path = tmp_path_factory.mktemp("smtp")
    private, certificate = key_pair("localhost")
    (folder / "tls.pem").write_bytes(private + certificate.encode())
    mail, control = start("smtp", "--tls-cert", str(folder / "tls.pem"), "--size-limit", "20000")
    return mail, control


@pytest.fixture
def control(addresses: tuple[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=addresses[1]) as client:
        client.post("/_control/reset").raise_for_status()
        yield client


def connect(address: str) -> smtplib.SMTP:
    place = urlsplit(address)
    return smtplib.SMTP(place.hostname or "", place.port or 0, timeout=10)


def message(text: str = "Du har en sak til godkjenning.") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ADDRESSES[0], ADDRESSES[1][0], "Ny oppgave på Fjordvik"
    mail.set_content(text)
    return mail


def send(address: str, mail: EmailMessage | None = None) -> None:
    with connect(address) as client:
        client.send_message(mail or message())


def count(control: httpx.Client) -> int:
    return int(control.get("/_control/state").json()["count"])


def put(control: httpx.Client, **faults: Any) -> None:
    control.put("/_control/faults", json=faults).raise_for_status()


def test_a_message_is_kept_and_can_be_read(addresses: tuple[str, str], control: httpx.Client) -> None:
    send(addresses[0])
    (kept,) = control.get("/_control/state").json()["messages"]
    assert (kept["subject"], kept["rcpt_to"], kept["tls"]) == ("Ny oppgave på Fjordvik", ADDRESSES[1], False)
    assert "godkjenning" in kept["text"]
    assert b"Subject:" in control.get(f"/_control/messages/{kept['id']}").content


def test_the_connection_can_be_encrypted(addresses: tuple[str, str], control: httpx.Client) -> None:
    context = ssl._create_unverified_context()
    with connect(addresses[0]) as client:
        client.starttls(context=context)
        client.send_message(message())
    assert control.get("/_control/state").json()["messages"][0]["tls"] is True


def test_a_server_that_is_down_breaks_connections(addresses: tuple[str, str], control: httpx.Client) -> None:
    opened = connect(addresses[0])
    put(control, down=True)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        connect(addresses[0])
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        opened.send_message(message())
    assert count(control) == 0


@pytest.mark.parametrize("status", [451, 550])
def test_a_message_can_be_refused(addresses: tuple[str, str], control: httpx.Client, status: int) -> None:
    put(control, refuse_status=status)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(addresses[0])
    assert refused.value.smtp_code == status
    assert count(control) == 0


def test_one_receiver_can_be_refused(addresses: tuple[str, str], control: httpx.Client) -> None:
    put(control, refuse_status=550, only="^/rcpt/nobody@")
    with connect(addresses[0]) as client:
        refused = client.sendmail(ADDRESSES[0], ["nobody@fjordvik.example", *ADDRESSES[1]], message().as_bytes())
    assert refused["nobody@fjordvik.example"][0] == 550
    assert control.get("/_control/state").json()["messages"][0]["rcpt_to"] == ADDRESSES[1]


def test_a_lost_answer_leaves_the_message_delivered(addresses: tuple[str, str], control: httpx.Client) -> None:
    put(control, lose_answers=1)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(addresses[0])
    assert count(control) == 1
    send(addresses[0])
    assert count(control) == 2


def test_a_slow_server_answers_late(addresses: tuple[str, str], control: httpx.Client) -> None:
    put(control, slow_seconds=0.3)
    begun = time.monotonic()
    send(addresses[0])
    assert time.monotonic() - begun >= 0.3


def test_a_message_over_the_limit_is_refused(addresses: tuple[str, str], control: httpx.Client) -> None:
    with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError)) as refused:
        send(addresses[0], message("x" * 900 + "\n" + ("y" * 70 + "\n") * 400))
    assert refused.value.smtp_code == 552
    assert count(control) == 0


def test_a_login_is_needed_when_one_is_set(start: Any) -> None:
    mail, control = start("smtp", "--user", "sikkersak", "--password", "hemmelig")
    with pytest.raises(smtplib.SMTPException):
        send(mail)
    with connect(mail) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("sikkersak", "feil")
        client.login("sikkersak", "hemmelig")
        client.send_message(message())
    assert httpx.get(f"{control}/_control/state").json()["messages"][0]["authenticated"] is True
