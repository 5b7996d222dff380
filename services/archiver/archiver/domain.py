"""What the archiver decides: states of a delivery, what is settled, and how long until the next try."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sikkersak.contracts.archiver import DeliveryKind, DeliveryState
from sikkersak.errors import Declined

S = DeliveryState
MOVES: Final[dict[DeliveryState, frozenset[DeliveryState]]] = {
    S.WAITING: frozenset({S.CONVERTING, S.DELIVERING, S.RETRYING, S.ARCHIVED, S.DECLINED}),
    S.CONVERTING: frozenset({S.CONVERTING, S.DELIVERING, S.RETRYING, S.DECLINED}),
    S.DELIVERING: frozenset({S.DELIVERING, S.RETRYING, S.ARCHIVED, S.DECLINED}),
    S.RETRYING: frozenset({S.CONVERTING, S.DELIVERING, S.RETRYING, S.ARCHIVED, S.DECLINED, S.WAITING}),
    S.DECLINED: frozenset({S.WAITING, S.GIVEN_UP}),
    S.GIVEN_UP: frozenset({S.WAITING}),
    S.ARCHIVED: frozenset(),
}
SETTLED: Final = frozenset({S.ARCHIVED, S.DECLINED, S.GIVEN_UP})
RETRYABLE: Final = frozenset({S.DECLINED, S.GIVEN_UP, S.RETRYING})

# What the log shows as the next try; the ladder of the queue keeps the same times.
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 7200))


class NotRetryable(Declined):
    """Only what failed can be sent again."""

    def __init__(self) -> None:
        super().__init__(
            "delivery-not-retryable", "Leveringen er arkivert eller underveis, og kan ikke sendes på nytt."
        )


def pause_after(attempts: int) -> timedelta:
    """How long until the next try, after so many."""
    return PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]


def needs_rendering(kind: DeliveryKind) -> bool:
    """Evidence of a signature is archived as it is (M20), and a closing brings no document."""
    return kind is DeliveryKind.RECORD
