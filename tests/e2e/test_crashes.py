"""Processes die at the worst moment; nothing is lost and nothing is made twice (R2, R4, R7, M27)."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from local.demo.mailroom import Mailroom
from local.demo.outside import Outside, duplicates, wait_for
from local.demo.setting import Setting
from local.demo.staff import Staff
from local.stack import Stack
from samples.shipment import Outcome, Shipment
from samples.shipments import shipments
from sikkersak.testing.waiting import eventually


def faults(stack: Stack, name: str, **wanted: Any) -> None:
    httpx.put(f"{stack.control(name)}/_control/faults", json=wanted).raise_for_status()


def shipment(number: int) -> Shipment:
    """A sample shipment that no other test has sent: its own id, reference and title."""
    sample = [one for one in shipments() if one.expected.outcome is Outcome.BELONGS_HERE][number]
    mark = uuid4().hex[:8]
    return replace(sample, id=uuid4(), external_reference=mark, title=f"{sample.title} {mark}")


def received(distributor: Staff, title: str) -> dict[str, Any] | None:
    return next((item for item in distributor.get("mail", limit=200)["items"] if item["title"] == title), None)


async def query(stack: Stack, service: str, sql: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(stack.provision.database_url(service))
    try:
        return await connection.fetch(sql, *values)
    finally:
        await connection.close()


def test_intake_killed_between_its_commit_and_the_acknowledgement_registers_once(
    stack: Stack, setting: Setting, outside: Outside, distributor: Staff
) -> None:
    sent = shipment(0)
    faults(stack, "svarinn", slow_seconds=60, only="/status$")
    try:
        outside.send(sent)
        item = wait_for("the commit", lambda: received(distributor, sent.title), within=120)
        assert outside.unacknowledged() == 1, "it is acknowledged only after the commit"
        stack.process("intake").kill()
    finally:
        faults(stack, "svarinn")
    stack.start("intake")
    wait_for("the acknowledgement", lambda: outside.unacknowledged() == 0, within=120)
    titles = [one for one in distributor.get("mail", limit=200)["items"] if one["title"] == sent.title]
    assert [one["mail_id"] for one in titles] == [item["mail_id"]]


async def test_archiver_killed_between_the_archives_answer_and_its_own_commit_gives_one_record(
    stack: Stack, setting: Setting, outside: Outside, distributor: Staff
) -> None:
    sent = shipment(1)
    outside.send(sent)
    item = await asyncio.to_thread(wait_for, "arrival", lambda: received(distributor, sent.title), 120)
    since = await query(stack, "archiver", "select clock_timestamp() as moment")
    holding = await asyncpg.connect(stack.provision.database_url("archiver", is_owner=True))
    faults(stack, "noark", slow_seconds=3)  # it must not have answered before the row is held
    try:
        distributor.post(f"mail/{item['mail_id']}/registration", Mailroom(distributor, setting)._registration(sent))
        # Held until the archive has answered: the archiver cannot write that it did.
        delivery, key = await _held_delivery(stack, holding, since[0]["moment"])
        faults(stack, "noark")
        await asyncio.to_thread(wait_for, "the archive's answer", lambda: key in _whole(outside), 120)
        stack.process("archiver").kill()
    finally:
        faults(stack, "noark")
        await holding.close()
    (row,) = await query(stack, "archiver", "select state from deliveries where delivery_id = $1", delivery)
    assert row["state"] != "archived"
    await asyncio.to_thread(stack.start, "archiver")
    await asyncio.to_thread(wait_for, "archiving", lambda: _state(distributor, delivery) == "archived", 120)
    records = outside.archived_records()
    assert [record["key"] for record in records].count(key) == 1
    assert duplicates(records) == 0


def _whole(outside: Outside) -> set[str]:
    return {record["key"] for record in outside.archived_records() if record["status"] in {"J", "E", "A"}}


def _state(distributor: Staff, delivery: UUID) -> str:
    return str(distributor.get(f"deliveries/{delivery}")["row"]["state"])


async def _held_delivery(stack: Stack, holding: asyncpg.Connection, since: datetime) -> tuple[UUID, str]:
    """The delivery that was ordered since, its row locked from the moment it is rendered; and its record's key."""
    newest = """
    select delivery_id, document_id from deliveries
    where rendered_at is not null and state <> 'archived' and ordered_at > $1"""
    (found,) = await eventually(lambda: query(stack, "archiver", newest, since), within=120, what="a rendition")
    await holding.execute("begin; set local lock_timeout = '20s'; set local idle_in_transaction_session_timeout = 0")
    hold = "select state from deliveries where delivery_id = $1 for update"
    assert await holding.fetchval(hold, found["delivery_id"]) != "archived", "held too late"
    delivery: UUID = found["delivery_id"]
    return delivery, f"record:{found['document_id']}"


@pytest.mark.parametrize("service", ["cases", "archiver", "notifier", "signing", "intake"])
def test_a_redeployed_service_takes_up_what_waited(
    stack: Stack, setting: Setting, outside: Outside, distributor: Staff, service: str
) -> None:
    place = ["cases", "archiver", "notifier", "signing", "intake"].index(service)
    sent = shipment(2 + place)
    before = Counter(distributor.get("deliveries", limit=1)["counts"])
    stack.process(service).stop()
    outside.send(sent)
    stack.redeploy(service)
    item = wait_for("arrival", lambda: received(distributor, sent.title), within=120)
    mailroom = Mailroom(distributor, setting)
    distributor.post(f"mail/{item['mail_id']}/registration", mailroom._registration(sent))
    wait_for(
        "registration",
        lambda: distributor.get(f"mail/{item['mail_id']}")["summary"]["state"] == "registered",
        within=120,
    )
    counts: Counter[str] = Counter()

    def settled() -> bool:
        nonlocal counts
        counts = Counter(distributor.get("deliveries", limit=1)["counts"])
        return set(counts - before) == {"archived"}  # what others left behind in another state is theirs

    wait_for("archiving", settled, within=120)
    assert duplicates(outside.archived_records()) == 0
