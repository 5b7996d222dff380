"""Notifier as a process, with the stand-ins for SvarUt, Maskinporten, the mail server and Teams as processes."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import aio_pika
import httpx
import pikepdf
import pytest
import pytest_asyncio
from joserfc.jwk import RSAKey

from sikkersak.contracts.message import Message, Operation
from sikkersak.contracts.notifier import LetterDossier
from sikkersak.contracts.values import File, Party, PartyKind, PostalAddress
from sikkersak.identity import Actor, ActorSigner
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.messaging.rpc import RpcClient
from sikkersak.persistence.database import Database
from sikkersak.testing.running import Programs, ServiceProcess, make_keys, make_schema, service_environment
from sikkersak.testing.sandbox import Sandbox, sandbox
from sikkersak.testing.waiting import eventually
from sikkersak.vault import Vault

ACCOUNT, INTEGRATION = "2f0d1b3e-0f5e-4c55-8f3e-1c6f2b7a9d10", "0a6d0c2e-2b59-4a0d-8a44-7d3a3c1f9b21"
COUNTY, SUPPLIER, PERSON = "310000019", "310000035", "01851012490"
ADDRESS = PostalAddress(line="Eksempelveien 2", postal_code="0003", city="OSLO")
PACE = 0.15
DIGESTS = ("notices-digest", "staff-mails")
HOLD_DIGESTS = """
insert into leases (name, holder, expires_at) select one, gen_random_uuid(), now() + interval '1 hour' from unnest($1::text[]) one
on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
"""
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

    async def empty(self) -> None:
        """Well, and as if nothing had come yet."""
        async with httpx.AsyncClient(timeout=60) as client:
            for control in (self.maskinporten, self.svarut, self.smtp_control, self.teams):
                (await client.post(f"{control}/_control/reset")).raise_for_status()

    async def fault(self, control: str, **faults: Any) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            (await client.put(f"{control}/_control/faults", json=faults)).raise_for_status()

    async def put(self, path: str, body: Any) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            (await client.put(f"{self.svarut}/_control/{path}", json=body)).raise_for_status()

    async def state(self, control: str) -> dict[str, Any]:
        async with httpx.AsyncClient(timeout=60) as client:
            return dict((await client.get(f"{control}/_control/state")).raise_for_status().json())

    async def letters(self) -> list[dict[str, Any]]:
        return list((await self.state(self.svarut))["letters"])

    async def mails(self) -> list[dict[str, Any]]:
        return list((await self.state(self.smtp_control))["messages"])

    async def cards(self) -> list[dict[str, Any]]:
        return [card["message"]["attachments"][0]["content"] for card in (await self.state(self.teams))["cards"]]


@pytest.fixture(scope="module")
def running_stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    folder = tmp_path_factory.mktemp("stand-ins")
    key = RSAKey.generate_key(2048, {"kid": "k1"})
    client = {"client_id": "sikkersak", "organisation": COUNTY, "jwk": key.as_dict(private=False)}
    integration = {"id": INTEGRATION, "password": "hemmelig", "organisation": COUNTY, "accounts": [ACCOUNT]}
    (folder / "clients.json").write_text(json.dumps({"clients": [client]}))
    (folder / "integrations.json").write_text(json.dumps([integration]))
    programs = Programs(folder)
    try:
        (maskinporten,) = programs.stand_in("maskinporten", "--clients", str(folder / "clients.json"))
        integrations = ("--integrations", str(folder / "integrations.json"), "--state", str(folder / "svarut"))
        (svarut,) = programs.stand_in("svarut", "--maskinporten", maskinporten, "--pace", str(PACE), *integrations)
        smtp, control = programs.stand_in("smtp")
        (teams,) = programs.stand_in("teams")
        yield StandIns(maskinporten, svarut, smtp, control, teams, key)
    finally:
        programs.stop()


@dataclass
class House:
    """The database and broker that notifier works with, and what tests do with them.

    The process is the module's: one that wants other settings gets another process in its place.
    """

    place: Sandbox
    database: Database
    vault: Vault
    service: ServiceProcess
    folder: Path
    signer: ActorSigner
    said_before: int = 0

    async def order(self, message: Message) -> None:
        """Says a message through notifier's own outbox; its relay sends it as it would anybody's."""
        async with self.database.transaction() as tx:
            await say(tx, message)

    async def gathered(self, *news: Message) -> None:
        """All of it is heard before a digest is written: how fast this machine is must not decide what comes together.

        For so long somebody else has the leases by which digests are written.
        """
        async with self.database.transaction() as tx:
            await tx.execute(HOLD_DIGESTS, list(DIGESTS))
            said = await say(tx, *news)

        async def are_heard() -> bool:
            (row,) = await self.rows("select count(distinct message_id) from inbox where message_id = any($1)", said)
            return bool(row["count"] == len(said))

        await eventually(are_heard, what="the news")
        async with self.database.transaction() as tx:
            await tx.execute("delete from leases where name = any($1)", list(DIGESTS))

    async def row(self, consignment_id: UUID) -> dict[str, Any]:
        async with self.database.transaction() as tx:
            row = await tx.fetchrow("select * from consignments where consignment_id = $1", consignment_id)
        return dict(row) if row else {}

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        async with self.database.transaction() as tx:
            return [dict(row) for row in await tx.fetch(sql, *values)]

    async def until(self, consignment_id: UUID, state: str, *, was: str = "", within: float = 45.0) -> dict[str, Any]:
        """The consignment once it has come so far; fails at once when it ends elsewhere than where it `was`."""

        async def look() -> dict[str, Any]:
            row = await self.row(consignment_id)
            reached = row.get("state")
            assert reached in {state, was} or reached not in {"delivered", "declined", "given_up"}, (state, row)
            return row if reached == state else {}

        return await eventually(look, within=within, what=state)

    async def facts(self, queue: str) -> list[dict[str, Any]]:
        """What was said to the service that consumes `queue`, and is taken from it now; nothing is still to be said."""

        async def all_is_said() -> bool:
            return not await self.rows("select 1 from outbox")

        await eventually(all_is_said, what="the relay")
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
            return await client.ask(operation, actor=actor, within=45)

    def notifier(self, **changed: str | None) -> AbstractContextManager[subprocess.Popen[str]]:
        """The service, as a process."""
        return self.service.wanted(**changed)

    def log(self) -> str:
        """What it has said since the test began."""
        return self.service.log.read_text()[self.said_before :]

    async def kill(self) -> None:
        """A power cut; what the dead process held is let go of at once, which else takes half a minute."""
        self.service.kill()
        async with self.database.transaction() as tx:
            await tx.execute("delete from leases")
            await tx.execute("update consignments set held_until = now() where held_until is not null")

    async def settle(self) -> None:
        """Ends what an earlier test left open, so that nothing of it reaches the stand-ins any more."""
        async with self.database.transaction() as tx:
            await tx.execute("""
                update consignments set state = 'given_up', is_open = false, next_try_at = null, next_look_at = null
                where state in ('waiting', 'trying', 'sent')
            """)
            await tx.execute("delete from outbox")

        async def nothing_in_hand() -> bool:
            return not await self.rows("select 1 from consignments where held_until > now()")

        await eventually(nothing_in_hand, what="the end of what was in hand")
        for queue in QUEUES.values():
            await self.facts(queue)

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


def pdf(text: str = "") -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    document.docinfo["/Title"] = text or str(new_id())
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_place() -> AsyncIterator[Sandbox]:
    """The module's own database and virtual hosts, with ladders of 100 ms a step."""
    async with sandbox(longest_delay=100) as made:
        await make_schema(made, "notifier")
        yield made


