"""The ladder's rule, as a table (R5, R6)."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import httpx
import pytest
from pydantic import BaseModel, ValidationError

from sikkersak.errors import CircuitOpen, Declined, Transient
from sikkersak.messaging.retry import Verdict, classify, describe, fingerprint, next_step, spread
from sikkersak.messaging.topology import LADDER, SHORT_LADDER
from sikkersak.persistence.database import DatabaseUnavailable


class Strict(BaseModel):
    number: int


def invalid() -> ValidationError:
    try:
        Strict.model_validate({"number": "Kari Nordmann"})
    except ValidationError as wrong:
        return wrong
    raise AssertionError


KINDS = [
    (Transient("busy"), Verdict.TRANSIENT),
    (httpx.ReadTimeout("slow"), Verdict.TRANSIENT),
    (httpx.ConnectError("gone"), Verdict.TRANSIENT),
    (ConnectionResetError(), Verdict.TRANSIENT),
    (TimeoutError(), Verdict.TRANSIENT),
    (asyncpg.ConnectionDoesNotExistError(), Verdict.TRANSIENT),
    (CircuitOpen("down"), Verdict.WAITING),
    (DatabaseUnavailable("restarting"), Verdict.WAITING),
    (Declined("no", "Nei."), Verdict.DECLINED),
    (invalid(), Verdict.BUG),
    (KeyError("x"), Verdict.BUG),
    (ValueError("x"), Verdict.BUG),
]


@pytest.mark.parametrize(("failure", "verdict"), KINDS, ids=lambda value: type(value).__name__)
def test_a_failure_is_of_one_of_three_kinds(failure: BaseException, verdict: Verdict) -> None:
    assert classify(failure) is verdict


@pytest.mark.parametrize(
    ("before", "delay", "attempt"),
    [(0, "5s", 1), (1, "30s", 2), (2, "2m", 3), (3, "10m", 4), (4, "30m", 5), (5, "2h", 6), (6, None, 7)],
)
def test_each_transient_failure_climbs_one_step(before: int, delay: str | None, attempt: int) -> None:
    step = next_step(LADDER, before, Transient("away"))
    assert (step.delay, step.attempt) == (delay, attempt)


@pytest.mark.parametrize("before", [0, 3, 6, 100])
def test_waiting_for_a_known_outage_never_counts_and_never_parks(before: int) -> None:
    step = next_step(LADDER, before, CircuitOpen("down"))
    assert (step.delay, step.attempt) == ("5s", before)


@pytest.mark.parametrize(
    ("asked", "delay"), [(1, "5s"), (5, "5s"), (6, "30s"), (90, "2m"), (3600, "2h"), (100_000, "2h")]
)
def test_the_other_side_may_ask_for_a_longer_wait(asked: int, delay: str) -> None:
    assert next_step(LADDER, 0, Transient("busy", retry_after=timedelta(seconds=asked))).delay == delay


def test_what_fails_together_is_spread_over_two_queues_of_a_step() -> None:
    chosen = [spread("5s", "archiver.transfer") for _ in range(400)]
    assert set(chosen) == {"5s", "5s.late"}
    assert 120 < chosen.count("5s.late") < 280
    assert {spread("5s", "cases.facts") for _ in range(50)} == {"5s"}


def test_a_handler_of_its_own_database_has_one_step() -> None:
    assert next_step(SHORT_LADDER, 0, Transient("lock")).delay == "5s"
    assert next_step(SHORT_LADDER, 1, Transient("lock")).is_parked


@pytest.mark.parametrize("failure", [Declined("no", "Nei."), KeyError("x")])
def test_what_no_repetition_can_mend_is_parked_at_once(failure: Exception) -> None:
    assert next_step(LADDER, 0, failure).is_parked


def test_the_reason_never_repeats_what_stood_in_the_message() -> None:
    assert "Kari" not in describe(invalid())
    assert "number" in describe(invalid())
    assert describe(KeyError("Kari Nordmann")) == "KeyError"


def test_failures_of_one_cause_have_one_fingerprint() -> None:
    def fail(value: str) -> BaseException:
        try:
            {}[value]
        except KeyError as failure:
            return failure
        raise AssertionError

    assert fingerprint("a.b", fail("x")) == fingerprint("a.b", fail("y"))
    assert fingerprint("a.b", fail("x")) != fingerprint("a.c", fail("x"))
