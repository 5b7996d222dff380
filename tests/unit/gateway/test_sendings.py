"""One list of what two services hold: nothing twice, nothing passed over, however the pages fall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.sendings import NOTHING, Found, Sending, SendingKind, SendingPage, Stream, _places, merged
from sikkersak.contracts.notifier import ConsignmentState
from sikkersak.errors import Declined
from sikkersak.ids import new_id

BEGAN = datetime(2026, 9, 1, tzinfo=UTC)


def held(kind: SendingKind, minutes: list[int]) -> list[Found]:
    """What a service holds, newest first, as it would answer."""
    found = []
    for number, minute in sorted(enumerate(sorted(minutes)), reverse=True):
        moment = BEGAN + timedelta(minutes=minute)
        about = {"code": None, "detail": None, "attempts": 0, "next_try_at": None, "document_id": None}
        sending = Sending(
            sending_id=new_id(),
            kind=kind,
            state=ConsignmentState.WAITING,
            school_id=None,
            ordered_at=moment,
            changed_at=moment,
            **about,
        )
        found.append(Found(sending, str(number)))
    return found


def answered(found: list[Found], after: str, limit: int) -> Stream:
    left = [one for one in found if after == NOTHING or int(one.cursor) < int(after)]
    return Stream(left[:limit], len(left) >= limit)


@given(st.lists(st.integers(0, 50), max_size=30), st.lists(st.integers(0, 50), max_size=30), st.integers(1, 9))
def test_page_by_page_everything_comes_once_and_in_order(letters: list[int], jobs: list[int], limit: int) -> None:
    both = (held(SendingKind.LETTER, letters), held(SendingKind.SIGNATURE, jobs))
    seen: list[Sending] = []
    places = [NOTHING, NOTHING]
    while True:
        streams = [(answered(found, after, limit), after) for found, after in zip(both, places, strict=True)]
        page: SendingPage = merged(streams[0], streams[1], limit)
        assert len(page.items) <= limit
        seen += page.items
        if page.next is None:
            break
        places = page.next.split("|")
    assert len({one.sending_id for one in seen}) == len(seen) == len(letters) + len(jobs)
    assert [one.ordered_at for one in seen] == sorted((one.ordered_at for one in seen), reverse=True)


def test_a_service_that_does_not_answer_is_named_and_its_place_is_kept() -> None:
    letters = held(SendingKind.LETTER, [1, 2, 3])
    page = merged((Stream(letters[:2], has_more=True), NOTHING), (None, "kept"), 2, ("signing",))
    assert page.missing == ("signing",)
    assert page.next == f"{letters[1].cursor}|kept"


@pytest.mark.parametrize("cursor", ["x", "1", "|", "1|x", "-1|-", "1|-|2"])
def test_a_place_that_is_none_is_said_so(cursor: str) -> None:
    with pytest.raises(Declined, match="bad-cursor"):
        _places(cursor)
