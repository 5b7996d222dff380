"""Rule sets: versions that stay as they were, a dry run that changes nothing, and what a decision rests on (M2–M4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from intake.sorting.default import DEFAULT_RULES
from sikkersak.clock import now
from sikkersak.contracts.intake import ReadMail
from sikkersak.contracts.sorting import (
    ActivateRuleSet,
    Belonging,
    ChangeRuleSet,
    DropRuleSet,
    ListRuleSets,
    ProposeRuleSet,
    ReadRuleSet,
    RuleSetState,
    SortingCondition,
    SortingField,
    SortingRule,
    TryRuleSet,
)
from sikkersak.errors import Declined
from sikkersak.identity.roles import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")
ADMINISTRATOR, DISTRIBUTOR = Role.ADMINISTRATOR, Role.MAIL_DISTRIBUTOR
LEAVE = "Vi søker om permisjon for Ella i uke 8. Familien skal på ferie til Spania.".encode()
CHOIR = SortingRule(
    name="Kor",
    belonging=Belonging.HERE,
    conditions=(SortingCondition(fields=(SortingField.TITLE,), words=("korøvelse",)),),
)


async def mail_of(intake: Any, title: str, content: bytes, name: str = "brev.txt") -> Any:
    shipment = await intake.svarinn.place(title, (name, content), sender="Kim Ås")
    await intake.stored(shipment)
    row = await intake.row(shipment)
    return await intake.ask(ReadMail(mail_id=row["mail_id"]), DISTRIBUTOR)


async def draft(intake: Any, *rules: SortingRule) -> Any:
    return await intake.ask(ProposeRuleSet(title="Prøve", rules=(*rules, *DEFAULT_RULES)), ADMINISTRATOR)


async def test_mail_is_sorted_by_what_its_files_say_and_shows_the_words_that_decided(intake: Any) -> None:
    told = await mail_of(intake, "Søknad om permisjon", LEAVE)
    assert told.summary.belonging is Belonging.GENERAL_ARCHIVE
    assert told.summary.rule == "Permisjon: «permisjon» i tittel"
    assert {(one.rule, one.field, one.quote) for one in told.matches} >= {("Permisjon", SortingField.TEXT, "ferie")}
    first = await intake.ask(ReadRuleSet(rule_set_id=told.sorted_by), DISTRIBUTOR)
    assert first.summary.version == 1
    assert first.rules == DEFAULT_RULES


async def test_a_sign_in_a_file_keeps_mail_here_whatever_its_title_says(intake: Any) -> None:
    told = await mail_of(intake, "Søknad om permisjon", LEAVE + " Vi må på krisesenter.".encode())
    assert told.summary.belonging is Belonging.FOR_A_PERSON
    assert any(one.is_sign and one.quote == "krisesenter" for one in told.matches)


async def test_what_cannot_be_read_is_for_a_person(intake: Any) -> None:
    told = await mail_of(intake, "Søknad om permisjon", b"\x89PNG\r\n\x1a\n" + bytes(200), "skann.png")
    assert told.summary.belonging is Belonging.FOR_A_PERSON
    assert "ikke alt innhold kunne leses" in told.summary.rule or told.matches == ()


async def test_a_draft_is_tried_on_past_mail_and_only_who_may_see_mail_sees_it(intake: Any) -> None:
    told = await mail_of(intake, "Korøvelse torsdag", "Velkommen til korøvelse i gymsalen på torsdag.".encode())
    assert told.summary.belonging is Belonging.FOR_A_PERSON
    made = await draft(intake, CHOIR)
    shown = await intake.ask(TryRuleSet(rule_set_id=made.summary.rule_set_id), DISTRIBUTOR)
    counted = await intake.ask(TryRuleSet(rule_set_id=made.summary.rule_set_id), ADMINISTRATOR)
    (shift,) = shown.shifts
    assert (shift.before, shift.after, shift.mail) == (Belonging.FOR_A_PERSON, Belonging.HERE, 1)
    assert [(one.mail_id, one.after_rule) for one in shown.items] == [
        (told.summary.mail_id, "Kor: «Korøvelse» i tittel")
    ]
    assert shown.tried == shown.same + 1 > 1
    assert (counted.shifts, counted.items, counted.are_items_hidden) == (shown.shifts, (), True)
    again = await intake.ask(ReadMail(mail_id=told.summary.mail_id), DISTRIBUTOR)
    assert again == told, "a trial changes nothing"


async def test_a_version_decides_from_its_moment_on_and_is_never_changed_again(intake: Any) -> None:
    made = await draft(intake, CHOIR)
    rule_set_id = made.summary.rule_set_id
    planned = await intake.ask(
        ActivateRuleSet(rule_set_id=rule_set_id, active_from=now() + timedelta(days=1)), ADMINISTRATOR
    )
    assert planned.summary.state is RuleSetState.PLANNED
    before = await mail_of(intake, "Korøvelse fredag", b"Velkommen til sang.")
    assert before.summary.belonging is Belonging.FOR_A_PERSON
    at_once = await draft(intake, CHOIR)
    active = await intake.ask(ActivateRuleSet(rule_set_id=at_once.summary.rule_set_id), ADMINISTRATOR)
    assert active.summary.state is RuleSetState.ACTIVE
    assert active.summary.activated_by is not None
    after = await mail_of(intake, "Korøvelse mandag", b"Velkommen til sang.")
    assert (after.summary.belonging, after.sorted_by) == (Belonging.HERE, at_once.summary.rule_set_id)
    history = await intake.ask(ListRuleSets(), ADMINISTRATOR)
    versions = {one.version: one.state for one in history.items if one.version}
    assert versions == {1: RuleSetState.EARLIER, 2: RuleSetState.PLANNED, 3: RuleSetState.ACTIVE}
    for asked in (
        ChangeRuleSet(rule_set_id=rule_set_id, title="Annet", rules=DEFAULT_RULES),
        DropRuleSet(rule_set_id=rule_set_id),
        ActivateRuleSet(rule_set_id=rule_set_id),
    ):
        with pytest.raises(Declined) as no:
            await intake.ask(asked, ADMINISTRATOR)
        assert no.value.code == "rule-set-fixed"
    with pytest.raises(asyncpg.RaiseError):
        await intake.rows("update rule_sets set title = 'Annet' where rule_set_id = $1", rule_set_id)


async def test_drafts_are_changed_and_thrown_away_and_never_begin_in_the_past(intake: Any) -> None:
    made = await draft(intake)
    rule_set_id = made.summary.rule_set_id
    changed = await intake.ask(ChangeRuleSet(rule_set_id=rule_set_id, title="Bare kor", rules=(CHOIR,)), ADMINISTRATOR)
    assert (changed.summary.title, changed.rules, changed.summary.state) == ("Bare kor", (CHOIR,), RuleSetState.DRAFT)
    with pytest.raises(Declined) as no:
        past = ActivateRuleSet(rule_set_id=rule_set_id, active_from=now() - timedelta(days=1))
        await intake.ask(past, ADMINISTRATOR)
    assert no.value.code == "in-the-past"
    left = await intake.ask(DropRuleSet(rule_set_id=rule_set_id), ADMINISTRATOR)
    assert rule_set_id not in {one.rule_set_id for one in left.items}


async def test_rules_that_could_not_work_are_refused_with_everything_that_is_wrong(intake: Any) -> None:
    bad = SortingRule(
        name="Alt bort",
        belonging=Belonging.GENERAL_ARCHIVE,
        conditions=(SortingCondition(fields=(SortingField.TEXT,), words=("(a+)+$", "e")),),
    )
    with pytest.raises(Declined) as no:
        await intake.ask(ProposeRuleSet(title="Prøve", rules=(bad,)), ADMINISTRATOR)
    assert no.value.code == "rules-unfit"
    assert "Teksten alene er ikke nok" in no.value.detail
    assert "«e» (tekst) treffer for mye" in no.value.detail
    assert "«(a+)+$» (tekst) kan ikke brukes" in no.value.detail


async def test_only_administrators_write_rules(intake: Any) -> None:
    for asked, role in (
        (ProposeRuleSet(title="Prøve", rules=DEFAULT_RULES), DISTRIBUTOR),
        (ListRuleSets(), Role.SCHOOL_LEADER),
    ):
        with pytest.raises(Declined) as no:
            await intake.ask(asked, role)
        assert no.value.code == "forbidden"
