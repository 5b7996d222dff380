"""Notices in Teams: gathered, never sensitive, and at the channel's own pace (M22)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from sikkersak.contracts.cases import ApprovalRequested
from sikkersak.contracts.intake import Belonging, MailReceived
from sikkersak.contracts.notifier import Announce, AnnounceOutage, Notice
from sikkersak.errors import Declined
from sikkersak.identity import Actor
from sikkersak.ids import new_id
from sikkersak.testing.waiting import eventually

pytestmark = pytest.mark.hasty


def mail(organisation: str = "310000027") -> MailReceived:
    return MailReceived(mail_id=new_id(), receiver_organisation=organisation, attachments=1, belonging=Belonging.HERE)


def texts(card: dict[str, Any]) -> list[str]:
    return [block["text"] for block in card["body"]]


async def test_an_outage_is_announced_once(house: Any, stand_ins: Any) -> None:
    notice = Announce(notice_id=new_id(), notice=Notice.ARCHIVE_DOWN)
    with house.notifier():
        await house.order(notice)
        await house.order(notice)
        await house.until(notice.notice_id, "delivered")
    (card,) = await stand_ins.cards()
    assert texts(card)[0] == "Arkivet er utilgjengelig"
    assert card["actions"][0]["url"] == "http://127.0.0.1:8080"


async def test_news_of_mail_are_gathered_into_one_notice_for_each_receiver(house: Any, stand_ins: Any) -> None:
    with house.notifier(DIGEST_SECONDS="2"):
        await house.gathered(mail(), mail(), mail(), mail("310000035"))

        async def both() -> list[dict[str, Any]]:
            cards: list[dict[str, Any]] = await stand_ins.cards()
            return cards if len(cards) == 2 else []

        cards = await eventually(both, what="two notices")
    assert {texts(card)[1] for card in cards} == {
        "3 forsendelser venter på registrering.",
        "Én forsendelse venter på registrering.",
    }


async def test_what_comes_after_a_notice_went_out_opens_another(house: Any, stand_ins: Any) -> None:
    fact = ApprovalRequested(document_id=new_id(), case_id=new_id(), school_id=new_id())
    with house.notifier():
        for wanted in (1, 2):
            await house.order(fact)

            async def has_come(count: int = wanted) -> bool:
                return len(await stand_ins.cards()) == count

            await eventually(has_come, what=f"notice {wanted}")
    assert {texts(card)[1] for card in await stand_ins.cards()} == {"Ett dokument venter på godkjenning."}


async def test_the_pause_that_teams_asks_for_is_kept(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.teams, refuse_status=429, retry_after=100)
    notice = Announce(notice_id=new_id(), notice=Notice.ARCHIVE_UP)
    with house.notifier():
        await house.order(notice)
        row = await house.until(notice.notice_id, "trying")
        await stand_ins.fault(stand_ins.teams)
        await house.until(notice.notice_id, "delivered")
    assert row["next_try_at"] - row["changed_at"] > timedelta(seconds=95)
    assert '"delay": "2m"' in house.log()
    assert len(await stand_ins.cards()) == 1


async def test_without_a_channel_a_notice_is_declined_and_says_so(house: Any) -> None:
    notice = Announce(notice_id=new_id(), notice=Notice.ARCHIVE_UP)
    with house.notifier(TEAMS_WEBHOOK=None):
        await house.order(notice)
        row = await house.until(notice.notice_id, "declined")
    assert row["code"] == "no-channel"


async def test_a_persons_words_go_to_every_channel_and_a_schools_notices_carry_its_name(
    house: Any, stand_ins: Any
) -> None:
    school, other = new_id(), new_id()
    webhook = house.service.environment["TEAMS_WEBHOOK"]
    channels = {str(school): {"name": "Fjordvik skole", "webhook": webhook}, str(other): {"name": "Lia skole"}}
    operator = Actor(staff_id=new_id(), roles=frozenset({"operations"}), level="high", session="s")
    leader = Actor(
        staff_id=new_id(), roles=frozenset({"school_leader"}), schools=frozenset({school}), level="high", session="s"
    )
    with house.notifier(TEAMS_CHANNELS=json.dumps(channels)):
        said = AnnounceOutage(text="VSA er nede til klokken 14. Arbeid som vanlig.")
        page = await house.ask(said, operator)
        for item in page.items:
            await house.until(item.consignment_id, "delivered")
        with pytest.raises(Declined, match="forbidden"):
            await house.ask(said, leader)
        with pytest.raises(Declined, match="personal-data-in-notice"):
            await house.ask(AnnounceOutage(text="Gjelder 018510 12490, ring meg"), operator)
        over = await house.ask(AnnounceOutage(text="Alt virker igjen.", is_over=True, school_ids=(other,)), operator)
        await house.until(over.items[0].consignment_id, "delivered")
    cards = [texts(card) for card in await stand_ins.cards()]
    assert sorted(cards[:2]) == [
        ["Driftsmelding", "VSA er nede til klokken 14. Arbeid som vanlig."],
        ["Driftsmelding", "VSA er nede til klokken 14. Arbeid som vanlig.", "Fjordvik skole"],
    ]
    assert cards[2] == ["Driftsmelding: alt virker igjen", "Alt virker igjen.", "Lia skole"]
    assert "VSA" not in house.log()
