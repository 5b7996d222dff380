"""The archive log: seen by those who may, mended and sent again with old and new kept, given up with a reason (M26)."""

from __future__ import annotations

from typing import Any

import pytest

from archiver.core import OutcomeUnknown
from archiver.handlers import transfer
from archiver.operations import log as answers
from archiver.periodic import scrub
from sikkersak.contracts.archiver import (
    CountNotArchived,
    DeliveryFilter,
    DeliveryState,
    GiveUpDelivery,
    GroupDeliveries,
    ListDeliveries,
    MendDelivery,
    Mended,
    ReadDelivery,
    RetryDeliveries,
    RetryDelivery,
    Standing,
    Transfer,
)
from sikkersak.contracts.values import AccessAssessment
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.ids import new_id

Room = Any


async def declined(room: Room, code: str = "archive-rejected", **told: Any) -> Any:
    row = await room.order(**told)
    room.core.raises.append(Declined(code, "Arkivet avviste innholdet (400): Ukjent kode for tilgangsrestriksjon"))
    with pytest.raises(Declined):
        await room.bring(row)
    return await room.row(row["delivery_id"])


async def test_a_refusal_is_told_in_plain_words_with_every_step(room: Room) -> None:
    row = await declined(room)
    detail = await room.ask(ReadDelivery(delivery_id=row["delivery_id"]), answers.read_delivery, "administrator")
    assert detail.row.standing is Standing.NEEDS_PERSON
    assert detail.row.words.startswith("Trenger hjelp")
    assert detail.attempts[-1].verdict == "archive-rejected"
    assert "tilgangsrestriksjon" in (detail.attempts[-1].detail or "")


async def test_mended_and_sent_again_with_old_and_new_kept(room: Room) -> None:
    row = await declined(room)
    asked = MendDelivery(
        delivery_id=row["delivery_id"],
        mended=Mended(title="Notat", access=AccessAssessment(restriction="XX")),
        reason="Arkivet kjenner ikke koden",
    )
    shown = await room.ask(asked, answers.mend_delivery, "mail_distributor")
    assert shown.state is DeliveryState.WAITING
    assert await room.ordered_again() == [row["delivery_id"]]
    await room.bring(row)
    assert (room.core.records[-1].title, room.core.records[-1].screening.restriction) == ("Notat", "XX")
    (kept,) = await room.rows("select * from mendings")
    assert kept["before"] == row["dossier"]
    assert kept["after"] == (await room.row(row["delivery_id"]))["dossier"] != row["dossier"]
    detail = await room.ask(ReadDelivery(delivery_id=row["delivery_id"]), answers.read_delivery, "administrator")
    assert [(act.act, act.fields, act.code) for act in detail.mendings] == [
        ("mended", ("title", "access"), "archive-rejected")
    ]
    assert detail.row.standing is Standing.ARCHIVED


async def test_what_the_archive_may_have_already_is_neither_mended_nor_given_up_but_asked_for(room: Room) -> None:
    row = await room.order()
    room.core.raises.append(OutcomeUnknown("create-record", "archive: no answer"))
    with pytest.raises(OutcomeUnknown):
        await room.bring(row)
    mend = MendDelivery(delivery_id=row["delivery_id"], mended=Mended(title="Annet"), reason="retter")
    give_up = GiveUpDelivery(delivery_id=row["delivery_id"], reason="oppgitt")
    for asked, answering in ((mend, answers.mend_delivery), (give_up, answers.give_up_delivery)):
        with pytest.raises(Declined, match="delivery-in-doubt"):
            await room.ask(asked, answering, "administrator")
    again = await room.ask(RetryDelivery(delivery_id=row["delivery_id"]), answers.retry_delivery, "administrator")
    assert (again.state, again.standing) == (DeliveryState.UNKNOWN, Standing.TRYING_AGAIN)
    assert again.words.startswith("Uvisst om arkivet tok imot")


async def test_mending_nothing_and_mending_what_is_archived_are_refused(room: Room) -> None:
    row = await declined(room)
    with pytest.raises(Declined, match="nothing-mended"):
        asked = MendDelivery(delivery_id=row["delivery_id"], mended=Mended(title="Notat om Kari"), reason="prøver")
        await room.ask(asked, answers.mend_delivery, "administrator")
    done = await room.bring(await room.order())
    with pytest.raises(Declined, match="delivery-settled"):
        asked = MendDelivery(delivery_id=done["delivery_id"], mended=Mended(title="Annet"), reason="for sent")
        await room.ask(asked, answers.mend_delivery, "administrator")


