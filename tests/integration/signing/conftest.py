"""Signing as a process, with the stand-in for the signing service as a process; both are the module's."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aio_pika
import httpx
import pikepdf
import pytest
import pytest_asyncio

from sikkersak.contracts.message import Message, Operation
from sikkersak.contracts.signing import RequestSignatures, Signer, SigningDossier
from sikkersak.contracts.values import File
from sikkersak.identity import Actor, ActorSigner
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.messaging.rpc import RpcClient
from sikkersak.persistence.database import Database
from sikkersak.testing.running import Programs, ServiceProcess, make_keys, make_schema, service_environment, start
from sikkersak.testing.sandbox import Sandbox, sandbox
from sikkersak.testing.waiting import eventually
from sikkersak.vault import Vault, seal

SENDER = "310000027"
GUARDIANS = (("15926100175", "Ola Prøve"), ("15926100256", "Kari Prøve"))
QUEUE = "school-cases"


@dataclass(frozen=True)
class StandIn:
    """The stand-in's addresses and certificates."""

    url: str
    control: str
    certificates: Path
    certificate: Path

    async def post(self, path: str) -> Any:
        async with httpx.AsyncClient(timeout=60) as client:
            return (await client.post(f"{self.control}/_control/{path}")).raise_for_status()

    async def put(self, path: str, **settings: Any) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            (await client.put(f"{self.control}/_control/{path}", json=settings)).raise_for_status()

    async def act(self, job: int, signer: int, what: str = "sign") -> None:
        await self.post(f"jobs/{job}/signers/{signer}/{what}")

    async def state(self) -> dict[str, Any]:
        async with httpx.AsyncClient(timeout=60) as client:
            return dict((await client.get(f"{self.control}/_control/state")).raise_for_status().json())

    async def jobs(self, reference: UUID) -> list[dict[str, Any]]:
        return [job for job in (await self.state())["jobs"] if job["reference"] == str(reference)]

    async def requests(self, method: str, ending: str) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(timeout=60) as client:
            found = (await client.get(f"{self.control}/_control/requests")).raise_for_status().json()
        return [one for one in found if one["method"] == method and one["path"].endswith(ending)]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    started = Programs(tmp_path_factory.mktemp("stand-ins"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def running_stand_in(programs: Programs) -> StandIn:
    return begin(programs)


def begin(programs: Programs, *arguments: str) -> StandIn:
    """One more stand-in, with the same certificates as the others."""
    folder, client = programs.folder / "certificates", programs.folder / "client.pem"
    if not client.exists():
        command = [sys.executable, "-m", "simulators", "signing", "--ca-dir", str(folder)]
        assert start([*command, "--issue-client", SENDER, str(client)], {}, programs.folder / "ca.log").wait(60) == 0
    pace = ("--pace", "0.2", "--calls-a-second", "500", "--block", "2")
    url, control = programs.stand_in("signing", "--ca-dir", str(folder), *pace, *arguments)
    return StandIn(url, control, folder, client)


@dataclass
class House:
    """The database and broker that signing works with, and what tests do with them."""

    place: Sandbox
    database: Database
    vault: Vault
    service: ServiceProcess
    signer: ActorSigner
    stand_in: StandIn
    said_before: int = 0

    def signing(self, **changed: str | None) -> AbstractContextManager[subprocess.Popen[str]]:
        """The service, as a process."""
        return self.service.wanted(**changed)

    def log(self) -> str:
        """What it has said since the test began."""
        return self.service.log.read_text()[self.said_before :]

    async def kill(self) -> None:
        """A power cut; the leases of the dead are not waited for."""
        self.service.kill()
        async with self.database.transaction() as tx:
            await tx.execute("delete from leases")

    async def order(self, message: Message) -> None:
        async with self.database.transaction() as tx:
            await say(tx, message)

    async def ask_signatures(self, job_id: UUID | None = None, **changed: Any) -> UUID:
        """Orders signatures of both guardians, unless told otherwise."""
        signers = tuple(Signer(national_id=number, name=name) for number, name in GUARDIANS)
        said = {"title": "Samtykke for Kari", "document": await self.file(), "signers": signers, **changed}
        job, school, case = job_id or new_id(), said.pop("school_id", None) or new_id(), said.pop("case_id", None)
        dossier = await seal(self.vault, SigningDossier.model_validate(said))
        ids = {"job_id": job, "document_id": job, "case_id": case, "school_id": school}
        await self.order(RequestSignatures(dossier=dossier, **ids))
        return job

    async def file(self, name: str = "Samtykke.pdf") -> File:
        return File(name=name, media_type="application/pdf", ref=await self.vault.put(pdf(), "application/pdf"))

    async def row(self, job_id: UUID) -> dict[str, Any]:
        (found,) = await self.rows("select * from jobs where job_id = $1", job_id) or [{}]
        return found

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        async with self.database.transaction() as tx:
            return [dict(row) for row in await tx.fetch(sql, *values)]

    async def until(self, job_id: UUID, state: str, code: str | None = None, within: float = 45.0) -> dict[str, Any]:
        async def look() -> dict[str, Any]:
            row = await self.row(job_id)
            return row if (row.get("state"), row.get("code")) == (state, code) else {}

        try:
            return await eventually(look, within=within, what=f"{state} {code}")
        except AssertionError as late:
            raise AssertionError(f"{late}: {await self.row(job_id)} {self.log()[-1500:]}") from late

    async def at_portal(self, job_id: UUID) -> int:
        """The portal's number of a job that the signers have been invited to."""
        return int((await self.until(job_id, "awaiting_signatures"))["portal_job"])

    async def facts(self) -> list[dict[str, Any]]:
        """What was said to cases, and is taken from there now; nothing is still to be said."""

        async def all_is_said() -> bool:
            return not await self.rows("select 1 from outbox")

        await eventually(all_is_said, what="the relay")
        connection = await aio_pika.connect(self.place.rabbitmq_url)
        found = []
        async with connection:
            channel = await connection.channel()
            declared = await channel.declare_queue("cases.facts", passive=True)
            while (message := await declared.get(fail=False)) is not None:
                await message.ack()
                found.append({"type": message.type, "message_id": message.message_id, **json.loads(message.body)})
        return found

    async def ask(self, operation: Operation[Any], actor: Actor) -> Any:
        connection = await aio_pika.connect_robust(self.place.rabbitmq_rpc_url)
        async with connection:
            return await RpcClient(connection, self.signer).ask(operation, actor=actor, within=45)


def pdf() -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    document.docinfo["/Title"] = str(new_id())
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_place() -> AsyncIterator[Sandbox]:
    async with sandbox(longest_delay=100) as made:
        await make_schema(made, "signing")
        yield made


@pytest.fixture(scope="module")
def running_service(
    running_place: Sandbox, running_stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ServiceProcess, ActorSigner]]:
    folder = tmp_path_factory.mktemp("signing")
    signer = make_keys(folder)
    environment = {
        **service_environment(running_place, folder),
        "PORTAL_URL": running_stand_in.url,
        "PORTAL_ORGANISATION": SENDER,
        "PORTAL_CERTIFICATE": str(running_stand_in.certificate),
        "PORTAL_TRUST": str(running_stand_in.certificates),
        "PORTAL_QUEUE": QUEUE,
        "PORTAL_CALLS_A_SECOND": "200",
        "POLL_SECONDS": "0.2",
        "SWEEP_SECONDS": "0.2",
        "REMIND_DAYS": "20",
        "PROBE_SECONDS": "0.3",
    }
    service = ServiceProcess("signing", environment, folder / "signing.log")
    yield service, signer
    service.stop()


@pytest.fixture
async def house(
    running_place: Sandbox, running_service: tuple[ServiceProcess, ActorSigner], running_stand_in: StandIn
) -> AsyncIterator[House]:
    service, signer = running_service
    vault = await Vault.open(service.environment["VAULT_URL"], Path(service.environment["VAULT_KEYS"]))
    database = await Database.connect(running_place.database_url, application="test", size=4)
    made = House(running_place, database, vault, service, signer, running_stand_in)
    async with database.transaction() as tx:
        await tx.execute(
            "update jobs set state = 'failed', code = 'over' where state in ('waiting', 'awaiting_signatures')"
        )
        await tx.execute("delete from polls")
        await tx.execute("delete from outbox")
    await running_stand_in.post("reset")
    await made.facts()
    made.said_before = len(service.log.read_text()) if service.log.exists() else 0
    yield made
    await database.close()


@pytest.fixture
def stand_in(house: House) -> StandIn:
    """The stand-in, well and empty."""
    return house.stand_in


@pytest.fixture
def begin_stand_in(programs: Programs) -> Any:
    """`begin_stand_in("--wrong-organisation")` gives one more, with the same certificates."""
    return lambda *arguments: begin(programs, *arguments)
