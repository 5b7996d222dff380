"""The keyed hash that stands for a person wherever the product must find somebody by national identity number (M29).

One recipe for all who need it: HMAC-SHA-256 of the eleven digits, in lower-case hexadecimal. Only someone with the key
can go from number to hash, and nobody back.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

SHORTEST_KEY: Final = 32
_DIGITS: Final = re.compile(r"[0-9]{11}")
_FIRST_CHECK: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND_CHECK: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def lookup(number: str, key: bytes) -> str:
    """The hash of a national identity number, 64 hexadecimal digits.

    `ValueError`, which never quotes the number or the key, for anything but eleven ASCII digits and 256 bits of key.
    """
    if len(key) < SHORTEST_KEY:
        raise ValueError("the key for identity lookups must have at least 32 bytes")
    if not _DIGITS.fullmatch(number):
        raise ValueError("a national identity number has eleven digits")
    return hmac.new(key, number.encode("ascii"), hashlib.sha256).hexdigest()


def lookup_key(secret: str) -> bytes:
    """The key as its secret file holds it: at least 64 hexadecimal digits. `ValueError` at start for anything else."""
    try:
        key = bytes.fromhex(secret.strip())
    except ValueError:
        # The original error would quote the secret.
        raise ValueError("the key for identity lookups must be hexadecimal") from None
    if len(key) < SHORTEST_KEY:
        raise ValueError("the key for identity lookups must have at least 32 bytes")
    return key


def has_check_digits(number: str) -> bool:
    """Whether it is eleven digits of which the last two follow from the rest; synthetic numbers have them too."""
    if not _DIGITS.fullmatch(number):
        return False
    digits = [int(digit) for digit in number]
    return all(
        sum(weight * digit for weight, digit in zip(weights, digits, strict=False)) % 11 == 0
        for weights in (_FIRST_CHECK, _SECOND_CHECK)
    )
