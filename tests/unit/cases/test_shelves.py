"""Stretches of time by which a search goes back: whole shelves, few of them, none twice and no gap."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cases.domain.shelves import BITS, NARROWEST, Stretch, made_at, stretch

NOW = 1_790_000_000_000
MOMENTS = st.integers(NOW - (5 << 35), NOW)


def spans(shelves: tuple[str, ...]) -> list[tuple[int, int]]:
    named = [tuple(int(part) for part in shelf.split(":")) for shelf in shelves]
    return [(place << bits, (place + 1) << bits) for bits, place in named]


@given(MOMENTS, st.integers(0, 5 << 35), st.integers(0, 25))
def test_a_stretch_is_covered_by_few_shelves_that_meet_and_do_not_overlap(upto: int, past: int, found: int) -> None:
    one = stretch(upto + past, UUID(int=(upto << 80) | 12345), found, 25)
    covered = spans(one.shelves)
    assert (covered[0][0], covered[-1][1]) == (one.since, one.before)
    assert all(end == start for (_, end), (start, _) in pairwise(covered))
    assert one.before - NARROWEST <= upto < one.before
    assert one.since < upto or upto - one.since < NARROWEST
    assert len(covered) <= 60 + (one.before - one.since >> BITS[-1])


def test_the_next_stretch_begins_where_the_last_one_ended() -> None:
    first = stretch(NOW, UUID(int=NOW << 80), 0, 25)
    second = stretch(NOW, first.first, 0, 25)
    assert second.before == first.since
    assert made_at(first.first) == first.since


def test_the_more_was_found_the_shorter_the_next_one() -> None:
    upto = UUID(int=(NOW - (1 << 32)) << 80)
    lengths = [one.before - one.since for one in (stretch(NOW, upto, found, 25) for found in (0, 3, 20))]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > lengths[-1]


def test_the_narrowest_shelf_is_the_last_resort() -> None:
    assert Stretch(0, 3 * NARROWEST).shelves == ("23:0", "23:1", "23:2")
    assert Stretch(0, 9 * NARROWEST).shelves == ("26:0", "23:8")
