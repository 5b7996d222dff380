"""What SvarUt's answers mean."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from notifier.svarut.answers import AlreadySent, judge
from notifier.trouble import NotLetIn, OutcomeUnknown
from sikkersak.errors import Declined

ERROR_ID = "5b0b5f0c-7c55-4f0e-9b4f-0c1f6a3c2d11"


def answer(status: int, message: str = "", **body: Any) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "message": message, "errorId": ERROR_ID, **body})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_passes_leaves_the_outcome_unknown(status: int) -> None:
    with pytest.raises(OutcomeUnknown, match=ERROR_ID):
        judge(answer(status))


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_closed_door_is_about_us_and_not_about_the_letter(status: int) -> None:
    with pytest.raises(NotLetIn):
        judge(answer(status))


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Feil under lesing av Kari Prøve.pdf: dokumentet er passordbeskyttet", "password-protected"),
        ("Feil under lesing av Kari Prøve.pdf", "unreadable-document"),
        ("Kan ikke lagre tomt dokument", "empty-document"),
        ("Ugyldig innhold: mottaker.digitalId er ikke et gyldig fødselsnummer", "bad-receiver"),
        ("Noe annet om Kari Prøve", "letter-refused"),
    ],
)
def test_a_refusal_has_our_code_and_words_and_never_theirs(message: str, code: str) -> None:
    with pytest.raises(Declined) as refused:
        judge(answer(400, message))
    assert refused.value.code == code
    assert "Prøve" not in refused.value.detail
    assert ERROR_ID in refused.value.detail


@pytest.mark.parametrize(
    "response",
    [
        answer(400, errorCode="GJENTAGENDE_FORSENDELSE"),
        answer(400, "Forsendelse med samme mottaker, tittel, avsender og filer er forsøkt sendt tidligere"),
    ],
)
def test_a_duplicate_is_told_by_code_or_by_sentence(response: httpx.Response) -> None:
    with pytest.raises(AlreadySent):
        judge(response)


@pytest.mark.parametrize(
    "body", ["<html>Bad gateway</html>", "null", '"text"', '{"errorJson": {"a": 1}, "errorId": 7}']
)
def test_a_body_that_is_no_error_object_is_no_bug(body: str) -> None:
    with pytest.raises(Declined, match="letter-refused"):
        judge(httpx.Response(422, text=body))
    with pytest.raises(OutcomeUnknown):
        judge(httpx.Response(502, text=body))


def test_the_pause_that_was_asked_for_is_kept() -> None:
    with pytest.raises(OutcomeUnknown) as later:
        judge(httpx.Response(429, headers={"Retry-After": "90"}))
    assert later.value.retry_after == timedelta(seconds=90)
