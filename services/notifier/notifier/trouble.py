"""Trouble that every carrier can give, and how long it asks us to wait."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Final

import httpx

from sikkersak.errors import Transient

PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
FIRST_SERVER_ERROR: Final = 500


class OutcomeUnknown(Transient):
    """The answer was lost, or was that of something between: the carrier may have it. Look before sending again."""


class NotLetIn(Transient):
    """The carrier refuses our credentials or set-up. Nothing is wrong with what is sent: it waits, the circuit opens."""

    def __init__(self, reason: str, code: str = "carrier-refuses-us") -> None:
        super().__init__(reason)
        self.code = code


def passes(status: int) -> bool:
    """Whether an answer with this HTTP status may be another one later."""
    return status in PASSING or status >= FIRST_SERVER_ERROR


def asked_pause(response: httpx.Response) -> timedelta | None:
    """Retry-After in seconds, where it was given so."""
    asked = response.headers.get("retry-after", "")
    return timedelta(seconds=int(asked)) if asked.isdecimal() else None
