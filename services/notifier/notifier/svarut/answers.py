"""What answers of SvarUt and Maskinporten mean for us (SvarUt §4.10, Maskinporten's error codes)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import httpx

from notifier.trouble import NotLetIn, OutcomeUnknown, asked_pause, passes
from sikkersak.errors import Declined

DUPLICATE_CODE: Final = "GJENTAGENDE_FORSENDELSE"
DUPLICATE_SENTENCE: Final = "Forsendelse med samme mottaker"
LOCKED_OUT: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
# SvarUt's sentences, our code, and what a person can do about it. SvarUt's own words are never shown: they may name people.
REFUSALS: Final = (
    ("passordbeskyttet", "password-protected", "Et dokument er passordbeskyttet og kan ikke sendes."),
    ("Feil under lesing av", "unreadable-document", "SvarUt kan ikke lese et av dokumentene."),
    ("Kan ikke lagre tomt dokument", "empty-document", "Et av dokumentene er tomt."),
    ("for store", "too-large", "Dokumentene er for store til å sendes."),
    ("digitalId", "bad-receiver", "Mottakerens fødselsnummer eller organisasjonsnummer er ikke gyldig."),
    ("mottaker", "bad-receiver", "SvarUt godtar ikke mottakeren. Kontroller navn, nummer og adresse."),
)


class AlreadySent(Declined):
    """SvarUt has a letter with the same receiver, title and files. Ours, or a look-alike: the reference tells."""

    def __init__(self) -> None:
        super().__init__(
            "duplicate-letter",
            "SvarUt har alt fått et likt brev til samme mottaker. Endre tittel eller innhold for å sende det igjen.",
        )


def judge(response: httpx.Response) -> None:
    """Returns for a good answer, and raises what any other one means."""
    status = response.status_code
    if response.is_success:
        return
    if status in LOCKED_OUT:
        raise NotLetIn(f"SvarUt answered {status}{_error_id(response)}")
    if passes(status):
        raise OutcomeUnknown(f"SvarUt answered {status}{_error_id(response)}", retry_after=asked_pause(response))
    raise _refusal(response)


def _refusal(response: httpx.Response) -> Declined:
    body = _body(response)
    message = str(body.get("message") or "")
    if body.get("errorCode") == DUPLICATE_CODE or message.startswith(DUPLICATE_SENTENCE) or "Duplikat" in message:
        return AlreadySent()
    reference = _error_id(response, "Feil-id hos SvarUt: {}.")
    for sentence, code, detail in REFUSALS:
        if sentence in message:
            return Declined(code, f"{detail} {reference}".strip())
    return Declined("letter-refused", f"SvarUt tok ikke imot brevet. {reference}".strip())


def _error_id(response: httpx.Response, form: str = ", error id {}") -> str:
    """KS's own reference to the error. Only a real id: anything else may be somebody's name."""
    try:
        return form.format(UUID(str(_body(response).get("errorId"))))
    except ValueError:
        return ""


def _body(response: httpx.Response) -> dict[str, Any]:
    """The error object, empty where the answer came from something between that speaks no JSON."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
