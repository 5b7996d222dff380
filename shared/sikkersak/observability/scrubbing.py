"""What may not stand in a log is taken out here, at the last step, whoever wrote it (R3).

Keys that name personal data or secrets lose their value. In every other text national numbers, e-mail addresses, and
the credentials and queries of URLs are masked. This is the net under the rule, not the rule: names in running text
cannot be told from other words, so nobody logs what people wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

REMOVED: Final = "[removed]"
LONGEST: Final = 1000
DEEPEST: Final = 5

# A key is denied when it, or the last of its words, is here: `name`, `pupil_name`, `fileName`, `Subject`.
DENIED: Final = frozenset(
    """
    name names firstname lastname fullname navn title tittel pid fnr ssn birthnumber nationalid nationalnumber birthdate
    birthday address addresses adresse email mail phone mobile telephone body content payload text subject emne filename
    remark comment note query url uri password passphrase secret token authorization cookie credential credentials dsn
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
DENIED_PAIRS: Final = frozenset(
    {"birth_number", "national_id", "national_number", "birth_date", "api_key", "private_key"}
)

WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
IDENTIFIER: Final = re.compile(r"^(?:[0-9a-f]{32,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|00-[0-9a-f-]{52})$")
MASKS: Final = (
    (re.compile(r"(?<!\d)\d{6}[ .-]?\d{5}(?!\d)"), "[national-number]"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}"), "[e-mail]"),
)
USERINFO: Final = re.compile(r"(?<=://)[^/@\s]+@")
QUERY: Final = re.compile(r"(\w+://[^\s?#'\"]+|(?<![^\s'\"])/[\w./%-]+)\?[^\s'\"]*")
PLAIN: Final = (bool, int, float, type(None))


def is_denied(key: str) -> bool:
    """Whether a key's value must not be logged."""
    words = [word.lower() for word in WORD.findall(key)]
    if not words:
        return False
    return words[-1] in DENIED or "".join(words) in DENIED or "_".join(words[-2:]) in DENIED_PAIRS


def masked(text: str) -> str:
    """The text without national numbers, e-mail addresses, credentials and queries; cut where it is very long."""
    if IDENTIFIER.match(text):
        return text
    text = QUERY.sub(rf"\1?{REMOVED}", USERINFO.sub(f"{REMOVED}@", text[: LONGEST * 2]))
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def scrubbed(value: object, depth: int = 0) -> object:
    """The value as plain JSON with nothing in it that may not be logged; unknown objects show their type only."""
    if isinstance(value, Enum):
        return scrubbed(value.value, depth)
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, UUID | datetime | date | timedelta):
        return str(value)
    if isinstance(value, str):
        return masked(value)
    if depth >= DEEPEST:
        return REMOVED
    if isinstance(value, Mapping):
        return {
            masked(str(key)): REMOVED if is_denied(str(key)) else scrubbed(inner, depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [scrubbed(inner, depth + 1) for inner in value]
    return f"<{type(value).__name__}>"
