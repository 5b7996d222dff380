"""What waits for the archive, for its case or for an earlier record; and how it is taken up again (M25)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from archiver import store
from archiver.core import ManyHits, OutcomeUnknown
from archiver.periodic import drain, sweep
from archiver.store import backlog
from sikkersak.contracts.archiver import DeliveryKind
from sikkersak.errors import Declined, Transient
from sikkersak.ids import new_id

Room = Any


async def break_archive(room: Room) -> None:
    """As many failures as open the circuit."""
    for _ in range(3):
        room.core.raises.append(Transient("archive: ConnectError"))
        with pytest.raises(Transient):
            await room.bring(await room.order())
    assert room.archive.circuit.is_open


async def mend_archive(room: Room) -> None:
    await room.archive.circuit.close()
    room.archive.circuit._probing = None
    room.archive.circuit._recent.clear()


async def test_while_the_archive_is_away_deliveries_wait_uncounted_and_come_at_the_set_pace(room: Room) -> None:
    await break_archive(room)
    waiting = [await room.bring(await room.order()) for _ in range(15)]
    assert {(row["held_for"], row["attempts"]) for row in waiting} == {("archive", 0)}
    await drain(room.archive)
    assert await room.ordered_again() == [], "nothing is taken up while it is away"
    await mend_archive(room)
    await drain(room.archive)
    assert await room.ordered_again() == [row["delivery_id"] for row in waiting[:10]]
    await a_round(room)
    assert await room.ordered_again() == [row["delivery_id"] for row in waiting[10:]]


async def a_round(room: Room) -> None:
    """The next round of draining, when it is due."""
    room.archive.pace.rest()
    await drain(room.archive)


async def test_the_newest_waiting_person_comes_first_and_the_others_as_they_came(room: Room) -> None:
    await break_archive(room)
    urgent = {1, 4}
    rows = [await room.bring(await room.order(is_urgent=number in urgent)) for number in range(6)]
    await mend_archive(room)
    await drain(room.archive)
    ids = [row["delivery_id"] for row in rows]
    assert await room.ordered_again() == [ids[4], ids[1], ids[0], ids[2], ids[3], ids[5]]


async def test_no_more_are_under_way_than_the_pace_allows_however_slow_the_archive_is(room: Room) -> None:
    await break_archive(room)
    for _ in range(60):
        await room.bring(await room.order())
    await mend_archive(room)
    for _ in range(8):
        await a_round(room)
    assert len(await room.ordered_again()) == 40, "four rounds' worth, and none has come back"


async def test_taking_up_reads_the_next_ones_only_however_many_wait(room: Room) -> None:
    fill = """
    insert into deliveries (delivery_id, document_id, case_id, school_id, kind, dossier, is_urgent, state, held_for, ordered_at)
    select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'record', '{}', n % 50 = 0, 'delivering',
      'archive', now() - n * interval '1 s' from generate_series(1, 10000) n returning 1
    """
    await room.rows(fill)
    await room.rows("analyze deliveries")
    (told,) = await room.rows(f"explain (analyze, format json) {backlog.RELEASE}", 40, 100)
    plan = json.dumps(json.loads(told[0]))
    read = [node for node in nodes(json.loads(told[0])[0]["Plan"]) if node.get("Index Name") == "deliveries_waiting"]
    assert [node["Actual Rows"] for node in read] == [40], plan
    assert not [node for node in nodes(json.loads(told[0])[0]["Plan"]) if node["Node Type"] == "Seq Scan"], plan


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan's steps, those below them too."""
    return [plan, *(one for below in plan.get("Plans", ()) for one in nodes(below))]


async def test_of_one_case_the_first_is_taken_up_and_the_others_follow_one_another(room: Room) -> None:
    await break_archive(room)
    case = new_id()
    rows = [await room.bring(await room.order(case_id=case)) for _ in range(3)]
    await mend_archive(room)
    await drain(room.archive)
    for number, row in enumerate(rows):
        assert await room.ordered_again() == [row["delivery_id"]]
        await a_round(room)
        assert await room.ordered_again() == [], "no other of the case while this one is under way"
        assert (await room.bring(row))["state"] == "archived", number


async def test_one_case_at_a_time_and_no_other_case_waits_for_it(room: Room) -> None:
    case = new_id()
    first, second, other = await room.order(case_id=case), await room.order(case_id=case), await room.order()
    async with store.case_order(room.database, case):
        held = await room.bring(second)
        assert held["held_for"] == "case"
        assert (await room.bring(other))["state"] == "archived"
    assert (await room.bring(first))["state"] == "archived"
    assert await room.ordered_again() == [second["delivery_id"]], "ordered as soon as the case is free"
    assert (await room.bring(second))["state"] == "archived"