async def test_a_group_is_counted_first_and_then_sent_again_as_a_whole(room: Room) -> None:
    rows = [await declined(room) for _ in range(3)] + [await declined(room, "archive-case-closed")]
    await room.bring(await room.order())
    groups = (await room.ask(GroupDeliveries(), answers.group_deliveries, "administrator")).groups
    assert [(group.code, group.count, group.can_be_retried) for group in groups] == [
        ("archive-rejected", 3, 3),
        ("archive-case-closed", 1, 1),
    ]
    chosen = DeliveryFilter(code="archive-rejected")
    counted = await room.ask(RetryDeliveries(filter=chosen, only_count=True), answers.retry_deliveries, "administrator")
    assert (counted.meant, counted.qualify, counted.sent) == (3, 3, 0)
    assert await room.ordered_again() == []
    sent = await room.ask(RetryDeliveries(filter=chosen, reason="rettet"), answers.retry_deliveries, "administrator")
    assert sent.sent == 3
    assert set(await room.ordered_again()) == {row["delivery_id"] for row in rows[:3]}


async def test_of_the_selected_only_those_that_qualify_are_sent(room: Room) -> None:
    stuck, done = await declined(room), await room.bring(await room.order())
    asked = RetryDeliveries(delivery_ids=(stuck["delivery_id"], done["delivery_id"], new_id()))
    told = await room.ask(asked, answers.retry_deliveries, "mail_distributor")
    assert (told.meant, told.qualify, told.sent) == (2, 1, 1)
    with pytest.raises(Declined, match="retry-what"):
        await room.ask(RetryDeliveries(), answers.retry_deliveries, "administrator")


async def test_given_up_with_a_reason_and_never_sent_by_itself(room: Room) -> None:
    row = await declined(room)
    asked = GiveUpDelivery(delivery_id=row["delivery_id"], reason="Ligger i arkivet fra før")
    shown = await room.ask(asked, answers.give_up_delivery, "administrator")
    assert (shown.state, shown.reason) == (DeliveryState.GIVEN_UP, "Ligger i arkivet fra før")
    await transfer(Transfer(delivery_id=row["delivery_id"]), room.archive)
    assert room.core.records == []


async def test_who_may_see_and_who_may_edit(room: Room) -> None:
    from sikkersak.contracts.archiver import DeliveryPage

    school = new_id()
    own, other = await declined(room, school_id=school), await declined(room)
    page: DeliveryPage = await room.ask(ListDeliveries(), answers.list_deliveries, "school_leader", schools=(school,))
    assert [row.delivery_id for row in page.items] == [own["delivery_id"]]
    with pytest.raises(NotFound):
        await room.ask(
            ReadDelivery(delivery_id=other["delivery_id"]), answers.read_delivery, "school_leader", schools=(school,)
        )
    for asked, answering in (
        (RetryDelivery(delivery_id=own["delivery_id"]), answers.retry_delivery),
        (RetryDeliveries(delivery_ids=(own["delivery_id"],)), answers.retry_deliveries),
        (GiveUpDelivery(delivery_id=own["delivery_id"], reason="nei takk"), answers.give_up_delivery),
        (MendDelivery(delivery_id=own["delivery_id"], mended=Mended(title="x"), reason="nei"), answers.mend_delivery),
    ):
        for role in ("school_leader", "operations", "employee_basic"):
            with pytest.raises(Forbidden):
                await room.ask(asked, answering, role, schools=(school,))
    with pytest.raises(Forbidden):
        await room.ask(ListDeliveries(), answers.list_deliveries, "employee_basic", schools=(school,))
    with pytest.raises(Forbidden):  # no school means nobody (R8)
        await room.ask(ListDeliveries(), answers.list_deliveries, "school_leader")


async def test_filters_and_ages(room: Room) -> None:
    stuck, done = await declined(room), await room.bring(await room.order())
    for wanted, expected in (
        (ListDeliveries(standing=Standing.NEEDS_PERSON), [stuck]),
        (ListDeliveries(standing=Standing.ARCHIVED), [done]),
        (ListDeliveries(case_id=done["case_id"]), [done]),
        (ListDeliveries(code="archive-rejected"), [stuck]),
        (ListDeliveries(ordered_before=stuck["ordered_at"]), []),
        (ListDeliveries(state=DeliveryState.ARCHIVED, standing=Standing.NEEDS_PERSON), []),
    ):
        page = await room.ask(wanted, answers.list_deliveries, "administrator")
        assert [row.delivery_id for row in page.items] == [row["delivery_id"] for row in expected], wanted
    async with room.database.transaction() as tx:
        await tx.execute(
            "update deliveries set ordered_at = now() - interval '2 days' where delivery_id = $1", stuck["delivery_id"]
        )
    told = await room.ask(CountNotArchived(), answers.count_not_archived, "administrator")
    assert (told.total, told.unfinished_in_archive) == (1, 0)
    assert {age.band: age.count for age in told.ages}["under_1_week"] == 1


async def test_error_texts_leave_after_their_time_and_codes_stay(room: Room) -> None:
    row = await declined(room)
    await scrub(room.archive)
    assert (await room.row(row["delivery_id"]))["detail"] is not None
    async with room.database.transaction() as tx:
        await tx.execute("update deliveries set changed_at = now() - interval '200 days'")
        await tx.execute("update attempts set at = now() - interval '200 days'")
    await scrub(room.archive)
    after = await room.row(row["delivery_id"])
    assert (after["detail"], after["code"]) == (None, "archive-rejected")
    assert await room.rows("select 1 from attempts where detail is not null") == []
