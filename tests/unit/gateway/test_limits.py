"""A brake for each name: so many at once, so many a second in the long run, and bounded memory."""

from __future__ import annotations

import pytest

from gateway.limits import Brake, Pace, TooMany
from gateway.problems import problem_of


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_burst_passes_then_the_pace_holds_and_the_answer_says_how_long() -> None:
    clock = Clock()
    brake = Brake(Pace(rate=0.5, burst=3), clock)
    for _ in range(3):
        brake.take("kari")
    with pytest.raises(TooMany) as refused:
        brake.take("kari")
    problem, headers = problem_of(refused.value)
    assert (problem.status, problem.code, headers) == (429, "too-many-requests", {"Retry-After": "2"})
    clock.at = 2.0
    brake.take("kari")


def test_one_persons_haste_is_nobody_elses_delay() -> None:
    brake = Brake(Pace(rate=1, burst=1), Clock())
    brake.take("kari")
    brake.take("ola")


def test_a_refused_try_costs_nothing_further() -> None:
    clock = Clock()
    brake = Brake(Pace(rate=1, burst=1), clock)
    brake.take("kari")
    for _ in range(10):
        with pytest.raises(TooMany):
            brake.take("kari")
    clock.at = 1.0
    brake.take("kari")
