"""Working days in Norway: not Saturdays, Sundays, nor public holidays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

FIXED: Final = frozenset({(1, 1), (5, 1), (5, 17), (12, 25), (12, 26)})
# Maundy Thursday, Good Friday, Easter Monday, Ascension Day, Whit Monday, in days from Easter Sunday.
BY_EASTER: Final = frozenset({-3, -2, 1, 39, 50})


def is_working_day(day: date) -> bool:
    """Whether offices are open."""
    return day.weekday() < 5 and (day.month, day.day) not in FIXED and (day - easter(day.year)).days not in BY_EASTER


def after(day: date, count: int) -> date:
    """The `count`th working day after this one: the day itself is not counted."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def between(first: date, last: date) -> int:
    """Working days after `first` up to and with `last`; below 0 when `last` has gone."""
    if last < first:
        return -between(last, first)
    return sum(is_working_day(first + timedelta(days=offset)) for offset in range(1, (last - first).days + 1))


def easter(year: int) -> date:
    """Easter Sunday (Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    epact = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (year % 19 + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
