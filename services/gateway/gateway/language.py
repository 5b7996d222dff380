"""Which language somebody is answered in: bokmål as the services say it, nynorsk and English from tables by code."""

from __future__ import annotations

import json
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Final

BOKMAAL: Final = "nb"
# What a browser may call each; the general code for Norwegian means bokmål.
_KNOWN: Final = {"nb": "nb", "no": "nb", "nn": "nn", "en": "en"}
_TEXTS: Final = Path(__file__).parent / "texts"
HIDDEN: Final = "-not-found"
spoken: ContextVar[str] = ContextVar("spoken", default=BOKMAAL)
"""The language of the request that is being answered."""


def chosen(accept_language: str | None) -> str:
    """The best of ours by the header's weights (RFC 9110 §12.5.4); bokmål when none of ours is in it."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate((accept_language or "").split(",")[:20]):
        tag, _, parameter = part.strip().partition(";")
        language = _KNOWN.get(tag.strip().lower().partition("-")[0])
        weight = _weight(parameter)
        if language and weight > 0:
            weighed.append((-weight, place, language))
    return min(weighed)[2] if weighed else BOKMAAL


def title(status: int, said: str) -> str:
    """The kind of a problem."""
    return str(_table("titles").get(str(status), said))


def detail(code: str, said: str) -> str:
    """What to do about a problem; in bokmål where the table has no text, because a text that says more has parts put in."""
    table = _table("details")
    general = table.get("not-found-or-hidden", said) if code.endswith(HIDDEN) else said
    return str(table.get(code, general))


def field(kind: str, said: str) -> str:
    """What is wrong with a field."""
    table = _table("fields")
    return str(table.get(kind, table.get("other", said)))


def _table(name: str) -> dict[str, Any]:
    language = spoken.get()
    return {} if language == BOKMAAL else _tables(language)[name]


@cache
def _tables(language: str) -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = json.loads((_TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return read


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
