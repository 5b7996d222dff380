"""Norwegian identity numbers: whether their check digits are right, and whether they are synthetic."""

from __future__ import annotations

from datetime import date
from typing import Final

_ORGANISATION: Final = (3, 2, 7, 6, 5, 4, 3, 2)
_BIRTH_FIRST: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_BIRTH_SECOND: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
SYNTHETIC_MONTH: Final = 80
# Individual numbers from 500 belong to people born in this century, those below to people born in the last one.
_THIS_CENTURY: Final = 500


def check_digit(digits: str, weights: tuple[int, ...]) -> int | None:
    """The modulus 11 check digit; none where the number has no valid one."""
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return None if rest == 1 else (11 - rest) % 11


def is_organisation_number(number: str) -> bool:
    """Nine digits, the last of them right."""
    has_digits = len(number) == len(_ORGANISATION) + 1 and number.isdecimal()
    return has_digits and str(check_digit(number[:-1], _ORGANISATION)) == number[-1]


def is_synthetic_birth_number(number: str) -> bool:
    """Eleven digits with a real date, 80 added to the month, and both check digits right."""
    if len(number) != len(_BIRTH_SECOND) + 1 or not number.isdecimal():
        return False
    first, second = check_digit(number[:9], _BIRTH_FIRST), check_digit(number[:10], _BIRTH_SECOND)
    if number[9:] != f"{first}{second}":
        return False
    try:
        birth_date(number)
    except ValueError:
        return False
    return True


def birth_date(number: str) -> date:
    """The date in a synthetic birth number. Raises ValueError where there is none."""
    century = 2000 if int(number[6:9]) >= _THIS_CENTURY else 1900
    return date(century + int(number[4:6]), int(number[2:4]) - SYNTHETIC_MONTH, int(number[:2]))
