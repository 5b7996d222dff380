"""What an answer means: go on, try again later, or a person must act (R5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from archiver.core import OutcomeUnknown
from sikkersak.errors import Declined, Transient
from sikkersak.observability.scrubbing import masked

BUSY = frozenset({408, 425, 429, 503})
LONGEST_TEXT = 200
SHORTEST_WORD = 3
# What carries no personal data: codes, keys, algorithms; everything else we sent is taken out of the core's answer.
CODED = frozenset({"kode", "kodenavn", "mimeType", "sjekksum", "sjekksumAlgoritme", "virksomhetsspesifikkeMetadata"})
TEXTS = {
    400: ("archive-rejected", "Arkivet avviste innholdet"),
    403: ("archive-forbidden", "Arkivet tillater ikke dette"),
    404: ("archive-not-found", "Arkivet finner ikke enheten"),
    409: ("archive-conflict", "Enheten er endret i arkivet"),
    412: ("archive-conflict", "Enheten er endret i arkivet"),
    422: ("archive-storage", "Arkivet fikk ikke lagret innholdet"),
    501: ("archive-unsupported", "Arkivet støtter ikke dette"),
}


def judge(response: httpx.Response, step: str, sent: object) -> None:
    """Returns for an answer that is good.

    :raises Transient: busy or broken; `OutcomeUnknown` when a change may have happened all the same.
    :raises Declined: a refusal, with the core's own words without anything we sent.
    """
    status = response.status_code
    if response.is_success:
        return
    if status in BUSY:
        raise Transient(f"archive: {status} at {step}", retry_after=asked_wait(response))
    if response.is_server_error and status != httpx.codes.NOT_IMPLEMENTED:
        if response.request.method == "GET":
            raise Transient(f"archive: {status} at {step}", retry_after=asked_wait(response))
        raise OutcomeUnknown(step, f"archive: {status} at {step}", retry_after=asked_wait(response))
    code, text = TEXTS.get(status, TEXTS[400])
    said = redacted(error_text(response), sent)
    raise Declined(code, f"{text} ({status}): {said}" if said else f"{text} ({status}).")


def asked_wait(response: httpx.Response) -> timedelta | None:
    """Retry-After, in seconds or as a date."""
    given = response.headers.get("Retry-After", "").strip()
    if given.isdecimal():
        return timedelta(seconds=int(given))
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(moment.astimezone(UTC) - datetime.now(UTC), timedelta())


def error_text(response: httpx.Response) -> str:
    """`feil.beskrivelse`; nothing of any other body."""
    try:
        body = response.json()
    except ValueError:
        return ""
    fault = body.get("feil") if isinstance(body, Mapping) else None
    text = fault.get("beskrivelse") if isinstance(fault, Mapping) else None
    return text if isinstance(text, str) else ""


def redacted(text: str, sent: object) -> str:
    """The text without anything that stood in what we sent, short enough for a line."""
    values = sorted(set(personal(sent)), key=len, reverse=True)
    words = {word for value in values for word in re.findall(r"\w+", value) if len(word) >= SHORTEST_WORD}
    for value in (*values, *sorted(words, key=len, reverse=True)):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "*****", text, flags=re.IGNORECASE)
    return masked(" ".join(text.split()))[:LONGEST_TEXT]


def personal(value: Any) -> Iterator[str]:
    """Every text in a body that is not a code."""
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in CODED:
                yield from personal(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from personal(inner)
