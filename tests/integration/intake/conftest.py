"""Intake as a process, with the stand-in for SvarInn as a process; both are the module's."""

from __future__ import annotations

import base64
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aio_pika
import httpx
import pytest
import pytest_asyncio

from local.keys import receiver_key
from sikkersak.contracts.message import Operation
from sikkersak.identity import Actor
from sikkersak.identity.roles import Role
from sikkersak.ids import new_id
from sikkersak.messaging.rpc import RpcClient
from sikkersak.persistence.database import Database
from sikkersak.testing.running import Programs, ServiceProcess, make_keys, make_schema, service_environment
from sikkersak.testing.sandbox import Sandbox, sandbox
from sikkersak.testing.waiting import eventually

SCHOOL, V1_SCHOOL = "310000019", "310000027"
USER, PASSWORD = "sikkersak", "hemmelig"
V1_USER, V1_PASSWORD = "eldre", "også hemmelig"


@dataclass(frozen=True)
class SvarInnStandIn:
    """The stand-in's address, and what a test does with it."""

    url: str

    async def system(self, username: str, password: str, certificate: str, *numbers: str) -> None:
        body = {
            "username": username,
            "password": password,
            "certificate_pem": certificate,
            "organisations": list(numbers),
        }
        async with httpx.AsyncClient(timeout=60) as http:
            (await http.put(f"{self.url}/_control/systems", json=body)).raise_for_status()

    async def place(self, title: str, *files: tuple[str, bytes], **facts: Any) -> UUID:
        contents = [{"filename": name, "content_base64": base64.b64encode(one).decode()} for name, one in files]
        order = {"title": title, "sender": "PP-tjenesten", "receiver": SCHOOL, "files": contents} | facts
        async with httpx.AsyncClient(timeout=60) as http:
            answer = await http.post(f"{self.url}/_control/shipments", json=order)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    async def held(self, shipment_id: UUID) -> dict[str, Any]:
        async with httpx.AsyncClient(timeout=60) as http:
            return dict((await http.get(f"{self.url}/_control/shipments/{shipment_id}")).raise_for_status().json())

    async def faults(self, **faults: Any) -> None:
        async with httpx.AsyncClient(timeout=60) as http:
            (await http.put(f"{self.url}/_control/faults", json=faults)).raise_for_status()


@dataclass
class Intake:
    """The running service, and ways to look at what it did."""

    place: Sandbox
    process: ServiceProcess
    svarinn: SvarInnStandIn
    folder: Path
    database: Database
    rpc: RpcClient

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        async with self.database.transaction() as tx:
            return [dict(row) for row in await tx.fetch(sql, *values)]

    async def row(self, shipment_id: UUID) -> dict[str, Any] | None:
        found = await self.rows("select * from mail where shipment_id = $1", shipment_id)
        return found[0] if found else None

    async def stored(self, shipment_id: UUID, *, within: float = 45) -> list[dict[str, Any]]:
        """Its attachments, once it is safe and acknowledged."""

        async def look() -> list[Any] | None:
            row = await self.row(shipment_id)
            if row is None or row["acknowledged_at"] is None:
                return None
            sql = "select file, problem, warnings, scan from attachments where mail_id = $1 order by position"
            return await self.rows(sql, row["mail_id"]) or [{}]

        return await eventually(look, within=within, what="the shipment's storing")

    async def waiting(self, shipment_id: UUID, code: str, *, within: float = 45) -> dict[str, Any]:
        """Its row, once it waits with this code."""

        async def look() -> dict[str, Any] | None:
            row = await self.row(shipment_id)
            return row if row is not None and row["problem"] == code else None

        row = await eventually(look, within=within, what=f"the wait with {code}")
        assert row["stored_at"] is None
        assert not (await self.svarinn.held(shipment_id))["acknowledged_at"]
        return row

    async def ask(self, operation: Operation[Any], *roles: Role, key: str | None = None) -> Any:
        actor = Actor(
            staff_id=new_id(),
            roles=frozenset(role.value for role in roles),
            schools=frozenset(),
            level="substantial",
            session="s",
        )
        return await self.rpc.ask(operation, actor=actor, idempotency_key=key or str(new_id()), within=45)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    started = Programs(tmp_path_factory.mktemp("stand-ins"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def svarinn(programs: Programs) -> SvarInnStandIn:
    (url,) = programs.stand_in("svarinn")
    return SvarInnStandIn(url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(svarinn: SvarInnStandIn, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Intake]:
    """One service for the module: two receiving systems, one of V2 and one of V1, with keys of their own."""
    folder = tmp_path_factory.mktemp("intake")
    (folder / "work").mkdir()
    (folder / "scans" / V1_SCHOOL).mkdir(parents=True)
    await svarinn.system(USER, PASSWORD, receiver_key(folder / "keys", "2026"), SCHOOL)
    older = receiver_key(folder / "older", "eldre")
    await svarinn.system(V1_USER, V1_PASSWORD, older, V1_SCHOOL)
    (folder / "systems.json").write_text(
        f'[{{"url": "{svarinn.url}/tjenester", "username": "{V1_USER}", "password": "{V1_PASSWORD}",'
        f' "keys": "{folder}/older", "version": "v1"}}]'
    )
    async with sandbox(longest_delay=100) as place:
        await make_schema(place, "intake")
        signer = make_keys(folder)
        environment = service_environment(place, folder) | {
            "SVARINN_URL": f"{svarinn.url}/api",
            "SVARINN_USERNAME": USER,
            "SVARINN_PASSWORD": PASSWORD,
            "SVARINN_KEYS": str(folder / "keys"),
            "SVARINN_SYSTEMS": str(folder / "systems.json"),
            "POLL_SECONDS": "0.2",
            "SWEEP_SECONDS": "0.2",
            "UNDO_SECONDS": "300",  # what is to be carried out sooner, a test lets grow old
            "WORK_FOLDER": str(folder / "work"),
            "LARGEST_SHIPMENT": "8000000",
            "TMPDIR": str(folder / "work"),
            "SCAN_FOLDER": str(folder / "scans"),
            "SCAN_RECEIVER": SCHOOL,
            "SCAN_QUIET_SECONDS": "0.3",
            "SCAN_SECONDS": "0.1",
            "SCAN_LANGUAGES": "nor" if shutil.which("tesseract") else "",
            "LOG_LEVEL": "INFO",
        }
        process = ServiceProcess("intake", environment, folder / "intake.log")
        database = await Database.connect(place.database_url, application="test", size=4)
        async with await aio_pika.connect_robust(place.rabbitmq_rpc_url) as connection:
            with process.wanted():
                yield Intake(place, process, svarinn, folder, database, RpcClient(connection, signer))
            process.stop()
        await database.close()
