"""When the next call is permitted: the service's word, on our clock (portal flow, polling rules)."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from signing.digdir.answers import Unreadable, read_time

NEXT_POLL: Final = "X-Next-permitted-poll-time"
BLOCKED: Final = timedelta(seconds=30)
# Early by a fraction of a second counts as early, and repeated early polls are punished with longer waits.
_DATE_RESOLUTION: Final = timedelta(seconds=1)
_MARGIN: Final = timedelta(milliseconds=750)
# The container's signing time must be right within five seconds; `Date` is cut to whole ones.
CLOCK_TOLERANCE: Final = timedelta(seconds=5)
_EMPTY_QUEUE: Final = timedelta(minutes=10)


def next_poll(response: httpx.Response, received_at: datetime) -> datetime:
    """The moment, on our clock, before which the queue may not be polled again.

    The header is on the server's clock, so the wait is counted from the response's own `Date`. Without the header an
    answer with a change permits the next poll at once, an empty queue ten minutes later.
    """
    permitted = _permitted(response)
    if permitted is None:
        return received_at if response.status_code == httpx.codes.OK else received_at + _EMPTY_QUEUE
    wait = permitted - _server_time(response, received_at)
    if response.status_code == httpx.codes.OK and wait < _DATE_RESOLUTION:
        return received_at  # at once, as after every change; the rest is `Date`, which is cut to whole seconds
    return received_at + wait + _MARGIN if wait > timedelta() else received_at


def names_next_poll(response: httpx.Response) -> bool:
    """Whether the answer says when to come again; a 429 that does not comes from the rate limiter."""
    return NEXT_POLL in response.headers


def clock_off(response: httpx.Response, received_at: datetime) -> timedelta:
    """How far our clock and the service's are from each other, by the answer's own `Date`; whole seconds at best."""
    return abs(_server_time(response, received_at) - received_at)


def _permitted(response: httpx.Response) -> datetime | None:
    header = response.headers.get(NEXT_POLL)
    if header is None:
        return None
    try:
        return read_time(header)
    except Unreadable:
        return None


def _server_time(response: httpx.Response, received_at: datetime) -> datetime:
    header = response.headers.get("Date")
    if header is None:
        return received_at
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return received_at
    return moment if moment.tzinfo is not None else received_at
