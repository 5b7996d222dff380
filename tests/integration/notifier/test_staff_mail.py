"""E-mail to staff: one digest for each who wants one, at a time that suits, with nothing sensitive in it (M22)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from sikkersak.clock import OSLO, now
from sikkersak.contracts.cases import ApprovalRequested, StaffChanged, StaffContact
from sikkersak.contracts.intake_distribution import ShreddingDue
from sikkersak.contracts.notifier import (
    Announce,
    AnnounceOutage,
    MailRhythm,
    Notice,
    Preferences,
    PutOwnChannel,
    PutPreferences,
    ReadPreferences,
    RemoveOwnChannel,
    SendLetter,
)
from sikkersak.errors import Declined
from sikkersak.identity import Actor
from sikkersak.ids import new_id
from sikkersak.testing.waiting import eventually
from sikkersak.vault import seal

pytestmark = pytest.mark.hasty
SOON = Preferences(rhythm=MailRhythm.SOON)


def actor(staff_id: UUID, role: str = "employee") -> Actor:
    return Actor(staff_id=staff_id, roles=frozenset({role}), schools=frozenset(), level="high", session="s")


async def employ(house: Any, name: str, school: UUID | None, *permissions: str, chosen: Preferences = SOON) -> UUID:
    """Somebody with an address and a choice, as cases and they themselves have said."""
    staff_id: UUID = new_id()
    contact = await seal(house.vault, StaffContact(email=f"{name}@fjordvik.example"))
    schools = (school,) if school else ()
    fact = StaffChanged(
        staff_id=staff_id, is_active=True, schools=schools, permissions=permissions, contact=contact, changed_at=now()
    )
    await house.order(fact)

    async def is_known() -> bool:
        return bool(await house.rows("select 1 from staff where staff_id = $1", staff_id))

    await eventually(is_known, what="the member of staff")
    await house.ask(PutPreferences(preferences=chosen), actor(staff_id))
    return staff_id


def approval_at(school: UUID) -> ApprovalRequested:
    return ApprovalRequested(document_id=new_id(), case_id=new_id(), school_id=school)


@pytest.fixture(autouse=True)
async def nobody_else(house: Any) -> None:
    async with house.database.transaction() as tx:
        await tx.execute("delete from staff")
        await tx.execute("delete from news")
        await tx.execute("delete from own_channels")


async def mails(stand_ins: Any, count: int) -> dict[str, dict[str, Any]]:
    """By receiver, once there are so many."""

    async def enough() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await stand_ins.mails()
        return found if len(found) >= count else []

    found = await eventually(enough, what=f"{count} mails")
    assert len(found) == count
    return {mail["rcpt_to"][0].split("@")[0]: mail for mail in found}


async def test_each_gets_one_digest_of_what_concerns_them(house: Any, stand_ins: Any) -> None:
    school = new_id()
    with house.notifier(DIGEST_SECONDS="2"):
        await employ(house, "rektor", school, "approve", "follow_sendings")
        await employ(house, "larer", school)
        await employ(house, "annen", new_id(), "approve")
        await employ(house, "fordeler", None, "handle_mail")
        await house.gathered(
            *(approval_at(school) for _ in range(3)),
            Announce(notice_id=new_id(), notice=Notice.SIGNATURE_ENDED, school_id=school),
            ShreddingDue(school_id=school, papers=2),
        )
        got = await mails(stand_ins, 2)
    assert set(got) == {"rektor", "fordeler"}
    assert got["rektor"]["subject"] == "Sikker Sak: 3 nyheter"
    assert "3 dokumenter venter på godkjenning." in got["rektor"]["text"]
    assert "http://127.0.0.1:8080" in got["rektor"]["text"]
    assert got["fordeler"]["subject"] == "Sikker Sak: Papir til makulering"
    assert "@fjordvik.example" not in house.log()


async def test_whoever_asked_is_told_and_nobody_twice(house: Any, stand_ins: Any) -> None:
    school = new_id()
    with house.notifier(DIGEST_SECONDS="2"):
        asker = await employ(house, "larer", school)
        leader = await employ(house, "rektor", school, "follow_sendings")
        ended, waiting = Notice.SIGNATURE_ENDED, Notice.SIGNATURE_WAITING
        told = ((ended, None), (ended, asker), (waiting, None), (waiting, leader))
        await house.gathered(
            *(Announce(notice_id=new_id(), notice=what, school_id=school, staff_id=whom) for what, whom in told)
        )
        got = await mails(stand_ins, 2)
    assert got["larer"]["subject"] == "Sikker Sak: Signering avsluttet"
    assert "Ett signeringsoppdrag er avsluttet." in got["rektor"]["text"]
    assert "Fristen for ett signeringsoppdrag" in got["rektor"]["text"]
    assert not await house.rows(
        "select 1 from consignments where kind = 'notice' and school_id = $1 and count > 1", school
    )


async def test_a_letter_that_does_not_arrive_is_told_to_the_one_who_sent_it(house: Any, stand_ins: Any) -> None:
    with house.notifier(DIGEST_SECONDS="2"):
        sender = await employ(house, "larer", new_id())
        dossier = await seal(house.vault, await protected(house))
        letter = SendLetter(
            letter_id=new_id(), document_id=new_id(), school_id=new_id(), dossier=dossier, asked_by=sender
        )
        await house.order(letter)
        await house.until(letter.letter_id, "declined")
        got = await mails(stand_ins, 1)
    assert got["larer"]["subject"] == "Sikker Sak: Levering feilet"
    assert "Prøve" not in got["larer"]["text"]


async def protected(house: Any) -> Any:
    """A letter that is never sent."""
    letter = await house.letter()
    return letter.model_copy(update={"receiver": letter.receiver.model_copy(update={"has_protected_address": True})})


async def test_quiet_hours_rhythm_and_mute_are_each_persons_own_and_outages_are_told_at_once(
    house: Any, stand_ins: Any
) -> None:
    school, hour = new_id(), datetime.now(OSLO).hour
    quiet = Preferences(rhythm=MailRhythm.SOON, quiet_hours=f"{hour}-{(hour + 2) % 24}")
    with house.notifier(DIGEST_SECONDS="2"):
        asleep = await employ(house, "stille", school, "approve", chosen=quiet)
        await employ(house, "daglig", school, "approve", chosen=Preferences(rhythm=MailRhythm.DAILY))
        await employ(
            house, "dempet", school, "approve", chosen=SOON.model_copy(update={"muted": (Notice.APPROVAL_WAITING,)})
        )
        await employ(house, "uten", school, "approve", chosen=Preferences(by_email=False))
        await employ(house, "vaken", school, "approve")
        await house.order(approval_at(school))
        assert set(await mails(stand_ins, 1)) == {"vaken"}
        waiting = await house.rows("select staff_id from news order by news_id")
        await house.ask(
            AnnounceOutage(text="Signering er nede til kl. 14.", school_ids=(school,)), actor(new_id(), "administrator")
        )
        got = await mails(stand_ins, 5)
    assert len(waiting) == 2
    assert asleep in {row["staff_id"] for row in waiting}
    assert set(got) == {"vaken", "stille", "daglig", "dempet"}
    assert "Signering er nede til kl. 14." in got["dempet"]["text"]
    assert "Ett dokument venter på godkjenning." in got["stille"]["text"]  # what waited comes along


async def test_roles_are_told_to_the_one_alone_and_access_out_of_the_ordinary_to_those_who_watch(
    house: Any, stand_ins: Any
) -> None:
    school, night = new_id(), datetime.now(OSLO).hour
    quiet = Preferences(rhythm=MailRhythm.DAILY, quiet_hours=f"{night}-{(night + 2) % 24}")
    with house.notifier(DIGEST_SECONDS="2"):
        watcher = await employ(house, "admin", None, "grant_full_access", chosen=quiet)
        await employ(house, "rektor", school, "read_audit", chosen=quiet)
        teacher = await employ(house, "larer", school)
        with pytest.raises(Declined, match="kan ikke slås av"):
            muted = SOON.model_copy(update={"muted": (Notice.FULL_ACCESS,)})
            await house.ask(PutPreferences(preferences=muted), actor(watcher))
        roles = (Notice.ROLE_GIVEN, Notice.ROLE_TAKEN, Notice.ROLE_TAKEN)
        await house.gathered(
            *(Announce(notice_id=new_id(), notice=one, school_id=school, staff_id=teacher) for one in roles),
            Announce(notice_id=new_id(), notice=Notice.FULL_ACCESS),
            Announce(notice_id=new_id(), notice=Notice.EMERGENCY_ACCESS, school_id=school),
        )
        got = await mails(stand_ins, 3)
    assert "2 roller du har hatt, er avsluttet." in got["larer"]["text"]
    assert "Du har fått en rolle i Sikker Sak." in got["larer"]["text"]
    assert got["admin"]["subject"] == "Sikker Sak: «Tilgang til alt» er gitt"
    assert got["rektor"]["subject"] == "Sikker Sak: Nødtilgang er tatt"


def webhook(stand_ins: Any, workflow: str, signature: str = "development") -> str:
    return f"{stand_ins.teams}/workflows/{workflow}/triggers/manual/paths/invoke?sig={signature}"


async def own_cards(stand_ins: Any, workflow: str) -> list[dict[str, Any]]:
    """What was posted in the channel that this workflow leads to."""
    cards = (await stand_ins.state(stand_ins.teams))["cards"]
    return [card["message"]["attachments"][0]["content"] for card in cards if card["workflow"] == workflow]


async def test_who_has_a_channel_of_their_own_is_told_there_and_the_address_is_never_shown(
    house: Any, stand_ins: Any
) -> None:
    school, in_teams = new_id(), Preferences(by_email=False, by_teams=True, rhythm=MailRhythm.SOON)
    with house.notifier(DIGEST_SECONDS="2"):
        teacher = await employ(house, "larer", school, "approve", chosen=in_teams)
        both = await employ(house, "begge", school, "approve", chosen=in_teams.model_copy(update={"by_email": True}))
        without = await employ(house, "uten", school, "approve", chosen=in_teams)
        for whom in (teacher, both):
            own = await house.ask(PutOwnChannel(webhook=webhook(stand_ins, f"own-{whom}")), actor(whom))
            assert own.has_channel
            assert "sig=" not in own.model_dump_json()
        for address in ("http://127.0.0.1.example/x", "http://user:pw@127.0.0.1/xyz", "http://[::1", "10.0.0.1/xyzxyz"):
            with pytest.raises(Declined, match="not-a-teams-webhook") as refused:
                await house.ask(PutOwnChannel(webhook=address), actor(without))
            assert address not in str(refused.value)
        await house.gathered(approval_at(school), approval_at(school))
        got = await mails(stand_ins, 2)
        posted = await eventually(lambda: own_cards(stand_ins, f"own-{teacher}"), what="the card")
        kept = await house.rows("select webhook from own_channels")
        removed = await house.ask(RemoveOwnChannel(), actor(teacher))
    assert set(got) == {"begge", "uten"}  # who has no channel yet is not left without news
    assert [part["text"] for part in posted[0]["body"]] == [
        "Venter på godkjenning",
        "Venter på godkjenning: 2 dokumenter venter på godkjenning.",
    ]
    assert len(await own_cards(stand_ins, f"own-{both}")) == 1
    assert not removed.has_channel
    assert "sig=" not in str(kept)
    assert "sig=development" not in house.log()


async def test_a_channel_that_refuses_is_left_alone_and_its_news_go_by_mail(house: Any, stand_ins: Any) -> None:
    school, in_teams = new_id(), Preferences(by_email=False, by_teams=True, rhythm=MailRhythm.SOON)
    with house.notifier(DIGEST_SECONDS="2"):
        teacher = await employ(house, "larer", school, "approve", chosen=in_teams)
        await house.ask(PutOwnChannel(webhook=webhook(stand_ins, "gone", "another")), actor(teacher))
        await house.order(approval_at(school))
        got = await mails(stand_ins, 1)
        own = await house.ask(ReadPreferences(), actor(teacher))
        (card,) = await house.rows("select * from consignments where kind = 'staff_card' and staff_id = $1", teacher)
        await house.order(approval_at(school))
        await mails(stand_ins, 2)
    assert "Ett dokument venter på godkjenning." in got["larer"]["text"]
    assert own.channel_refused_at is not None
    assert (card["state"], card["code"]) == ("declined", "own-channel-refused")


async def test_everybody_has_a_choice_before_they_choose_and_a_leaver_hears_no_more(house: Any, stand_ins: Any) -> None:
    school = new_id()
    with house.notifier(DIGEST_SECONDS="2"):
        staff_id = await employ(house, "rektor", school, "approve")
        own = await house.ask(ReadPreferences(), actor(staff_id))
        nobody = await house.ask(ReadPreferences(), actor(new_id()))
        gone = StaffChanged(staff_id=staff_id, is_active=False, schools=(), permissions=(), changed_at=now())
        await house.order(gone)

        async def has_left() -> bool:
            return not await house.rows("select 1 from staff where is_active")

        await eventually(has_left, what="the leaver")
        await house.order(approval_at(school))

        async def is_told() -> bool:
            return bool(
                await house.rows("select 1 from consignments where school_id = $1 and state = 'delivered'", school)
            )

        await eventually(is_told, what="the channel's notice")
    assert (own.has_address, own.preferences) == (True, SOON)
    assert (nobody.has_address, nobody.preferences) == (False, Preferences())
    assert await stand_ins.mails() == []
