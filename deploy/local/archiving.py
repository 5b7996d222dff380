"""The archive's part of the stack alone: archiver and the archive core's stand-in, fed as cases feeds it, asked as staff ask.

Chaos runs and benches stand on it. Nobody else listens here; facts that archiver says wait in their queues.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import aio_pika
import asyncpg
import httpx
from aio_pika.abc import AbstractConnection, AbstractExchange, DeliveryMode
from pydantic import BaseModel

from local.fiks import HUB, Way
from local.memory import Memory
from local.processes import Process
from local.servers import Servers
from local.stack import Stack
from samples.municipality import municipality
from sikkersak.contracts.archiver import (
    ArchiveDocument,
    ArchiveDossier,
    CaseFile,
    CorrespondenceParty,
    Deliver,
    DeliveryKind,
    PartyRole,
    RecordType,
)
from sikkersak.contracts.message import Operation
from sikkersak.contracts.values import AccessAssessment, File, Party, PartyKind
from sikkersak.errors import Transient
from sikkersak.identity import Actor, ActorSigner, Role
from sikkersak.ids import new_id
from sikkersak.messaging.envelope import Envelope
from sikkersak.messaging.rpc import RpcClient
from sikkersak.messaging.topology import EVENTS_VHOST, RPC_VHOST, definitions
from sikkersak.vault import Vault
from sikkersak.vault.sealed import seal

Answer = TypeVar("Answer", bound=BaseModel)
SCHOOL: Final = UUID("0192f3a1-0000-7000-8000-000000000001")
OPENED: Final = datetime(2026, 8, 17, 8, tzinfo=UTC)


class ArchiveStack(Stack):
    """The archive core's stand-in and archiver, with settings of archiver's own beside the usual ones."""

    def __init__(self, folder: Path, name: str, given: Servers | None = None, **archiver: object) -> None:
        super().__init__(folder, name, Memory(folder / "memory.json"), given)
        self.archiver = {key.upper(): str(value) for key, value in archiver.items()}
        over = self.archiver.pop("FIKS_TRANSPORT", "broker")
        if self.archiver.pop("ARCHIVE_ADAPTER", "noark") == "fiks-arkiv":
            self.speak(Way.FIKS_IO if over == "fiks-io" else Way.FIKS_BROKER)

    @property
    def around(self) -> tuple[str, ...]:
        """The stand-ins that archiver needs, in the order they start."""
        return ("maskinporten", "noark", HUB) if self.way is Way.FIKS_IO else ("noark",)

    def build(self, ladder: float = 1.0) -> None:
        """Database, virtual hosts with a ladder that is `ladder` times as long as in production, keys, processes."""
        self.provision.remove()
        self.provision.prepare()
        self.shorten(ladder)
        self.provision.migrate("archiver")
        self.prepare()
        if self.fiks is not None:
            self.fiks.open()
        self.start(*self.around)
        self.start("archiver")

    def shorten(self, ladder: float) -> None:
        """The same steps, each in less time: who watches has no hours."""
        policies = definitions()[EVENTS_VHOST]["policies"]
        vhost = self.provision.vhost(EVENTS_VHOST)
        with self.provision._management() as http:  # noqa: SLF001 - its own account
            for policy in policies:
                wanted = policy["definition"]
                if ".retry." in policy["name"]:
                    wanted["message-ttl"] = max(100, int(wanted["message-ttl"] * ladder))
                    known = {"pattern": policy["pattern"], "apply-to": policy["apply-to"], "priority": 10}
                    http.put(f"/policies/{vhost}/{policy['name']}", json=known | {"definition": wanted})

    def gone(self) -> None:
        """Nothing of it is left."""
        self.stop("archiver", *self.around)
        self.provision.remove()

    def _service(self, name: str) -> Process:
        made = super()._service(name)
        return Process(made.name, made.command, made.environment | self.archiver, made.ready_url, made.folder)


@contextmanager
def archive_stack(
    folder: Path, name: str, ladder: float = 1.0, given: Servers | None = None, **archiver: object
) -> Iterator[ArchiveStack]:
    """A stack for the time of the block."""
    stack = ArchiveStack(folder, name, given, **archiver)
    try:
        stack.build(ladder)
        yield stack
    finally:
        stack.gone()


@dataclass
class Person:
    """Somebody who asks archiver, as the gateway would ask for them."""

    stack: ArchiveStack
    roles: frozenset[str] = frozenset({Role.ADMINISTRATOR.value})

    async def ask(self, operation: Operation[Answer], within: float = 10.0) -> Answer:
        """The owner's answer."""
        key = (self.stack.folder / "secrets" / "gateway" / "actor.pem").read_bytes()
        connection = await aio_pika.connect_robust(self.stack.provision.rabbitmq_url("gateway", RPC_VHOST))
        async with connection:
            actor = Actor(staff_id=new_id(), roles=self.roles, level="substantial", session="a-watching-person")
            return await RpcClient(connection, ActorSigner(key)).ask(operation, actor=actor, within=within)


