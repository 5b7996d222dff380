"""The gateway as a process, ID-porten's stand-in as a process, and small services that answer as a test chooses."""

import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from faststream.rabbit import Channel, RabbitBroker
from joserfc.jwk import RSAKey

from sikkersak.contracts.cases import CaseDetail, CasePage, CaseSummary, ListCases, OpenCase, ReadCase
from sikkersak.contracts.cases_casework import BulkClosing, CloseCases
from sikkersak.contracts.cases_documents import DocumentState, DocumentView, ReadDocument
from sikkersak.contracts.cases_people import Identify, PutStaff, StaffMember
from sikkersak.contracts.cases_references import (
    DocumentStatus,
    FindPupilCases,
    PupilReference,
    PutPupilReference,
    ReadDocumentStatus,
)
from sikkersak.errors import Declined, NotFound
from sikkersak.identity import ActorVerifier
from sikkersak.identity.national_number import lookup
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask, Operations
from sikkersak.persistence.database import Database
from sikkersak.persistence.migrate import migrate
from sikkersak.testing.sandbox import Sandbox, sandbox
from sikkersak.testing.waiting import eventually
from sikkersak.vault import Vault

REPOSITORY = Path(__file__).resolve().parents[3]
LOOKUP_KEY = b"0123456789abcdef0123456789abcdef"
KARI, OLA, SIRI = "14838141278", "02917531008", "23858031044"
SCHOOL = new_id()
USERS = [
    {"pid": KARI, "name": "Kari Prøve", "username": "kari"},
    {"pid": OLA, "name": "Ola Prøve", "username": "ola"},
    {"pid": SIRI, "name": "Siri Hastverk", "username": "siri"},
]


@dataclass
class FakeCases:
    """What the small cases service knows, and what it was asked by whom."""

    staff: dict[str, StaffMember] = field(default_factory=dict)
    asked: list[tuple[Any, Ask]] = field(default_factory=list)
    opened: int = 0
    document: DocumentView | None = None
    on_list: Callable[[], Awaitable[None]] | None = None

    def of_kind(self, kind: type) -> list[Any]:
        return [request for request, _ in self.asked if isinstance(request, kind)]

    def employ(self, pid: str, name: str, *roles: str, is_active: bool = True) -> StaffMember:
        who = lookup(pid, LOOKUP_KEY)
        known = self.staff[who].staff_id if who in self.staff else new_id()
        self.staff[who] = StaffMember(
            staff_id=known, name=name, roles=frozenset(roles), schools=frozenset({SCHOOL}), is_active=is_active
        )
        return self.staff[who]


