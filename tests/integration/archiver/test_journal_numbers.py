"""The number that the archive's own journal gives is kept with the delivery and told (M19, M26)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from archiver.core import ArchivedRecord
from archiver.noark.links import Resource
from archiver.noark.reading import archived_record
from archiver.operations import log
from archiver.operations import reconciliation as answers
from archiver.reconciling import reconcile
from sikkersak.clock import now
from sikkersak.contracts.archiver import DeliveryKind, JournalNumber, ReadDelivery
from sikkersak.contracts.reconciliation import StartReconciliation

Room = Any
NUMBER = {"year": 2026, "sequence": 1, "entry": None}


async def facts(room: Room, row: Any) -> list[dict[str, Any]]:
    """What was told of it, in order."""
    said = await room.rows(
        "select body from outbox where message_type = 'archiver.delivery.changed.v1' order by created_at, message_id"
    )
    bodies = [json.loads(bytes(one["body"])) for one in said]
    return [body for body in bodies if body["delivery_id"] == str(row["delivery_id"])]


async def test_it_is_kept_with_the_delivery_shown_in_the_log_and_told(room: Room) -> None:
    row = await room.bring(await room.order())
    assert row["journal"] == NUMBER
    told = await facts(room, row)
    assert [(one["state"], one["journal"]) for one in told][-1] == ("archived", NUMBER)
    assert all(one["journal"] is None for one in told[:-1])
    asked = ReadDelivery(delivery_id=row["delivery_id"])
    shown = await room.ask(asked, log.read_delivery, "administrator")
    assert shown.row.journal == JournalNumber(year=2026, sequence=1)


async def test_a_case_that_is_closed_has_none(room: Room) -> None:
    row = await room.bring(await room.order(DeliveryKind.CLOSING))
    assert row["journal"] is None


async def test_what_was_archived_before_it_was_kept_gets_it_when_it_is_reconciled_and_once(room: Room) -> None:
    row = await room.bring(await room.order())
    await room.rows("update deliveries set journal = null where delivery_id = $1 returning *", row["delivery_id"])
    sent = room.core.records[-1]
    room.core.held[sent.key] = replace(room.core._record(sent.key), documents=(), journal_sequence=88)
    before = len(await facts(room, row))
    period = {"period_from": now() - timedelta(days=1), "period_to": now() + timedelta(days=1)}
    for _ in range(2):
        await room.ask(StartReconciliation(**period), answers.start_reconciliation, "administrator")
        await reconcile(room.archive)
        await room.cases_accounts()
        await reconcile(room.archive)
    assert (await room.row(row["delivery_id"]))["journal"] == NUMBER | {"sequence": 88}
    told = (await facts(room, row))[before:]
    assert [(one["state"], one["journal"]["sequence"]) for one in told] == [("archived", 88)]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"journalaar": 2026, "journalsekvensnummer": 5, "journalpostnummer": 2}, (2026, 5, 2)),
        ({"journalaar": "2026", "journalsekvensnummer": "5"}, (2026, 5, None)),
        ({"journalaar": 2026, "journalsekvensnummer": 0, "journalpostnummer": 0}, None),
        ({"journalaar": "i år", "journalsekvensnummer": None}, None),
        ({}, None),
    ],
)
def test_what_a_core_writes_for_numbers_is_read_or_left_out(said: dict[str, Any], wanted: Any) -> None:
    held: ArchivedRecord = archived_record(Resource(body=said, etag=None), "record:x", ())
    found = held.journal
    assert (found and (found.year, found.sequence, found.entry)) == wanted