@dataclass
class Feeder:
    """What cases says to archiver: records with attachments, evidence, closings, each under its stable key."""

    stack: ArchiveStack
    seed: int
    per_case: int = 6
    records: dict[str, set[str]] = field(default_factory=dict)
    evidence: int = 0
    closings: int = 0
    deliveries: list[UUID] = field(default_factory=list)
    _cases: list[CaseFile] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The same seed gives the same documents."""
        self.chance = random.Random(self.seed)
        self._vault: Vault | None = None
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None

    async def vault(self) -> Vault:
        """The stack's own."""
        if self._vault is None:
            keys = self.stack.folder / "secrets" / "vault.json"
            self._vault = await Vault.open(f"file://{self.stack.folder / 'vault'}", keys)
        return self._vault

    async def record(self, number: int, *, is_urgent: bool = False, with_evidence: bool = False) -> UUID:
        """One finished document, ordered to the archive; returns the delivery's id."""
        orders = await self.finished(number, is_urgent=is_urgent, with_evidence=with_evidence)
        for order in orders:
            await self.send(order)
        return orders[0].delivery_id

    async def finished(
        self, number: int, *, is_urgent: bool = False, with_evidence: bool = False
    ) -> tuple[Deliver, ...]:
        """One finished document, in the vault and not yet ordered; the document's own order comes first."""
        folder, record_id = self._case_of(number), new_id()
        files = [await self._file(number, part) for part in range(1 + (number % 4 == 0))]
        described = tuple(
            ArchiveDocument(document_key=new_id(), title=f"Dokument {number}.{part}", is_main=part == 0, file=file)
            for part, file in enumerate(files)
        )
        dossier = self._dossier(folder, record_id, number).model_copy(update={"documents": described})
        self.records[f"record:{record_id}"] = {f"document:{one.document_key}" for one in described}
        order = await self._order(dossier, DeliveryKind.RECORD, record_id, is_urgent=is_urgent)
        if not with_evidence:
            return (order,)
        proof = ArchiveDocument(
            document_key=new_id(), title="Signert", is_main=False, file=await self._file(number, 9), render=False
        )
        self.records[f"record:{record_id}"].add(f"document:{proof.document_key}")
        extra = dossier.model_copy(update={"kind": DeliveryKind.EVIDENCE, "documents": (proof,)})
        self.evidence += 1
        return order, await self._order(extra, DeliveryKind.EVIDENCE, record_id)

    async def closing(self, case: int) -> None:
        """The case is closed, whether its records have arrived yet or not."""
        folder = self._cases[case]
        told = {"kind": DeliveryKind.CLOSING, "remark": "Saken er avsluttet", "record_id": folder.case_id}
        dossier = self._dossier(folder, folder.case_id, 0).model_copy(update=told)
        await self.send(await self._order(dossier, DeliveryKind.CLOSING, folder.case_id))
        self.closings += 1

    @property
    def cases(self) -> int:
        """How many there are."""
        return len(self._cases)

    def _case_of(self, number: int) -> CaseFile:
        place = number // self.per_case
        while len(self._cases) <= place:
            school = municipality().schools[0]
            self._cases.append(
                CaseFile(
                    case_id=new_id(),
                    number=f"2026/{len(self._cases) + 1}",
                    title=f"Elevsak {len(self._cases) + 1}",
                    public_title="Elevsak *****",
                    opened=OPENED.date(),
                    school=school.name,
                    school_organisation=school.organisation,
                    responsible="Saksbehandler",
                    access=AccessAssessment(),
                )
            )
        return self._cases[place]

    def _dossier(self, folder: CaseFile, record_id: UUID, number: int) -> ArchiveDossier:
        is_incoming = number % 2 == 0
        party = Party(kind=PartyKind.PERSON, name=f"Foresatt {number}")
        return ArchiveDossier(
            kind=DeliveryKind.RECORD,
            case_file=folder,
            record_id=record_id,
            record_type=RecordType.INCOMING if is_incoming else RecordType.OUTGOING,
            title=f"Brev {number}",
            public_title="Brev *****",
            document_date=OPENED.date(),
            received_at=OPENED if is_incoming else None,
            sent_at=None if is_incoming else OPENED,
            parties=(CorrespondenceParty(role=PartyRole.SENDER if is_incoming else PartyRole.RECEIVER, party=party),),
        )

    def content(self, number: int, part: int) -> tuple[str, str, bytes]:
        """Name, media type and bytes: a short text of its own; the length varies as letters do."""
        lines = "\n".join(f"Linje {line} i dokument {number}.{part}" for line in range(self.chance.randint(3, 60)))
        return f"{number}.txt", "text/plain", f"{new_id()}\n{lines}\n".encode()

    async def _file(self, number: int, part: int) -> File:
        name, media_type, content = self.content(number, part)
        vault = await self.vault()
        while True:
            try:
                return File(name=name, media_type=media_type, ref=await vault.put(content, media_type))
            except Transient:  # the disk is full: the sender waits, as cases would
                await asyncio.sleep(0.5)

    async def _order(
        self, dossier: ArchiveDossier, kind: DeliveryKind, document_id: UUID, *, is_urgent: bool = False
    ) -> Deliver:
        ids = {"delivery_id": new_id(), "document_id": document_id, "case_id": dossier.case_file.case_id}
        while True:
            try:
                ref = await seal(await self.vault(), dossier)
                break
            except Transient:
                await asyncio.sleep(0.5)
        return Deliver(**ids, school_id=SCHOOL, kind=kind, dossier=ref, is_urgent=is_urgent)

    async def send(self, order: Deliver) -> None:
        """As the outbox does: the same message until the broker has confirmed it."""
        envelope = Envelope.around(order.message_type)
        url = self.stack.provision.rabbitmq_url("cases", EVENTS_VHOST)
        while not await self._is_confirmed(url, order, envelope):
            await asyncio.sleep(0.3)
        self.deliveries.append(order.delivery_id)

    async def _is_confirmed(self, url: str, order: Deliver, envelope: Envelope) -> bool:
        try:
            exchange = self._exchange or await self._events(url)
            await exchange.publish(_as_sent(order, envelope), order.message_type, mandatory=True, timeout=5)
        except (aio_pika.exceptions.AMQPError, ConnectionError, TimeoutError, OSError, RuntimeError):
            self._exchange = None
            return False
        return True

    async def _events(self, url: str) -> AbstractExchange:
        """The way to the broker, opened once and again when it was lost."""
        if self._connection is not None:
            with contextlib.suppress(aio_pika.exceptions.AMQPError, ConnectionError, TimeoutError, OSError):
                await asyncio.wait_for(self._connection.close(), 2)
        self._connection = await aio_pika.connect(url, timeout=5)
        channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        self._exchange = await channel.get_exchange("events", ensure=False)
        return self._exchange