def small_cases() -> Operations[FakeCases]:
    operations: Operations[FakeCases] = Operations("cases")

    @operations.answers(Identify)
    async def identify(asked: Identify, ask: Ask, cases: FakeCases) -> StaffMember:
        cases.asked.append((asked, ask))
        if asked.pid_lookup not in cases.staff:
            raise Declined("not-staff", "Ikke registrert.", status=403)
        return cases.staff[asked.pid_lookup]

    @operations.answers(ListCases)
    async def list_cases(asked: ListCases, ask: Ask, cases: FakeCases) -> CasePage:
        cases.asked.append((asked, ask))
        if cases.on_list:
            await cases.on_list()
        return CasePage(items=(), total=0)

    @operations.answers(OpenCase)
    async def open_case(asked: OpenCase, ask: Ask, cases: FakeCases) -> CaseSummary:
        cases.asked.append((asked, ask))
        cases.opened += 1
        return summary(asked, cases.opened, ask.actor.staff_id)

    @operations.answers(ReadDocument)
    async def read_document(asked: ReadDocument, ask: Ask, cases: FakeCases) -> DocumentView:
        cases.asked.append((asked, ask))
        if cases.document is None or cases.document.document_id != asked.document_id:
            raise Declined("document-not-found", "Finnes ikke.", status=404)
        return cases.document

    @operations.answers(ReadCase)
    async def read_case(asked: ReadCase, ask: Ask, cases: FakeCases) -> CaseDetail:
        cases.asked.append((asked, ask))
        if cases.document is None or cases.document.case_id != asked.case_id:
            raise NotFound("case")
        opened = OpenCase(school_id=SCHOOL, title="Spesialundervisning")
        return CaseDetail(summary=summary(opened, 7, ask.actor.staff_id), events=(), members=())

    @operations.answers(FindPupilCases)
    async def find_pupil_cases(asked: FindPupilCases, ask: Ask, cases: FakeCases) -> CasePage:
        cases.asked.append((asked, ask))
        if asked.reference != "elev-4711":
            raise NotFound("pupil")
        opened = OpenCase(school_id=SCHOOL, title="Spesialundervisning")
        return CasePage(items=(summary(opened, 7, ask.actor.staff_id),), total=1)

    @operations.answers(PutPupilReference)
    async def put_pupil_reference(asked: PutPupilReference, ask: Ask, cases: FakeCases) -> PupilReference:
        cases.asked.append((asked, ask))
        return PupilReference(pupil_id=new_id(), reference=asked.reference)

    @operations.answers(ReadDocumentStatus)
    async def read_document_status(asked: ReadDocumentStatus, ask: Ask, cases: FakeCases) -> DocumentStatus:
        cases.asked.append((asked, ask))
        return DocumentStatus(document_id=asked.document_id, state=DocumentState.FINISHED, archive=None, signing=None)

    @operations.answers(CloseCases)
    async def close_cases(asked: CloseCases, ask: Ask, cases: FakeCases) -> BulkClosing:
        cases.asked.append((asked, ask))
        if asked.remark == "Ikke ennå":
            raise Declined("case-closed", "Saken er avsluttet.")
        return BulkClosing(closed=asked.case_ids, not_closed=())

    @operations.answers(PutStaff)
    async def put_staff(asked: PutStaff, ask: Ask, cases: FakeCases) -> StaffMember:
        cases.asked.append((asked, ask))
        return StaffMember(
            staff_id=new_id(), name=asked.name, roles=asked.roles, schools=asked.schools, is_active=asked.is_active
        )

    return operations


def summary(asked: OpenCase, number: int, responsible: UUID) -> CaseSummary:
    return CaseSummary.model_validate(
        {
            "case_id": new_id(),
            "number": f"2026/{number}",
            "status": "open",
            "responsible_id": responsible,
            "opened_at": "2026-03-02T12:00:00Z",
            "documents": 0,
            "not_archived": 0,
            **asked.model_dump(include={"title", "case_type", "school_id", "pupil_id"}),
        }
    )


