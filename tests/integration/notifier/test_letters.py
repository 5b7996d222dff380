"""Letters: sent once whatever happens on the way, and followed to their end (M21)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from notifier.svarut.letter import compose
from sikkersak.clock import now
from sikkersak.contracts.notifier import (
    Announce,
    ConsignmentPage,
    LetterChoice,
    ListConsignments,
    Notice,
    ReadConsignment,
    ResolveLetter,
    RetryConsignment,
    SendLetter,
)
from sikkersak.contracts.values import Party, PartyKind, PostalAddress
from sikkersak.errors import Declined
from sikkersak.identity import Actor
from sikkersak.ids import new_id
from sikkersak.testing.waiting import eventually
from sikkersak.vault import seal

pytestmark = pytest.mark.hasty
PERSON, SUPPLIER = "01851012490", "310000035"


async def post(
    house: Any, letter_id: UUID | None = None, school: UUID | None = None, case: UUID | None = None, **changed: Any
) -> UUID:
    dossier = await seal(house.vault, await house.letter(**changed))
    letter = letter_id or new_id()
    ids = {"letter_id": letter, "document_id": letter, "case_id": case, "school_id": school or new_id()}
    await house.order(SendLetter(dossier=dossier, **ids))
    return letter


def actor(*roles: str, school: UUID | None = None) -> Actor:
    schools = frozenset({school}) if school else frozenset()
    return Actor(staff_id=new_id(), roles=frozenset(roles), schools=schools, level="high", session="s")


async def test_a_letter_is_sent_encrypted_and_followed_until_it_is_delivered(house: Any, stand_ins: Any) -> None:
    with house.notifier():
        letter = await post(house, case=(case := new_id()))
        row = await house.until(letter, "delivered")
    (sent,) = await stand_ins.letters()
    assert row["carrier_status"] == "LEVERT_SDP"
    assert row["carrier_reference"] == sent["id"]
    assert (sent["eksternReferanse"], sent["level"], sent["encrypted"]) == (str(letter), "HOYESTE", True)
    assert sent["letter"]["mottaker"]["adresse"]["poststed"] == "OSLO"
    facts = await house.facts("cases.facts")
    # how it goes is told again when that is known
    assert list(dict.fromkeys(fact["state"] for fact in facts)) == ["sent", "delivered"]
    assert (facts[-1]["price_class"], facts[-1]["attempts"]) == ("mailbox", 1)
    assert {fact["case_id"] for fact in facts} == {str(case)}


async def test_what_is_shown_in_lists_says_nothing_about_whom_a_confidential_letter_concerns(
    house: Any, stand_ins: Any
) -> None:
    with house.notifier():
        await house.until(await post(house), "delivered")
    (sent,) = await stand_ins.letters()
    assert sent["title"] == "Brev fra Fjordvik skole (sak 2026/17)"
    assert [document["filename"] for document in sent["documents"]] == ["Brev.pdf"]


async def test_svarut_gets_the_bytes_that_the_vault_holds(house: Any, stand_ins: Any) -> None:
    files = (await house.file("a.pdf"), await house.file("a.pdf"))
    with house.notifier():
        await house.until(await post(house, files=files, is_confidential=False), "delivered")
        await house.until(await post(house, files=files), "delivered")
    open_letter, encrypted = await stand_ins.letters()
    wanted = [file.ref.sha256 for file in files]
    assert [document["sha256"] for document in open_letter["documents"]][1:] == wanted
    assert [document["sha256"] for document in encrypted["documents"]][1:] == wanted
    names = [document["filename"] for document in open_letter["documents"]]
    assert names == ["Følgebrev.pdf", "a.pdf", "a (2).pdf"]


async def test_an_organisation_gets_its_letter_as_confidential_post(house: Any, stand_ins: Any) -> None:
    receiver = Party(kind=PartyKind.ORGANISATION, name="Eksempel PPT", national_id=SUPPLIER)
    with house.notifier():
        row = await house.until(await post(house, receiver=receiver), "delivered")
    (sent,) = await stand_ins.letters()
    assert (sent["kind"], row["carrier_status"]) == ("organisasjon", "LEST")
    assert sent["letter"]["taushetsbelagtPost"] is True
    assert sent["letter"]["metadataFraAvleverendeSystem"] == {"saksaar": 2026, "sakssekvensnummer": 17}


async def test_a_receiver_without_a_number_gets_print(house: Any, stand_ins: Any) -> None:
    dossier = await house.letter()
    receiver = dossier.receiver.model_copy(update={"national_id": None})
    with house.notifier():
        files = (await house.file("Vedtak.pdf"), await house.file("Vedlegg.pdf"))
        row = await house.until(await post(house, receiver=receiver, files=files), "delivered")
    (sent,) = await stand_ins.letters()
    assert (sent["kind"], row["carrier_status"]) == ("print", "PRINTET")
    assert len(sent["documents"]) == 1  # one file of all, under a cover page


async def test_a_lost_answer_gives_one_letter(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.svarut, lose_answers=1, only="/forsendelser/person$")
    with house.notifier():
        letter = await post(house)
        await house.until(letter, "delivered")
    (sent,) = await stand_ins.letters()
    attempts = await house.rows("select verdict from attempts where consignment_id = $1 order by attempt_id", letter)
    assert [attempt["verdict"] for attempt in attempts] == ["unknown", "found"]
    assert (await house.row(letter))["carrier_reference"] == sent["id"]


async def test_an_answer_that_came_twice_is_one_letter_and_its_refusal_as_duplicate_is_understood(
    house: Any, stand_ins: Any
) -> None:
    await stand_ins.fault(stand_ins.svarut, answer_twice=1, only="/forsendelser/person$")
    with house.notifier():
        await house.until(await post(house), "delivered")
    assert len(await stand_ins.letters()) == 1


async def test_an_order_that_comes_again_sends_nothing_again(house: Any, stand_ins: Any) -> None:
    with house.notifier():
        letter = await post(house)
        await post(house, letter)
        await house.until(letter, "delivered")
        await house.facts("cases.facts")
        await post(house, letter)
        (told,) = await eventually(lambda: house.facts("cases.facts"), what="the fact once more")
    assert told["state"] == "delivered"
    assert len(await stand_ins.letters()) == 1


async def test_letters_wait_while_svarut_is_down_and_go_out_by_themselves(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.svarut, down=True)
    with house.notifier():
        letters = [await post(house) for _ in range(3)]
        await house.until(letters[0], "trying")

        async def is_known_to_be_down() -> bool:
            return "circuit_opened" in house.log()

        await eventually(is_known_to_be_down, what="the circuit's opening")
        before = await house.row(letters[0])
        await stand_ins.fault(stand_ins.svarut)
        for letter in letters:
            await house.until(letter, "delivered")
    assert before["code"] == "try-again"
    assert await house.place.depth("notifier.carry.parking") == 0
    assert len(await stand_ins.letters()) == len(letters)


async def test_letters_wait_while_maskinporten_refuses_us(house: Any, stand_ins: Any) -> None:
    house.service.stop()  # a running one has a token that is good
    await stand_ins.fault(stand_ins.maskinporten, refuse_status=400, only="/token")
    with house.notifier():
        letter = await post(house)
        row = await house.until(letter, "trying")
        await stand_ins.fault(stand_ins.maskinporten)
        await house.until(letter, "delivered")
    assert row["code"] == "carrier-refuses-us"


async def test_a_letter_that_svarut_refuses_is_declined_with_a_reason_and_not_tried_again(
    house: Any, stand_ins: Any
) -> None:
    await stand_ins.put("receivers", {PERSON: "unknown"})
    with house.notifier():
        letter = await post(house)
        row = await house.until(letter, "declined")
        (fact,) = await eventually(lambda: house.facts("cases.facts"))
        told = await eventually(stand_ins.cards, what="the notice of a failed delivery")
    assert (row["code"], row["attempts"], row["next_try_at"]) == ("bad-receiver", 1, None)
    assert (fact["state"], fact["code"]) == ("declined", "bad-receiver")
    assert PERSON not in str(told)


@pytest.mark.parametrize(("rule", "code"), [("declined", "letter-rejected"), ("undeliverable", "not-delivered")])
async def test_a_letter_that_fails_on_its_way_is_declined(house: Any, stand_ins: Any, rule: str, code: str) -> None:
    await stand_ins.put("receivers", {PERSON: rule})
    with house.notifier():
        row = await house.until(await post(house), "declined")
    assert row["code"] == code


async def test_a_letter_that_failed_is_sent_anew_when_a_person_says_so(house: Any, stand_ins: Any) -> None:
    await stand_ins.put("receivers", {PERSON: "declined"})
    school = new_id()
    with house.notifier():
        letter = await post(house, school=school)
        await house.until(letter, "declined")
        await stand_ins.put("receivers", {})
        leader = actor("school_leader", school=school)
        with pytest.raises(Declined):
            await house.ask(RetryConsignment(consignment_id=letter), actor("school_leader", school=new_id()))
        view = await house.ask(RetryConsignment(consignment_id=letter), leader)
        await house.until(letter, "delivered")
        with pytest.raises(Declined, match="illegal-move"):
            await house.ask(RetryConsignment(consignment_id=letter), leader)
    assert view.state == "waiting"
    assert [sent["eksternReferanse"] for sent in await stand_ins.letters()] == [str(letter), f"{letter}-2"]


async def test_a_storm_of_429_is_waited_out_and_makes_no_letter_twice(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.svarut, refuse_status=429)
    with house.notifier():
        letters = [await post(house) for _ in range(10)]

        async def is_left_alone() -> bool:
            return "circuit_opened" in house.log()

        await eventually(is_left_alone, what="the circuit's opening")
        await stand_ins.fault(stand_ins.svarut)
        for letter in letters:
            await house.until(letter, "delivered")
    sent = [one["eksternReferanse"] for one in await stand_ins.letters()]
    assert sorted(sent) == sorted(str(letter) for letter in letters)


async def test_letters_that_take_minutes_hold_nobody_else_up(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.svarut, slow_seconds=15, only="/forsendelser/person$")
    with house.notifier(PATIENCE_SECONDS="0.3"):
        slow = [await post(house) for _ in range(12)]  # more than are handled at a time

        async def are_in_hand() -> bool:
            rows = await house.rows("select 1 from consignments where consignment_id = any($1) and attempts = 1", slow)
            return len(rows) == len(slow)

        await eventually(are_in_hand, what="the start of every one")
        notice = Announce(notice_id=new_id(), notice=Notice.ARCHIVE_DOWN)
        await house.order(notice)
        await house.until(notice.notice_id, "delivered")
        before = {(await house.row(letter))["state"] for letter in slow}
        for letter in slow:
            await house.until(letter, "delivered")
    assert before == {"waiting"}
    assert len(await stand_ins.letters()) == len(slow)


async def test_a_letter_that_did_not_arrive_has_choices_and_each_leads_on(house: Any, stand_ins: Any) -> None:
    await stand_ins.put("receivers", {PERSON: "wrong_address"})
    school = new_id()
    leader = actor("school_leader", school=school)
    moved = PostalAddress(line="Nyveien 1", postal_code="0150", city="OSLO")
    with house.notifier():
        letters = [await post(house, school=school) for _ in range(3)]
        for letter in letters:
            await house.until(letter, "declined")
        await stand_ins.put("receivers", {})
        seen = await house.ask(ReadConsignment(consignment_id=letters[0]), leader)
        with pytest.raises(Declined, match="address-needed"):
            await house.ask(ResolveLetter(consignment_id=letters[0], choice=LetterChoice.NEW_ADDRESS), leader)
        await house.ask(
            ResolveLetter(consignment_id=letters[0], choice=LetterChoice.NEW_ADDRESS, address=moved), leader
        )
        await house.ask(ResolveLetter(consignment_id=letters[1], choice=LetterChoice.PRINT), leader)
        done = await house.ask(ResolveLetter(consignment_id=letters[2], choice=LetterChoice.HANDLED), leader)
        with pytest.raises(Declined):
            await house.ask(ResolveLetter(consignment_id=letters[2], choice=LetterChoice.SEND_AGAIN), leader)
        for letter in letters[:2]:
            await house.until(letter, "delivered", was="declined")
        on_paper = await house.ask(
            ReadConsignment(consignment_id=letters[1], document_id=letters[1]), actor("employee")
        )
    sent = {one["eksternReferanse"]: one for one in await stand_ins.letters()}
    assert seen.consignment.choices == ("new_address", "print", "send_again", "handled")
    assert [one.verdict for one in seen.tries] == ["accepted"]
    assert sent[f"{letters[0]}-2"]["letter"]["mottaker"]["adresse"]["adresselinje1"] == "Nyveien 1"
    assert sent[f"{letters[1]}-2"]["kind"] == "print"
    assert on_paper.consignment.price_class == "paper"
    assert (done.state, done.code) == ("delivered", "handled-otherwise")


async def test_a_letter_in_hand_when_the_process_dies_is_taken_up_and_sent_once(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.svarut, slow_seconds=3, only="/forsendelser/person$")
    with house.notifier():
        letter = await post(house)

        async def is_tried() -> bool:
            return bool((await house.row(letter)).get("attempts"))

        await eventually(is_tried, what="the first attempt")
        await house.kill()
    await stand_ins.fault(stand_ins.svarut)
    with house.notifier():
        await house.until(letter, "delivered")
    assert len(await stand_ins.letters()) == 1


async def test_a_hand_that_was_let_go_of_undoes_nothing_when_its_refusal_comes_late(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.svarut, slow_seconds=8, refuse_status=400, only="/forsendelser/person$")
    with house.notifier():
        letter = await post(house)

        async def is_in_hand() -> bool:
            return bool((await house.row(letter)).get("attempts") == 1)

        await eventually(is_in_hand, what="the first try")
        async with house.database.transaction() as tx:  # as another replica would that took it over
            sql = """
            update consignments set state = 'sent', carrier_reference = $2, held_by = null, held_until = null,
              sent_at = now(), next_look_at = now() + interval '1 hour' where consignment_id = $1
            """
            await tx.execute(sql, letter, str(new_id()))

        async def is_late() -> bool:
            return "hand_was_late" in house.log()

        await eventually(is_late, what="the late refusal")
    row = await house.row(letter)
    assert (row["state"], row["code"]) == ("sent", None)


async def test_each_sees_what_is_theirs_to_see(house: Any) -> None:
    mine, other = new_id(), new_id()
    with house.notifier(OUTWARD_EFFECTS="off"):
        letters = [await post(house, school=mine), await post(house, school=other)]

        async def seen(who: Actor, **asked: Any) -> list[UUID]:
            page = await house.ask(ListConsignments(**asked), who)
            return [item.consignment_id for item in page.items]

        async def all_there() -> bool:
            return all([await house.row(letter) for letter in letters])

        await eventually(all_there)
        assert set(await seen(actor("mail_distributor"))) >= set(letters)
        assert await seen(actor("school_leader", school=mine)) == letters[:1]
        assert await seen(actor("employee"), document_id=letters[1]) == letters[1:]
        assert await seen(actor("operations"), school_id=other) == letters[1:]
        assert await seen(actor("operations"), since=now() + timedelta(hours=1)) == []
        for nobody in (actor("employee", school=mine), actor("school_leader"), actor()):
            with pytest.raises(Declined, match="forbidden"):
                await seen(nobody)
        first = await house.ask(ListConsignments(limit=1), actor("operations"))
        rest = await house.ask(ListConsignments(limit=1, cursor=first.next), actor("operations"))
        assert {first.items[0].consignment_id, rest.items[0].consignment_id} == set(letters)


async def test_nothing_is_sent_while_outward_effects_are_off_and_all_is_when_they_are_on(
    house: Any, stand_ins: Any
) -> None:
    with house.notifier(OUTWARD_EFFECTS="off"):
        letter = await post(house)

        async def waits() -> bool:
            return bool((await house.row(letter)).get("code") == "outward-effects-off")

        await eventually(waits, what="the wait for outward effects")
        page: ConsignmentPage = await house.ask(ListConsignments(), actor("operations"))
        assert [item.code for item in page.items if item.consignment_id == letter] == ["outward-effects-off"]
    assert await stand_ins.letters() == []
    with house.notifier():
        await house.until(letter, "delivered")
    assert len(await stand_ins.letters()) == 1


async def test_a_letter_that_no_message_moves_is_moved_by_the_sweep(house: Any, stand_ins: Any) -> None:
    letter = new_id()
    dossier = await seal(house.vault, await house.letter())
    async with house.database.transaction() as tx:  # as after the loss of the whole broker
        sql = """
        insert into consignments (consignment_id, kind, document_id, school_id, dossier, next_try_at)
        values ($1, 'letter', $1, $1, $2, now() - interval '1 hour')
        """
        await tx.execute(sql, letter, dossier.model_dump(mode="json"))
    with house.notifier():
        await house.until(letter, "delivered")
    assert len(await stand_ins.letters()) == 1


async def test_no_personal_data_stands_in_the_log(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.svarut, refuse_status=503, refuse_share=0.4)
    with house.notifier():
        await house.until(await post(house), "delivered")
    letter = compose(await house.letter(), "r", 1)
    for secret in (PERSON, "Prøve", "Pr\\u00f8ve", "hemmelig", "Eksempelveien", hashlib.sha256().hexdigest()):
        assert secret not in house.log()
    assert letter.body["mottaker"]["digitalId"] == PERSON


async def test_what_has_been_tried_for_a_week_is_given_up_and_a_person_is_told(house: Any, stand_ins: Any) -> None:
    letter = new_id()
    dossier = await seal(house.vault, await house.letter())
    async with house.database.transaction() as tx:
        sql = """
        insert into consignments (consignment_id, kind, document_id, school_id, dossier, started_at, next_try_at)
        values ($1, 'letter', $1, $1, $2, now() - interval '8 days', now() - interval '1 hour')
        """
        await tx.execute(sql, letter, dossier.model_dump(mode="json"))
    with house.notifier():
        row = await house.until(letter, "given_up")
        await eventually(stand_ins.cards, what="the notice of a failed delivery")
    assert row["code"] == "given-up"
    assert await stand_ins.letters() == []


async def test_a_letter_that_is_never_confirmed_is_for_a_person_to_look_into(house: Any, stand_ins: Any) -> None:
    await stand_ins.put("receivers", {PERSON: "unread"})
    with house.notifier():
        letter = await post(house)
        await house.until(letter, "sent")
        async with house.database.transaction() as tx:
            sql = "update consignments set sent_at = now() - interval '101 days', next_look_at = now() where consignment_id = $1"
            await tx.execute(sql, letter)
        row = await house.until(letter, "given_up")
    assert row["code"] == "never-confirmed"
