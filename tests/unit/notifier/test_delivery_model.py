"""The delivery model: its moves, what SvarUt's statuses mean, and its rhythms."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.audience import AUDIENCES
from notifier.domain import (
    CARRIER_STATUSES,
    FINAL,
    MOVES,
    NAMES,
    PAUSES,
    IllegalMove,
    move,
    next_look,
    next_pause,
    standing,
)
from notifier.notices import WORDINGS
from sikkersak.contracts.notifier import ConsignmentState, LetterChoice, Notice
from sikkersak.guidance.letters import CHOICES, FAILED, REASONS, letter_choices
from sikkersak.messaging.topology import DELAYS, LADDER

STATES = list(ConsignmentState)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wanted", STATES)
def test_a_move_is_in_the_table_or_refused_by_name(state: ConsignmentState, wanted: ConsignmentState) -> None:
    if wanted is state or wanted in MOVES[state]:
        assert move(state, wanted) is wanted
    else:
        with pytest.raises(IllegalMove, match=NAMES[state]):
            move(state, wanted)


def test_what_is_delivered_stays_so_and_what_failed_is_begun_anew_or_brought_in_another_way() -> None:
    assert MOVES[ConsignmentState.DELIVERED] == frozenset()
    for state in FAILED:
        assert MOVES[state] == {ConsignmentState.WAITING, ConsignmentState.DELIVERED}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("MOTTATT", "sent"),
        ("AKSEPTERT", "sent"),
        ("AVVIST", "declined"),
        ("FEILET_UNDER_MOTTAK", "declined"),
        ("KLAR_FOR_MOTTAK", "sent"),
        ("VARSLET", "sent"),
        ("SENDT_SDP", "sent"),
        ("LEVERT_SDP", "delivered"),
        ("SENDT_DIGITALT", "delivered"),
        ("SENDT_PRINT", "sent"),
        ("PRINTET", "delivered"),
        ("LEST", "delivered"),
        ("IKKE_LEVERT", "declined"),
        ("MANUELT_HANDTERT", "delivered"),
        ("SENDT_NHN_MOTTAKER", "sent"),
        ("LEVERT_NHN_MOTTAKER", "delivered"),
        ("SLETTET", "declined"),
        ("NOE_NYTT", "sent"),
    ],
)
def test_every_status_of_svarut_has_a_meaning_here(status: str, state: str) -> None:
    assert standing(status).state == state


def test_a_failure_has_a_code_and_says_what_to_do() -> None:
    for found in CARRIER_STATUSES.values():
        is_failure = found.state in FINAL and found.state in FAILED
        assert bool(found.code and found.detail) == is_failure


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (0 * MINUTE, MINUTE),
        (9 * MINUTE, MINUTE),
        (HOUR, 10 * MINUTE),
        (5 * HOUR, HOUR),
        (3 * DAY, 6 * HOUR),
        (30 * DAY, DAY),
    ],
)
def test_a_letter_is_looked_at_less_often_the_older_it_is(age: timedelta, pause: timedelta) -> None:
    assert next_look(age) == pause
    assert next_look(age / 100, 0.01) == pause / 100


def test_the_pauses_shown_are_those_of_the_ladder() -> None:
    assert [pause.total_seconds() * 1000 for pause in PAUSES] == [DELAYS[delay] for delay in LADDER]


def test_the_next_try_is_never_sooner_than_the_carrier_asked_for() -> None:
    assert next_pause(1, None) == timedelta(seconds=5)
    assert next_pause(1, timedelta(seconds=100)) == timedelta(seconds=100)
    assert next_pause(3, timedelta(seconds=1)) == timedelta(minutes=2)
    assert next_pause(99, None) == timedelta(hours=2)


def test_every_notice_has_its_words() -> None:
    assert set(WORDINGS) == set(Notice)
    for wording in WORDINGS.values():
        assert "{" not in wording.sentence(1) + wording.sentence(4)


def test_every_notice_concerns_somebody() -> None:
    assert set(AUDIENCES) == set(Notice)
    for notice, audience in AUDIENCES.items():
        is_for_others = bool(audience.anywhere or audience.at_school or audience.is_everybody)
        assert is_for_others is (notice not in {Notice.ROLE_GIVEN, Notice.ROLE_TAKEN, Notice.MAIL_REGISTERED}), notice


def test_every_refusal_of_a_letter_leaves_a_choice_and_nothing_else_does() -> None:
    for state in ConsignmentState:
        assert bool(letter_choices(state, "anything")) == (state in FAILED)
    assert letter_choices(ConsignmentState.DECLINED, "protected-address") == (LetterChoice.HANDLED,)
    assert set(CHOICES) <= set(REASONS)
