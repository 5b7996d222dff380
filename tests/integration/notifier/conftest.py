"""Notifier as a process, with the stand-ins for SvarUt, Maskinporten, the mail server and Teams as processes."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import aio_pika
import asyncpg
import httpx
import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc.jwk import RSAKey

from sikkersak.contracts.message import Message, Operation
from sikkersak.contracts.notifier import LetterDossier
from sikkersak.contracts.values import File, Party, PartyKind, PostalAddress
from sikkersak.identity import Actor, ActorSigner
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.messaging.rpc import RpcClient
from sikkersak.persistence.database import Database
from sikkersak.persistence.migrate import migrate
from sikkersak.testing.sandbox import Sandbox
from sikkersak.testing.waiting import eventually
from sikkersak.vault import Vault

REPOSITORY = Path(__file__).resolve().parents[3]
ACCOUNT, INTEGRATION = "2f0d1b3e-0f5e-4c55-8f3e-1c6f2b7a9d10", "0a6d0c2e-2b59-4a0d-8a44-7d3a3c1f9b21"
COUNTY, SUPPLIER, PERSON = "310000019", "310000035", "01851012490"
ADDRESS = PostalAddress(line="Eksempelveien 2", postal_code="0003", city="OSLO")
PACE = 0.4
QUEUES = {"letters": "cases.facts", "forwarding": "intake.facts"}


@dataclass(frozen=True)
class StandIns:
    """Addresses of the stand-ins; each has its control calls there."""

    maskinporten: str
    svarut: str
    smtp: str
    smtp_control: str
    teams: str
    key: RSAKey

    async def fault(self, control: str, **faults: Any) -> None:
        async with httpx.AsyncClient() as client:
            (await client.put(f"{control}/_control/faults", json=faults)).raise_for_status()

    async def put(self, path: str, body: Any) -> None:
        async with httpx.AsyncClient() as client:
            (await client.put(f"{self.svarut}/_control/{path}", json=body)).raise_for_status()

    async def state(self, control: str) -> dict[str, Any]:
        async with httpx.AsyncClient() as client:
            return dict((await client.get(f"{control}/_control/state")).raise_for_status().json())

    async def letters(self) -> list[dict[str, Any]]:
        return list((await self.state(self.svarut))["letters"])

    async def mails(self) -> list[dict[str, Any]]:
        return list((await self.state(self.smtp_control))["messages"])

    async def cards(self) -> list[dict[str, Any]]:
        return [card["message"]["attachments"][0]["content"] for card in (await self.state(self.teams))["cards"]]


@contextmanager
def process(
    command: list[str], environment: dict[str, str], log: Path, *, talks: bool = True
) -> Iterator[subprocess.Popen[str]]:
    """A program that ends with the test. What it says is read by the test, or stands in the log."""
    paths = [str(REPOSITORY / "deploy"), str(REPOSITORY / "shared"), str(REPOSITORY / "services" / "notifier")]
    everything = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
    with (
        log.open("a") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE if talks else errors, stderr=errors, text=True, env=everything
        ) as started,
    ):
        try:
            yield started
        finally:
            started.terminate()
            started.communicate(timeout=40)


def stand_in(stack: ExitStack, folder: Path, name: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-m", "simulators", name, "--port", "0", *arguments]
    started = stack.enter_context(process(command, {}, folder / f"{name}.log"))
    assert started.stdout is not None
    line = started.stdout.readline()
    assert line.startswith("ready "), (line, (folder / f"{name}.log").read_text())
    return line.split()[1:]


@pytest.fixture(scope="module")
def running_stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    folder = tmp_path_factory.mktemp("stand-ins")
    key = RSAKey.generate_key(2048, {"kid": "k1"})
    client = {"client_id": "sikkersak", "organisation": COUNTY, "jwk": key.as_dict(private=False)}
    integration = {"id": INTEGRATION, "password": "hemmelig", "organisation": COUNTY, "accounts": [ACCOUNT]}
    (folder / "clients.json").write_text(json.dumps({"clients": [client]}))
    (folder / "integrations.json").write_text(json.dumps([integration]))
    with ExitStack() as stack:
        (maskinporten,) = stand_in(stack, folder, "maskinporten", "--clients", str(folder / "clients.json"))
        integrations = ("--integrations", str(folder / "integrations.json"), "--state", str(folder / "svarut"))
        (svarut,) = stand_in(
            stack, folder, "svarut", "--maskinporten", maskinporten, "--pace", str(PACE), *integrations
        )
        smtp, control = stand_in(stack, folder, "smtp")
        (teams,) = stand_in(stack, folder, "teams")
        yield StandIns(maskinporten, svarut, smtp, control, teams, key)


@pytest.fixture
async def stand_ins(running_stand_ins: StandIns) -> StandIns:
    """The stand-ins, well and empty."""
    async with httpx.AsyncClient() as client:
        for name in ("maskinporten", "svarut", "smtp_control", "teams"):
            (await client.post(f"{getattr(running_stand_ins, name)}/_control/reset")).raise_for_status()
    return running_stand_ins


@dataclass
class House:
    """The database and broker that notifier works with, and what tests do with them."""

    place: Sandbox
    database: Database
    vault: Vault
    environment: dict[str, str]
    folder: Path
    signer: ActorSigner

    async def order(self, message: Message) -> None:
        """Says a message through notifier's own outbox; its relay sends it as it would anybody's."""
        async with self.database.transaction() as tx:
            await say(tx, message)

    async def row(self, consignment_id: UUID) -> dict[str, Any]:
        async with self.database.transaction() as tx:
            row = await tx.fetchrow("select * from consignments where consignment_id = $1", consignment_id)
        return dict(row) if row else {}

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        async with self.database.transaction() as tx:
            return [dict(row) for row in await tx.fetch(sql, *values)]

    async def until(self, consignment_id: UUID, state: str, *, was: str = "", within: float = 20.0) -> dict[str, Any]:
        """The consignment once it has come so far; fails at once when it ends elsewhere than where it `was`."""

        async def look() -> dict[str, Any]:
            row = await self.row(consignment_id)
            reached = row.get("state")
            assert reached in {state, was} or reached not in {"delivered", "declined", "given_up"}, (state, row)
            return row if reached == state else {}

        return await eventually(look, within=within, what=state)

    async def facts(self, queue: str) -> list[dict[str, Any]]:
        """What was said to the service that consumes `queue`, and is taken from it now."""
        connection = await aio_pika.connect(self.place.rabbitmq_url)
        found = []
        async with connection:
            channel = await connection.channel()
            declared = await channel.declare_queue(queue, passive=True)
            while (message := await declared.get(fail=False)) is not None:
                await message.ack()
                found.append(json.loads(message.body))
        return found

    async def ask(self, operation: Operation[Any], actor: Actor) -> Any:
        connection = await aio_pika.connect_robust(self.place.rabbitmq_rpc_url)
        async with connection:
            client = RpcClient(connection, self.signer)
            return await client.ask(operation, actor=actor)

    @contextmanager
    def notifier(self, **changed: str) -> Iterator[subprocess.Popen[str]]:
        """The service, as a process."""
        environment = {**self.environment, **changed, "HTTP_PORT": str(free_port())}
        with process(
            [sys.executable, "-m", "notifier"], environment, self.folder / "notifier.log", talks=False
        ) as started:
            yield started

    def log(self) -> str:
        return (self.folder / "notifier.log").read_text()

    def kill(self, notifier: subprocess.Popen[str]) -> None:
        notifier.send_signal(signal.SIGKILL)
        notifier.wait()

    async def file(self, name: str = "Vedtak om Kari Prøve.pdf", text: str = "") -> File:
        return File(name=name, media_type="application/pdf", ref=await self.vault.put(pdf(text), "application/pdf"))

    async def letter(self, **changed: Any) -> LetterDossier:
        receiver = Party(kind=PartyKind.PERSON, name="Ola Prøve", national_id=PERSON, address=ADDRESS)
        said = {
            "title": "Vedtak om Kari Prøve",
            "receiver": receiver,
            "sender_organisation": COUNTY,
            "sender_name": "Fjordvik skole",
            "case_number": "2026/17",
            "files": (await self.file(),),
            **changed,
        }
        return LetterDossier.model_validate(said)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pdf(text: str = "") -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    document.docinfo["/Title"] = text or str(new_id())
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


@pytest.fixture
async def house(place: Sandbox, stand_ins: StandIns, tmp_path: Path) -> AsyncIterator[House]:
    connection = await asyncpg.connect(place.database_url)
    await connection.execute("create schema notifier")
    await connection.execute(f'alter database "{place.vhost}" set search_path = notifier')
    await connection.close()
    await asyncio.to_thread(
        migrate, "notifier", place.database_url, REPOSITORY / "services" / "notifier" / "migrations"
    )
    signer = actor_keys(tmp_path)
    (tmp_path / "vault").mkdir()
    (tmp_path / "work").mkdir()
    keys = {"current": "k1", "keys": {"k1": base64.b64encode(b"v" * 32).decode()}}
    (tmp_path / "vault_keys.json").write_text(json.dumps(keys))
    (tmp_path / "maskinporten.pem").write_bytes(stand_ins.key.as_pem(private=True))
    environment = environment_of(place, stand_ins, tmp_path)
    vault = await Vault.open(environment["VAULT_URL"], tmp_path / "vault_keys.json")
    database = await Database.connect(place.database_url, application="test", size=4)
    yield House(place, database, vault, environment, tmp_path, signer)
    await database.close()


def actor_keys(folder: Path) -> ActorSigner:
    (folder / "identity").mkdir()
    actor = Ed25519PrivateKey.generate()
    pem = actor.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = actor.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "identity" / "gateway.pem").write_bytes(public)
    return ActorSigner(pem)


def environment_of(place: Sandbox, stand_ins: StandIns, folder: Path) -> dict[str, str]:
    mail = urlsplit(stand_ins.smtp)
    return {
        "ENVIRONMENT": "development",
        "DATABASE_URL": place.database_url,
        "RABBITMQ_URL": place.rabbitmq_url,
        "RABBITMQ_RPC_URL": place.rabbitmq_rpc_url,
        "VAULT_URL": f"file://{folder}/vault",
        "VAULT_KEYS": str(folder / "vault_keys.json"),
        "IDENTITY_KEYS": str(folder / "identity"),
        "OUTWARD_EFFECTS": "on",
        "DRAIN_SECONDS": "5",
        "SVARUT_URL": f"{stand_ins.svarut}/api",
        "SVARUT_INTEGRATION_ID": INTEGRATION,
        "SVARUT_INTEGRATION_PASSWORD": "hemmelig",
        "SVARUT_ACCOUNT": ACCOUNT,
        "MASKINPORTEN_ISSUER": stand_ins.maskinporten,
        "MASKINPORTEN_CLIENT_ID": "sikkersak",
        "MASKINPORTEN_KEY": str(folder / "maskinporten.pem"),
        "MASKINPORTEN_KEY_ID": "k1",
        "SMTP_HOST": mail.hostname or "",
        "SMTP_PORT": str(mail.port),
        "SMTP_STARTTLS": "false",
        "SMTP_SENDER": "sikkersak@fjordvik.example",
        "GENERAL_ARCHIVE_MAILBOX": "arkiv@fjordvik.example",
        "TEAMS_WEBHOOK": f"{stand_ins.teams}/workflows/w1/triggers/manual/paths/invoke?sig=development",
        "PUBLIC_URL": "http://127.0.0.1:8080",
        "STATUS_SECONDS": "0.3",
        "STATUS_RHYTHM": "0.003",
        "SWEEP_SECONDS": "1",
        "DIGEST_SECONDS": "0.5",
        "PROBE_SECONDS": "0.3",
        "WORK_FOLDER": str(folder / "work"),
    }
