"""Archiver's own room on a real database, and a core behind its port that does as it is told."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from archiver import store
from archiver.archive import Archive
from archiver.core import ArchivedCaseFile, ArchivedRecord, Observer, Receipt, RegistryEntry, unobserved
from archiver.domain import needs_rendering, rendition_key
from archiver.handlers import keep_accounts
from sikkersak.contracts.archiver import (
    ArchiveDocument,
    ArchiveDossier,
    CaseFile,
    Deliver,
    DeliveryKind,
    RecordType,
)
from sikkersak.contracts.finished import FinishedAccounted, FinishedDocument, FinishedList
from sikkersak.contracts.values import AccessAssessment, File
from sikkersak.identity import Actor
from sikkersak.identity.policy import RULES
from sikkersak.identity.policy.admission import admit_by_token
from sikkersak.ids import new_id
from sikkersak.messaging.circuit import Circuit
from sikkersak.messaging.operations import Ask
from sikkersak.observability.metrics import Metrics
from sikkersak.persistence.database import Database, Row
from sikkersak.persistence.migrate import migrate
from sikkersak.testing.sandbox import Sandbox, sandbox
from sikkersak.vault import Vault
from sikkersak.vault.sealed import seal

REPOSITORY = Path(__file__).resolve().parents[3]
NO_DOCUMENTS = {DeliveryKind.CLOSING, DeliveryKind.REOPENING, DeliveryKind.WITHDRAWAL}
SCHOOL, OTHER_SCHOOL = new_id(), new_id()


@dataclass
class ToldCore:
    """Takes every record, unless it was told what to raise; remembers what came."""

    raises: list[Exception] = field(default_factory=list)
    records: list[RegistryEntry] = field(default_factory=list)
    additions: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    held: dict[str, ArchivedRecord] = field(default_factory=dict)
    corrected: list[RegistryEntry] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    variants: list[tuple[str, Any]] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    adds_documents: bool = True
    was_there: bool = False

    def _maybe_raise(self) -> None:
        if self.raises:
            raise self.raises.pop(0)

    async def ensure_registry_entry(self, entry: RegistryEntry, *, on_step: Observer = unobserved) -> Receipt:
        self._maybe_raise()
        self.records.append(entry)
        return Receipt(case_file=None, record=self._record(entry.key), was_created=not self.was_there)

    async def add_documents(self, record_key: str, documents: Any, *, on_step: Observer = unobserved) -> Receipt:
        self._maybe_raise()
        self.additions.append(record_key)
        return Receipt(case_file=None, record=self._record(record_key), was_created=False)

    async def close_case_file(self, key: str, remark: str, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        self._maybe_raise()
        self.closed.append(key)
        return ArchivedCaseFile(key=key, archive_id="1", number="2026/1", is_closed=True)

    async def correct_record(self, entry: RegistryEntry, *, on_step: Observer = unobserved) -> Receipt:
        self._maybe_raise()
        self.corrected.append(entry)
        return Receipt(case_file=None, record=self._record(entry.key), was_created=False)

    async def withdraw_record(self, key: str, *, on_step: Observer = unobserved) -> Receipt:
        self._maybe_raise()
        self.withdrawn.append(key)
        return Receipt(case_file=None, record=self._record(key), was_created=False)

    async def add_variant(self, record_key: str, document: Any, *, on_step: Observer = unobserved) -> Receipt:
        self._maybe_raise()
        self.variants.append((record_key, document))
        return Receipt(case_file=None, record=self._record(record_key), was_created=False)

    async def reopen_case_file(self, key: str, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        self._maybe_raise()
        self.reopened.append(key)
        return ArchivedCaseFile(key=key, archive_id="1", number="2026/1", is_closed=False)

    async def find_record(self, key: str, *, on_step: Observer = unobserved) -> ArchivedRecord | None:
        self._maybe_raise()
        return self.held.get(key)

    async def record_keys(self, since: Any, until: Any, *, on_step: Observer = unobserved) -> tuple[str, ...] | None:
        self._maybe_raise()
        return tuple(self.held)

    async def unfinished_records(self, *, on_step: Observer = unobserved) -> tuple[str, ...]:
        self._maybe_raise()
        return ()

    async def probe(self) -> None:
        self._maybe_raise()

    async def close(self) -> None:
        return

    def _record(self, key: str) -> ArchivedRecord:
        return ArchivedRecord(
            key=key,
            archive_id="1",
            number=f"2026/1-{len(self.records)}",
            journal_year=2026,
            journal_sequence=1,
            status="J",
            is_final=True,
            documents=(),
        )


@dataclass
class Room:
    """The archive room, and what a test does with it."""

    archive: Archive
    core: ToldCore
    database: Database

    async def order(
        self,
        kind: DeliveryKind = DeliveryKind.RECORD,
        *,
        case_id: UUID | None = None,
        document_id: UUID | None = None,
        is_urgent: bool = False,
        school_id: UUID = SCHOOL,
        title: str = "Notat om Kari",
        document_key: UUID | None = None,
    ) -> Row:
        """A delivery that is rendered and waits to be brought."""
        document = await self._document(render=kind is not DeliveryKind.EVIDENCE, key=document_key)
        case, record = case_id or new_id(), document_id or new_id()
        dossier = ArchiveDossier(
            kind=kind,
            case_file=CaseFile(
                case_id=case,
                number="2026/1",
                title="Elevsak",
                public_title="Elevsak *****",
                opened=date(2026, 8, 17),
                school="Fjordvik skole",
                school_organisation="310000027",
                responsible="Ola Lærer",
                access=AccessAssessment(),
            ),
            record_id=record,
            record_type=RecordType.INTERNAL,
            title=title,
            public_title="Notat *****",
            document_date=date(2026, 9, 1),
            documents=() if kind in NO_DOCUMENTS else (document,),
        )
        order = Deliver(
            delivery_id=new_id(),
            document_id=record,
            case_id=case,
            school_id=school_id,
            kind=kind,
            dossier=await seal(self.archive.vault, dossier),
            is_urgent=is_urgent,
        )
        async with self.database.transaction() as tx:
            await store.add_delivery(tx, order)
            if needs_rendering(kind):
                made = "insert into renditions (document_key, delivery_id, source_sha256, rendition, flavour, rung, validator, verdict) values ($1, $2, '', $3, '2b', 'unchanged', 'test', 'valid')"
                await tx.execute(
                    made, rendition_key(kind, document), order.delivery_id, document.file.ref.model_dump(mode="json")
                )
            sql = "update deliveries set rendered_at = now(), ordered_at = clock_timestamp() where delivery_id = $1 returning *"
            row: Row = await tx.fetchrow(sql, order.delivery_id)
        return row

    async def _document(self, *, render: bool, key: UUID | None) -> ArchiveDocument:
        ref = await self.archive.vault.put(str(new_id()).encode(), "application/pdf")
        file = File(name="notat.pdf", media_type="application/pdf", ref=ref)
        return ArchiveDocument(document_key=key or new_id(), title="Notat", is_main=render, file=file, render=render)

    async def bring(self, row: Row) -> Row:
        """One transfer of it; what it raised is raised here."""
        await self.archive.transfer(await self.row(row["delivery_id"]))
        return await self.row(row["delivery_id"])

    async def row(self, delivery_id: UUID) -> Row:
        async with self.database.transaction() as tx:
            return await store.delivery(tx, delivery_id)

    async def rows(self, sql: str, *values: Any) -> list[Row]:
        async with self.database.transaction() as tx:
            return list(await tx.fetch(sql, *values))

    async def cases_accounts(self, *finished: UUID, delivery_id: UUID | None = None) -> None:
        """Cases answers every order to account, with these documents."""
        orders = await self.rows(
            "delete from outbox where message_type = 'cases.account_for_finished.v1' returning body"
        )
        listed = FinishedList(
            documents=tuple(
                FinishedDocument(document_id=one, case_id=new_id(), finished_at=moment(), delivery_id=delivery_id)
                for one in finished
            )
        )
        for order in orders:
            asked = json.loads(order["body"])["reconciliation_id"]
            ref = await seal(self.archive.vault, listed)
            fact = FinishedAccounted(reconciliation_id=asked, listing=ref, count=len(finished))
            async with self.database.transaction() as tx:
                await keep_accounts(fact, tx, self.archive)

    async def ordered_again(self) -> list[UUID]:
        """Which deliveries archiver has ordered the transfer of since the last look."""
        async with self.database.transaction() as tx:
            rows = await tx.fetch("delete from outbox where message_type = 'archiver.transfer.v1' returning id, body")
        return [UUID(json.loads(row["body"])["delivery_id"]) for row in sorted(rows, key=lambda row: row["id"])]

    async def ask(self, operation: Any, answering: Any, *roles: str, schools: tuple[UUID, ...] = ()) -> Any:
        """An operation, as somebody with these roles, through the gate that it stands behind."""
        actor = Actor(
            staff_id=new_id(), roles=frozenset(roles), schools=frozenset(schools), level="substantial", session="s"
        )
        admit_by_token(RULES[operation.operation], operation, actor)
        async with self.database.transaction() as tx:
            return await answering(operation, Ask(actor, tx), self.archive)


@pytest.fixture(scope="module")
def schema() -> Iterator[Sandbox]:
    """A database with archiver's schema, made once for a file of tests."""
    with asyncio.Runner() as runner:
        made = sandbox()
        place = runner.run(made.__aenter__())
        runner.run(prepare(place))
        migrate("archiver", place.database_url, REPOSITORY / "services" / "archiver" / "migrations")
        yield place
        runner.run(made.__aexit__(None, None, None))