async def test_evidence_waits_for_its_record_and_a_closing_for_everything_before_it(room: Room) -> None:
    case, document = new_id(), new_id()
    record = await room.order(case_id=case, document_id=document)
    evidence = await room.order(DeliveryKind.EVIDENCE, case_id=case, document_id=document)
    closing = await room.order(DeliveryKind.CLOSING, case_id=case, document_id=case)
    assert (await room.bring(closing))["held_for"] == "record"
    assert (await room.bring(evidence))["held_for"] == "record"
    await drain(room.archive)
    assert await room.ordered_again() == []
    await room.bring(record)
    assert await room.ordered_again() == [evidence["delivery_id"]]
    await room.bring(evidence)
    assert await room.ordered_again() == [closing["delivery_id"]]
    assert (await room.bring(closing))["state"] == "archived"
    assert room.core.closed == [f"case:{case}"]


async def test_a_closing_that_overtook_the_evidence_on_its_way_to_us_still_waits_for_it(room: Room) -> None:
    case, document = new_id(), new_id()
    await room.bring(await room.order(case_id=case, document_id=document))
    evidence = await room.order(DeliveryKind.EVIDENCE, case_id=case, document_id=document)
    closing = await room.order(DeliveryKind.CLOSING, case_id=case, document_id=case)
    await room.rows(
        "update deliveries set ordered_at = now() + interval '1 s' where delivery_id = $1 returning 1",
        evidence["delivery_id"],
    )
    assert (await room.bring(closing))["held_for"] == "record"
    assert (await room.bring(evidence))["state"] == "archived"


async def test_an_unknown_outcome_is_told_as_such_with_its_next_try(room: Room) -> None:
    row = await room.order()
    room.core.raises.append(OutcomeUnknown("create-record", "archive: ReadTimeout at create-record"))
    with pytest.raises(OutcomeUnknown):
        await room.bring(row)
    after = await room.row(row["delivery_id"])
    assert (after["state"], after["code"], after["attempts"]) == ("unknown", "outcome-unknown", 1)
    (last,) = await room.rows("select * from attempts where delivery_id = $1 and step = 'deliver'", row["delivery_id"])
    assert (last["verdict"], last["number"]) == ("outcome-unknown", 1)
    assert last["next_try_at"] == after["next_try_at"]


@pytest.mark.parametrize(
    ("is_there", "told"), [(True, "hadde den alt"), (False, "hadde den ikke")], ids=["it had it", "it had it not"]
)
async def test_an_unknown_outcome_stays_so_until_the_archive_has_answered(
    room: Room, is_there: bool, told: str
) -> None:
    row = await room.order()
    for failure in (OutcomeUnknown("create-record", "archive: no answer"), Transient("archive: ConnectError")):
        room.core.raises.append(failure)
        with pytest.raises(Transient):
            await room.bring(row)
        assert (await room.row(row["delivery_id"]))["state"] == "unknown", "away is no answer"
    room.core.was_there = is_there
    assert (await room.bring(row))["state"] == "archived"
    (last,) = await room.rows("select detail from attempts where step = 'deliver' and verdict = 'ok'")
    assert told in last["detail"]


async def test_several_hits_for_an_unknown_outcome_are_for_a_person(room: Room) -> None:
    row = await room.order()
    room.core.raises.append(OutcomeUnknown("create-record", "archive: no answer"))
    with pytest.raises(OutcomeUnknown):
        await room.bring(row)
    room.core.raises.append(ManyHits())
    with pytest.raises(ManyHits):
        await room.bring(row)
    after = await room.row(row["delivery_id"])
    assert (after["state"], after["code"]) == ("declined", "archive-many-hits")


async def test_what_nothing_moves_long_after_its_time_is_moved_once(room: Room) -> None:
    row = await room.order()
    async with room.database.transaction() as tx:
        await tx.execute(
            "update deliveries set state = 'retrying', next_try_at = now() - interval '11 minutes', changed_at = now() - interval '1 hour'"
        )
    await sweep(room.archive)
    await sweep(room.archive)
    assert await room.ordered_again() == [row["delivery_id"]]


async def test_two_first_records_of_a_case_at_once_are_brought_one_after_the_other(room: Room) -> None:
    case = new_id()
    rows = [await room.order(case_id=case) for _ in range(4)]
    await asyncio.gather(*(room.bring(row) for row in rows))
    for _ in range(4):
        for delivery_id in await room.ordered_again():
            await room.archive.transfer(await room.row(delivery_id))
        await drain(room.archive)
    assert {(await room.row(row["delivery_id"]))["state"] for row in rows} == {"archived"}
    assert len(room.core.records) == 4


async def test_a_document_that_our_full_disk_spoils_is_tried_again_and_not_declined(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoRoom:
        async def render(self, *args: Any, **told: Any) -> None:
            raise Declined("rendition-not-converted", "Dokumentet lot seg ikke gjøre om til PDF.")

    row = await room.order()
    async with room.database.transaction() as tx:
        await tx.execute("delete from renditions")
    archive = replace(room.archive, renderer=NoRoom())
    usage = type("Usage", (), {"free": 0})
    with monkeypatch.context() as patched, pytest.raises(Transient):
        patched.setattr("archiver.rendering.shutil.disk_usage", lambda _: usage)
        await archive.render(row)
    after = await room.row(row["delivery_id"])
    assert (after["state"], after["code"]) == ("retrying", "disk-full")
    with pytest.raises(Declined):
        await archive.render(after)