@pytest.fixture(scope="module")
def running_service(
    running_place: Sandbox, running_stand_ins: StandIns, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ServiceProcess, ActorSigner]]:
    """The module's notifier, which starts when the first test wants it."""
    folder = tmp_path_factory.mktemp("notifier")
    signer = make_keys(folder)
    (folder / "work").mkdir()
    (folder / "maskinporten.pem").write_bytes(running_stand_ins.key.as_pem(private=True))
    environment = environment_of(running_place, running_stand_ins, folder)
    service = ServiceProcess("notifier", environment, folder / "notifier.log")
    yield service, signer
    service.stop()


@pytest.fixture
async def house(
    running_place: Sandbox, running_service: tuple[ServiceProcess, ActorSigner], running_stand_ins: StandIns
) -> AsyncIterator[House]:
    service, signer = running_service
    folder = service.log.parent
    vault = await Vault.open(service.environment["VAULT_URL"], folder / "vault_keys.json")
    database = await Database.connect(running_place.database_url, application="test", size=4)
    made = House(running_place, database, vault, service, folder, signer)
    await made.settle()
    await running_stand_ins.empty()
    made.said_before = len(service.log.read_text()) if service.log.exists() else 0
    yield made
    await database.close()


@pytest.fixture
def stand_ins(house: House, running_stand_ins: StandIns) -> StandIns:
    """The stand-ins, well and empty."""
    return running_stand_ins


def environment_of(place: Sandbox, stand_ins: StandIns, folder: Path) -> dict[str, str]:
    mail = urlsplit(stand_ins.smtp)
    return {
        **service_environment(place, folder),
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
        "TEAMS_HOSTS": '["127.0.0.1"]',
        "PUBLIC_URL": "http://127.0.0.1:8080",
        "STATUS_SECONDS": "0.3",
        "STATUS_RHYTHM": "0.003",
        "SWEEP_SECONDS": "1",
        "DIGEST_SECONDS": "0.5",
        "PROBE_SECONDS": "0.3",
        "WORK_FOLDER": str(folder / "work"),
    }
