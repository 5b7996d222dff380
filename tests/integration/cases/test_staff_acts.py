"""What staff do in intake, archiver, notifier and signing ends up in the one chain (M18, R9)."""

from __future__ import annotations

import importlib
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from cases.handlers import handlers
from cases.staff_acts import note_act  # noqa: F401 - it registers itself
from cases.store import audit_search
from cases.verify_audit import verify
from local.provision import Provision
from sikkersak.contracts.cases_acts import NoteAct
from sikkersak.contracts.intake import ListMail, MailState
from sikkersak.contracts.intake_distribution import AddPaper
from sikkersak.contracts.intake_ways_in import ListWaitingMail
from sikkersak.contracts.message import Operation
from sikkersak.contracts.notifier import Preferences, PutPreferences
from sikkersak.contracts.reconciliation import StartReconciliation
from sikkersak.contracts.renditions import Choice, ChooseRendition, Renditions
from sikkersak.contracts.signing import CancelJob
from sikkersak.identity import Actor
from sikkersak.identity.policy import RULES
from sikkersak.ids import new_id
from sikkersak.messaging.envelope import Envelope
from sikkersak.messaging.handlers import _once
from sikkersak.messaging.telling import digest_of, order_to_note
from sikkersak.observability.metrics import Metrics
from sikkersak.persistence.database import Database
from sikkersak.testing.desk import desk_for, incoming

SCHOOL, JOB, DOCUMENT = new_id(), new_id(), new_id()
NOW = datetime.now(UTC)
ACTS: dict[str, Operation[Any]] = {
    "intake": AddPaper(
        school_id=SCHOOL, reference="P-1", place="Arkivskap 2", kept_since=date(2026, 9, 1), shred_from=date(2027, 9, 1)
    ),
    "archiver": StartReconciliation(period_from=NOW - timedelta(days=2), period_to=NOW - timedelta(days=1)),
    "notifier": PutPreferences(preferences=Preferences()),
    "signing": CancelJob(job_id=JOB, document_id=DOCUMENT),
}
A_JOB = "insert into jobs (job_id, document_id, school_id, dossier, signers) values ($1, $2, $3, '{}', 1)"


@pytest.fixture(scope="module")
def all_of_it(installation: Provision) -> Provision:
    for service in ACTS:
        installation.migrate(service)
    return installation


@pytest.fixture
async def open_databases(all_of_it: Provision) -> AsyncIterator[dict[str, Database]]:
    async with AsyncExitStack() as stack:
        opened = {}
        for service in (*ACTS, "cases"):
            opened[service] = await Database.connect(all_of_it.database_url(service), application="test", size=2)
            stack.push_async_callback(opened[service].close)
        yield opened


async def asked_for(database: Database, asked: Operation[Any], actor: Actor, key: str) -> bytes:
    """As the service answers it: its own operations, its own gate, its own database."""
    importlib.import_module(f"{asked.owner()}.composition")
    operations = importlib.import_module(f"{asked.owner()}.operations").operations
    desk = desk_for(actor, operations._answers, None, database)
    return await desk.reply(incoming(asked.operation, asked.model_dump_json().encode(), key)) or b""


async def said(database: Database) -> list[tuple[UUID, NoteAct]]:
    sql = "delete from outbox where message_type = $1 returning message_id, body"
    async with database.transaction() as tx:
        rows = await tx.fetch(sql, NoteAct.message_type)
    return [(row["message_id"], NoteAct.model_validate_json(row["body"])) for row in rows]


async def heard(cases: Database, message_id: UUID, order: NoteAct) -> None:
    office: Any = None
    effect = _once(handlers._effects[NoteAct.message_type][1], office, cases, "cases.orders", Metrics())
    await effect(order, Envelope(message_id, NoteAct.message_type, NOW, "c"))


async def rows_of(cases: Database, actor_id: UUID) -> list[Any]:
    async with cases.transaction() as tx:
        return list(await tx.fetch("select * from audit where actor_id = $1 order by sequence", actor_id))


