"""What waited is taken up at the set rate, however late the rounds come."""

from __future__ import annotations

import pytest

from archiver import pace
from archiver.pace import Pace


class Clock:
    """A clock that stands until it is told."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(pace, "time", made)
    return made


def taken(clock: Clock, own: Pace, rounds: list[float], rate: float) -> list[int]:
    found = []
    for seconds in rounds:
        clock.now += seconds
        found.append(own.allowance(rate, 0.5))
    return found


def test_rounds_that_take_longer_than_planned_do_not_slow_the_draining(clock: Clock) -> None:
    own = Pace()
    given = taken(clock, own, [0.0, *[0.73] * 100], 85.0)
    assert sum(given) == pytest.approx(85.0 * (0.5 + 73.0), abs=1)


def test_a_rate_below_one_a_round_still_gives_one_in_time(clock: Clock) -> None:
    assert taken(clock, Pace(), [0.0, *[0.5] * 20], 0.5) == [0, 0, 0, *[1, 0, 0, 0] * 4, 1, 0]


def test_a_long_pause_is_not_made_good_at_once(clock: Clock) -> None:
    own = Pace()
    taken(clock, own, [0.0], 20.0)
    assert taken(clock, own, [3600.0], 20.0) == [40]


def test_the_time_of_an_outage_does_not_count(clock: Clock) -> None:
    own = Pace()
    taken(clock, own, [0.0, 0.5], 20.0)
    clock.now += 3600
    own.rest()
    assert taken(clock, own, [0.0], 20.0) == [10]