@dataclass
class Site:
    """Everything around one gateway."""

    address: str
    idporten: str
    cases: FakeCases
    database_url: str
    vault: Vault
    gateway: "subprocess.Popen[str]"
    log: Path
    requests: RabbitBroker

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.address, trust_env=False, timeout=60)

    @asynccontextmanager
    async def logged_in(self, user: str = "kari") -> AsyncIterator[httpx.AsyncClient]:
        """A browser after log-in, with the token for changes in its headers."""
        async with self.browser() as browser:
            answer = await self.log_in(browser, user)
            assert answer.status_code == 303, answer.text
            me = await browser.get("/api/v1/me")
            assert me.status_code == 200, me.text
            browser.headers["X-CSRF-Token"] = me.json()["csrf_token"]
            yield browser

    async def log_in(self, browser: httpx.AsyncClient, user: str = "kari", method: str = "minid") -> httpx.Response:
        """The gateway's answer to the callback."""
        begun = await browser.get("/login", params={"return_to": "/saker"})
        assert begun.status_code == 303, begun.text
        return await self.choose(browser, begun.headers["location"], user, method)

    async def choose(self, browser: httpx.AsyncClient, address: str, user: str, method: str) -> httpx.Response:
        chosen = await browser.post(address, data={"user": user, "method": method})
        assert chosen.status_code == 303, chosen.text
        return await browser.get(chosen.headers["location"])

    async def rows(self, query: str) -> list[Any]:
        connection = await asyncpg.connect(self.database_url)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def place() -> Iterator[Sandbox]:
    """One database and one pair of virtual hosts per module; what tests leave in them is cleared between tests."""
    with asyncio.Runner() as runner:
        made = sandbox()
        yield runner.run(made.__aenter__())
        runner.run(made.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def migrated_database(place: Sandbox) -> str:
    """The sandbox's database with the gateway's own schema at its newest version, which every connection stands in."""
    asyncio.run(prepare(place))
    return place.database_url


@pytest.fixture
async def gateway_database(migrated_database: str) -> str:
    """The same, with nothing in its tables."""
    connection = await asyncpg.connect(migrated_database)
    await connection.execute(
        "truncate sessions, pending_logins, logouts, changes, uploads, webhooks, runs, answers, inbox, outbox cascade"
    )
    await connection.close()
    return migrated_database


async def prepare(place: Sandbox) -> None:
    connection = await asyncpg.connect(place.database_url)
    await connection.execute("create schema gateway")
    await connection.execute(f'alter database "{place.vhost}" set search_path = gateway')
    await connection.close()
    await migrated(place.database_url)


async def migrated(url: str) -> None:
    await asyncio.to_thread(migrate, "gateway", url, REPOSITORY / "services" / "gateway" / "migrations")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def idporten_key() -> RSAKey:
    return RSAKey.generate_key(2048)


@contextmanager
def process(command: list[str], environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[str]"]:
    paths = [str(REPOSITORY / "deploy"), str(REPOSITORY / "shared"), str(REPOSITORY / "services" / "gateway")]
    everything = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
    with (
        log.open("w") as said,
        subprocess.Popen(command, stdout=said, stderr=said, text=True, env=everything) as started,
    ):
        try:
            yield started
        finally:
            started.terminate()
            started.wait(timeout=40)


def ready_address(started: "subprocess.Popen[str]", log: Path) -> str:
    """Waits for the line that a stand-in prints when it listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and started.poll() is None:
        line = next((line for line in log.read_text().splitlines() if line.startswith("ready ")), None)
        if line:
            return line.split()[1]
        time.sleep(0.05)
    raise AssertionError(f"the stand-in is not ready: {log.read_text()}")


@pytest.fixture(scope="module")
def idporten(module_folder: Path, idporten_key: RSAKey) -> Iterator[tuple[str, int]]:
    """The stand-in's address, and the port that the gateway is registered at."""
    port = free_port()
    own = f"http://127.0.0.1:{port}"
    client = {
        "client_id": "sikkersak",
        "name": "Sikker Sak",
        "redirect_uris": [f"{own}/login/callback"],
        "post_logout_redirect_uris": [f"{own}/logged-out"],
        "backchannel_logout_uri": f"{own}/login/backchannel",
        "public_key_file": "public.pem",
        "kid": "key-1",
    }
    (module_folder / "public.pem").write_bytes(idporten_key.as_pem(private=False))
    (module_folder / "users.json").write_text(json.dumps({"users": USERS}))
    (module_folder / "clients.json").write_text(json.dumps({"clients": [client]}))
    command = [sys.executable, "-m", "simulators", "idporten", "--port", "0"]
    files = ["--users", str(module_folder / "users.json"), "--clients", str(module_folder / "clients.json")]
    with process([*command, *files], {}, module_folder / "idporten.log") as started:
        yield ready_address(started, module_folder / "idporten.log"), port


@pytest.fixture(scope="module")
def secrets(module_folder: Path, idporten_key: RSAKey) -> Path:
    """The secrets folder, and beside it the vault and the public key of the gateway's actors."""
    folder = module_folder / "secrets"
    folder.mkdir()
    (module_folder / "identity").mkdir()
    (module_folder / "vault").mkdir()
    actor = Ed25519PrivateKey.generate()
    pem = actor.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = actor.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "actor_signing_key").write_bytes(pem)
    (module_folder / "identity" / "gateway.pem").write_bytes(public)
    (folder / "idporten_key").write_bytes(idporten_key.as_pem(private=True))
    (folder / "pid_lookup_key").write_text(LOOKUP_KEY.hex())
    keys = {"current": "k1", "keys": {"k1": base64.b64encode(b"v" * 32).decode()}}
    (module_folder / "vault_keys.json").write_text(json.dumps(keys))
    return folder


@pytest.fixture(scope="module")
def environment(
    place: Sandbox, migrated_database: str, idporten: tuple[str, int], secrets: Path, module_folder: Path
) -> dict[str, str]:
    """What the gateway is started with."""
    issuer, port = idporten
    return {
        "ENVIRONMENT": "development",
        "DATABASE_URL": migrated_database,
        "RABBITMQ_URL": place.rabbitmq_url,
        "RABBITMQ_RPC_URL": place.rabbitmq_rpc_url,
        "VAULT_URL": f"file://{module_folder}/vault",
        "VAULT_KEYS": str(module_folder / "vault_keys.json"),
        "IDENTITY_KEYS": str(module_folder / "identity"),
        "SECRETS_DIR": str(secrets),
        "HTTP_PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "IDPORTEN_ISSUER": issuer,
        "IDPORTEN_CLIENT_ID": "sikkersak",
        "IDPORTEN_KEY_ID": "key-1",
        "REQUEST_SECONDS": "5",
        "IDENTITY_SECONDS": "0",
        "DATABASE_POOL": "4",
        "LARGEST_UPLOAD": "3000000",
        "REQUESTS_A_SECOND": "25",  # more than who waits for something asks
        "REQUESTS_AT_ONCE": "60",
        "LOGINS_A_SECOND": "20",
        "LOGINS_AT_ONCE": "40",
        "DRAIN_SECONDS": "5",
    }


@dataclass
class Running:
    """The module's gateway process; one that a test stopped is started again for the next."""

    environment: dict[str, str]
    log: Path
    stack: ExitStack
    process: "subprocess.Popen[str] | None" = None

    def alive(self) -> "subprocess.Popen[str]":
        if self.process is None or self.process.poll() is not None:
            command = [sys.executable, "-m", "gateway"]
            self.process = self.stack.enter_context(process(command, self.environment, self.log))
        return self.process


@pytest.fixture(scope="module")
def running(environment: dict[str, str], module_folder: Path) -> Iterator[Running]:
    with ExitStack() as stack:
        yield Running(environment, module_folder / "gateway.log", stack)


@pytest.fixture
async def site(
    place: Sandbox, gateway_database: str, environment: dict[str, str], running: Running, module_folder: Path
) -> AsyncIterator[Site]:
    """The module's gateway with two members of staff known to cases: Kari; Ola is nobody here. No session is left."""
    issuer = environment["IDPORTEN_ISSUER"]
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        (await http.post(f"{issuer}/_control/reset")).raise_for_status()
    cases = FakeCases()
    cases.employ(KARI, "Kari Prøve", "administrator", "school_leader")
    vault = await Vault.open(environment["VAULT_URL"], module_folder / "vault_keys.json")
    async with answering(place, gateway_database, module_folder / "identity", cases) as requests:
        gateway = running.alive()
        address = environment["BASE_URL"]
        made = Site(address, issuer, cases, gateway_database, vault, gateway, running.log, requests)
        await eventually(lambda: is_ready(made), within=90, what="the gateway's readiness")
        yield made


async def is_ready(site: Site) -> bool:
    if site.gateway.poll() is not None:
        raise AssertionError(f"the gateway stopped: {site.log.read_text()}")
    async with site.browser() as browser:
        try:
            return (await browser.get("/health/ready")).is_success
        except httpx.TransportError:
            return False


@asynccontextmanager
async def answering(place: Sandbox, database_url: str, keys: Path, cases: FakeCases) -> AsyncIterator[RabbitBroker]:
    """The small cases service, with its own pool and broker."""
    database = await Database.connect(database_url, application="small-cases", size=4)
    broker = RabbitBroker(
        place.rabbitmq_rpc_url, default_channel=Channel(on_return_raises=True), reconnect_interval=0.2, logger=None
    )
    small_cases().serve(broker, cases, database, ActorVerifier.from_folder(keys, audience="cases"))
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()
        await database.close()


@pytest.fixture(scope="module")
def free() -> Any:
    """How further stand-ins are started, for files that need one more."""
    return SimpleNamespace(process=process, ready_address=ready_address)
