"""From when to when something counts, in days as people say them (M15, M16, R12)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sikkersak.clock import OSLO
from sikkersak.errors import Declined


class BackwardPeriod(Declined):
    """It would end before it begins."""

    def __init__(self) -> None:
        super().__init__("backward-period", "Til-datoen er før fra-datoen.", status=422)


def validity(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """The moments between which it counts: from the first day's beginning to the last day's end in Norway."""
    if first is not None and last is not None and last < first:
        raise BackwardPeriod
    return (
        _midnight(first) if first is not None else None,
        _midnight(last + timedelta(days=1)) if last is not None else None,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), OSLO).astimezone(UTC)