@pytest.mark.parametrize("service", sorted(ACTS))
async def test_an_act_ends_up_in_the_chain_once(
    service: str, open_databases: dict[str, Database], all_of_it: Provision
) -> None:
    there, cases = open_databases[service], open_databases["cases"]
    if service == "signing":
        async with there.transaction() as tx:
            await tx.execute(A_JOB, JOB, DOCUMENT, SCHOOL)
    roles = frozenset({"administrator", "mail_distributor", "school_leader"})
    actor = Actor(staff_id=new_id(), roles=roles, schools=frozenset({SCHOOL}), level="high", session="s-7")
    key = secrets.token_hex(8)
    first = await asked_for(there, ACTS[service], actor, key)
    assert b"problem" not in first, first
    await asked_for(there, ACTS[service], actor, key)
    ((message_id, order),) = await said(there)
    await heard(cases, message_id, order)
    await heard(cases, message_id, order)
    (row,) = await rows_of(cases, actor.staff_id)
    assert row["act"].startswith(f"{service}-")
    assert row["details"]["operation"] == ACTS[service].operation
    assert row["details"]["session"] == "s-7"
    assert datetime.fromisoformat(row["details"]["occurred_at"]) == order.occurred_at <= row["at"]
    findings, _ = await verify(all_of_it.database_url("cases"), None)
    assert findings == []


async def test_a_late_read_stands_after_what_was_noted_meanwhile_with_its_own_moment(
    town: Any, database: Database, installation: Provision
) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    case_id, delivery_id = await town.case(leader), new_id()
    async with database.transaction() as tx:
        sql = "insert into archive_obligations (delivery_id, case_id, kind) values ($1, $2, 'closing')"
        await tx.execute(sql, delivery_id, case_id)
    for days, name in ((1, "archiver.retry_delivery.v1"), (3, "archiver.read_delivery.v1")):
        order = NoteAct(
            act_id=new_id(),
            operation=name,
            actor_id=leader,
            session="s",
            occurred_at=NOW - timedelta(days=days),
            about={"delivery_id": (delivery_id,)},
        )
        await heard(database, new_id(), order)
    rows = await rows_of(database, leader)
    assert [(row["act"], row["case_id"]) for row in rows[-2:]] == [
        ("archiver-retry-delivery", case_id),
        ("archiver-delivery-read", case_id),
    ]
    async with database.transaction() as tx:
        (reader,) = [one for one in await audit_search.readers(tx, case_id) if one.staff_id == leader]
    assert (reader.times, reader.last_at) == (1, NOW - timedelta(days=3))
    assert (await verify(installation.database_url("cases"), None))[0] == []


async def test_a_look_at_the_inbox_is_one_row_with_the_filter_and_the_count(
    open_databases: dict[str, Database], all_of_it: Provision
) -> None:
    there, cases = open_databases["intake"], open_databases["cases"]
    actor = Actor(staff_id=new_id(), roles=frozenset({"mail_distributor"}), level="high", session="s-9")
    for asked in (ListMail(state=MailState.STORED), ListWaitingMail()):
        assert b"problem" not in await asked_for(there, asked, actor, secrets.token_hex(8))
    for message_id, order in await said(there):
        await heard(cases, message_id, order)
    rows = {row["act"]: row["details"] for row in await rows_of(cases, actor.staff_id)}
    assert set(rows) == {"intake-list-mail", "intake-list-waiting-mail"}
    assert (rows["intake-list-mail"]["chosen"], rows["intake-list-mail"]["found"]) == ({"state": "stored"}, 0)
    assert (await verify(all_of_it.database_url("cases"), None))[0] == []


@pytest.mark.parametrize("choice", list(Choice))
async def test_every_choice_for_a_document_that_could_not_be_rendered_is_in_the_chain(
    choice: Choice, town: Any, database: Database, installation: Provision
) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    case_id, delivery_id, distributor = await town.case(leader), new_id(), new_id()
    async with database.transaction() as tx:
        sql = "insert into archive_obligations (delivery_id, case_id, kind) values ($1, $2, 'closing')"
        await tx.execute(sql, delivery_id, case_id)
    asked = ChooseRendition(delivery_id=delivery_id, document_key=new_id(), choice=choice, reason="avtalt med avsender")
    actor = Actor(staff_id=distributor, roles=frozenset({"mail_distributor"}), level="high", session="s")
    order = order_to_note(asked, RULES[asked.operation], actor, Renditions(documents=()))
    assert order is not None
    await heard(database, new_id(), order)
    (row,) = await rows_of(database, distributor)
    assert (row["act"], row["case_id"]) == ("archiver-choose-rendition", case_id)
    details = row["details"]
    assert details["chosen"] == {"choice": choice.value}
    assert details["about"]["document_key"] == [str(asked.document_key)]
    assert details["reason_sha256"] == digest_of(UUID(details["act_id"]), "avtalt med avsender")
    assert (await verify(installation.database_url("cases"), None))[0] == []