async def prepare(place: Sandbox) -> None:
    connection = await asyncpg.connect(place.database_url)
    await connection.execute("create schema archiver")
    await connection.execute(f'alter database "{place.vhost}" set search_path = archiver')
    await connection.close()


@pytest.fixture
async def room(schema: Sandbox, tmp_path: Path) -> AsyncIterator[Room]:
    """The room with empty tables."""
    (tmp_path / "keys.json").write_text(
        json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(b"v" * 32).decode()}})
    )
    vault = await Vault.open(f"file://{tmp_path}/vault", tmp_path / "keys.json")
    database = await Database.connect(schema.database_url, application="test", size=8)
    async with database.transaction() as tx:
        await tx.execute(
            "truncate deliveries, renditions, attempts, mendings, outbox, reconciliations, reconciliation_items, report_keys, extractions cascade"
        )
    core = ToldCore()
    circuit = Circuit("archive", core.probe, Metrics(), failures=3, probe_every=60)
    archive = Archive(
        database=database,
        vault=vault,
        core=core,  # type: ignore[arg-type]
        renderer=None,  # type: ignore[arg-type]
        circuit=circuit,
        work_folder=tmp_path,
        render_seconds=1,
        sweep_seconds=60,
        drain_per_second=20,
    )
    yield Room(archive, core, database)
    await circuit.close()
    await database.close()


def moment() -> datetime:
    return datetime.now(UTC)