def _as_sent(order: Deliver, envelope: Envelope) -> aio_pika.Message:
    return aio_pika.Message(
        order.model_dump_json().encode(),
        headers=envelope.headers(),
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=str(envelope.message_id),
        correlation_id=envelope.correlation_id,
        type=order.message_type,
        timestamp=envelope.occurred_at,
    )


@dataclass
class Rows:
    """What archiver itself has written, read as its owner."""

    stack: ArchiveStack
    _connection: asyncpg.Connection[asyncpg.Record] | None = None
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """Rows; none while the database is away."""
        async with self._one_at_a_time:
            try:
                if self._connection is None or self._connection.is_closed():
                    url = self.stack.provision.database_url("archiver", is_owner=True)
                    self._connection = await asyncpg.connect(url, timeout=5, command_timeout=30)
                return await self._connection.fetch(sql, *values)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                self._connection = None
                return []

    async def states(self) -> dict[str, int]:
        """How many deliveries there are in each state."""
        rows = await self.ask("select state, count(*) from deliveries group by state")
        return {row["state"]: row["count"] for row in rows}


def in_core(stack: ArchiveStack) -> dict[str, Any]:
    """Every registry entry as the core itself has it, and what it has twice."""
    answer: dict[str, Any] = (
        httpx.get(f"{stack.control('noark')}/_control/records", timeout=60).raise_for_status().json()
    )
    return answer


def parked(stack: ArchiveStack) -> int:
    """Messages that a person must look at, counted by the broker."""
    vhost = stack.provision.vhost(EVENTS_VHOST)
    with stack.provision._management() as http:  # noqa: SLF001 - its own account
        queues = http.get(f"/queues/{vhost}").raise_for_status().json()
    return sum(queue.get("messages", 0) for queue in queues if queue["name"].endswith(".parking"))
