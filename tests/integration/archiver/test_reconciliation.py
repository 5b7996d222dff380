"""The archive is asked what it holds of a period; what is safe is repaired, the rest is listed, the report is signed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from archiver.core import ArchivedDocument, ArchivedObject, ArchivedRecord, ManyHits, RegistryEntry
from archiver.operations import reconciliation as answers
from archiver.reconciling import reconcile, schedule
from archiver.signing_key import is_genuine
from sikkersak.clock import now
from sikkersak.contracts.reconciliation import Finding, ListReconciliations, ReadReconciliation, StartReconciliation
from sikkersak.errors import Declined, Forbidden, Transient
from sikkersak.ids import new_id

Room = Any
PERIOD = {"period_from": now() - timedelta(days=1), "period_to": now() + timedelta(days=1)}


def as_held(entry: RegistryEntry) -> ArchivedRecord:
    """What an archive has that took it as it was sent."""
    documents = tuple(
        ArchivedDocument(
            key=document.key,
            archive_id="1",
            number=number,
            is_finished=True,
            objects=tuple(
                ArchivedObject(archive_id="1", variant=one.variant, format=None, checksum=one.checksum, size=one.size)
                for one in document.objects
            ),
        )
        for number, document in enumerate(entry.documents, start=1)
    )
    return ArchivedRecord(
        key=entry.key,
        archive_id="1",
        number="2026/1-1",
        journal_year=2026,
        journal_sequence=1,
        status="J",
        is_final=True,
        documents=documents,
        title=entry.title,
        public_title=entry.public_title,
        restriction="13",
    )


async def delivered(room: Room) -> ArchivedRecord:
    await room.bring(await room.order())
    held = as_held(room.core.records[-1])
    room.core.held[held.key] = held
    return held


async def done(room: Room, *finished: UUID, ordered: UUID | None = None, **more: Any) -> Any:
    row = await room.ask(StartReconciliation(**PERIOD, **more), answers.start_reconciliation, "administrator")
    await reconcile(room.archive)
    await room.cases_accounts(*finished, delivery_id=ordered)
    await reconcile(room.archive)
    asked = ReadReconciliation(reconciliation_id=row.reconciliation_id)
    return await room.ask(asked, answers.read_reconciliation, "administrator")


async def test_everything_as_it_was_delivered_is_confirmed_and_the_report_verifies(room: Room) -> None:
    for _ in range(3):
        await delivered(room)
    told = await done(room)
    assert (told.row.state, told.row.counts, told.items) == ("done", {Finding.CONFIRMED: 3}, ())
    assert is_genuine(told.signature, told.public_key, told.report)
    assert not is_genuine(told.signature, told.public_key, told.report.replace("3", "4"))
    assert json.loads(told.report)["counts"] == {"confirmed": 3}
    assert "Kari" not in told.report


async def test_each_kind_of_difference_is_found_and_only_what_is_safe_is_repaired(room: Room) -> None:
    missing, title, screening, file, half, extra = [await delivered(room) for _ in range(6)]
    waiting = await room.order()
    del room.core.held[missing.key]
    room.core.held[title.key] = replace(title, title="Endret i arkivet")
    room.core.held[screening.key] = replace(screening, restriction="")
    (document,) = file.documents
    other = replace(document, objects=(replace(document.objects[0], checksum="0" * 64),))
    room.core.held[file.key] = replace(file, documents=(other,))
    room.core.held[half.key] = replace(half, status="F", is_final=False)
    room.core.held[extra.key] = replace(extra, documents=(*extra.documents, replace(document, key=None)))
    stranger = f"record:{new_id()}"
    room.core.held[stranger] = replace(extra, key=stranger)
    await room.ordered_again()
    told = await done(room)
    found = {item.record_key: (item.finding, item.differences, item.repaired) for item in told.items}
    assert found == {
        missing.key: (Finding.MISSING, (), True),
        title.key: (Finding.DIFFERS, ("title",), False),
        screening.key: (Finding.DIFFERS, ("screening",), False),
        file.key: (Finding.DIFFERS, ("checksum",), False),
        half.key: (Finding.DIFFERS, ("unfinished",), True),
        extra.key: (Finding.DIFFERS, ("count",), False),
        f"record:{waiting['document_id']}": (Finding.WAITING, (), False),
        stranger: (Finding.UNKNOWN, (), False),
    }
    assert len(await room.ordered_again()) == 2


async def test_without_repair_nothing_is_ordered(room: Room) -> None:
    held = await delivered(room)
    del room.core.held[held.key]
    await room.ordered_again()
    told = await done(room, repairs=False)
    assert (told.row.counts, told.row.repaired) == ({Finding.MISSING: 1}, 0)
    assert await room.ordered_again() == []


async def test_it_goes_on_where_it_was_when_the_archive_went_away(room: Room) -> None:
    for _ in range(3):
        await delivered(room)
    await room.ask(StartReconciliation(**PERIOD), answers.start_reconciliation, "administrator")
    room.core.raises = [Transient("archive: ConnectError")]
    with pytest.raises(Transient):
        await reconcile(room.archive)
    await reconcile(room.archive)
    await room.cases_accounts()
    await reconcile(room.archive)
    (row,) = (await room.ask(ListReconciliations(), answers.list_reconciliations, "operations")).items
    assert (row.state, row.counts) == ("done", {Finding.CONFIRMED: 3})


async def test_what_cases_finished_and_nobody_ordered_is_found(room: Room) -> None:
    held, forgotten = await delivered(room), new_id()
    told = await done(room, UUID(held.key.removeprefix("record:")), forgotten)
    assert [(item.record_key, item.finding) for item in told.items] == [(f"record:{forgotten}", Finding.NEVER_ORDERED)]
    assert (told.row.counts[Finding.CONFIRMED], json.loads(told.report)["finished_in_cases"]) == (1, 2)


@pytest.mark.parametrize("repairs", [True, False])
async def test_an_order_that_was_lost_here_is_asked_for_again_where_repairing_is_wanted(
    room: Room, repairs: bool
) -> None:
    lost = new_id()
    told = await done(room, lost, ordered=new_id(), repairs=repairs)
    assert [(item.finding, item.repaired) for item in told.items] == [(Finding.NEVER_ORDERED, repairs)]
    sql = "select body from outbox where message_type = 'cases.order_again.v1'"
    asked = [json.loads(row["body"])["document_id"] for row in await room.rows(sql)]
    assert asked.count(str(lost)) == repairs


async def test_while_cases_is_silent_others_are_done_and_after_an_hour_the_report_says_so(room: Room) -> None:
    silent = await room.ask(StartReconciliation(**PERIOD), answers.start_reconciliation, "administrator")
    await reconcile(room.archive)
    await room.rows("delete from outbox returning id")
    told = await done(room)
    assert told.row.state == "done"
    asked = ReadReconciliation(reconciliation_id=silent.reconciliation_id)
    assert (await room.ask(asked, answers.read_reconciliation, "administrator")).row.state == "running"
    await room.rows("update reconciliations set accounts_asked_at = now() - interval '61 minutes' returning 1")
    await reconcile(room.archive)
    told = await room.ask(asked, answers.read_reconciliation, "administrator")
    assert (told.row.state, json.loads(told.report)["finished_in_cases"]) == ("done", None)


async def test_several_under_one_key_are_for_a_person(room: Room) -> None:
    await delivered(room)
    room.core.raises = [ManyHits()]
    told = await done(room)
    assert [(item.finding, item.differences, item.repaired) for item in told.items] == [
        (Finding.DIFFERS, ("many",), False)
    ]


async def test_the_day_before_is_ordered_once_by_itself(room: Room) -> None:
    await schedule(room.archive)
    await schedule(room.archive)
    (row,) = (await room.ask(ListReconciliations(), answers.list_reconciliations, "administrator")).items
    assert (row.asked_by, row.period_to - row.period_from) == (None, timedelta(days=1))


async def test_who_may_ask_and_which_periods(room: Room) -> None:
    for role in ("school_leader", "employee_basic", "operations"):
        with pytest.raises(Forbidden):
            await room.ask(StartReconciliation(**PERIOD), answers.start_reconciliation, role, schools=(new_id(),))
    with pytest.raises(Forbidden):
        await room.ask(ListReconciliations(), answers.list_reconciliations, "school_leader", schools=(new_id(),))
    backwards = StartReconciliation(period_from=PERIOD["period_to"], period_to=PERIOD["period_from"])
    with pytest.raises(Declined, match="reconciliation-period"):
        await room.ask(backwards, answers.start_reconciliation, "administrator")
