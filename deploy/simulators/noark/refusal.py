"""How the core says no: `{"feil": {"kode": …, "beskrivelse": …}}`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

MEDIA_TYPE = "application/vnd.noark5+json"


class Refused(Exception):
    """A request is answered with this status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Noark5Response(JSONResponse):
    """JSON with the media type of the interface."""

    media_type = MEDIA_TYPE


def refusal(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """The error body of the interface."""
    return Noark5Response({"feil": {"kode": status, "beskrivelse": text}}, status, headers=headers)


def fault(status: int, path: str) -> Response:
    """What an ordered fault answers, wherever it was asked."""
    del path
    return refusal(
        status,
        "Tjenesten er ikke tilgjengelig" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "Avvist av arkivkjernen",
    )


async def answer_refused(request: Request, refused: Any) -> Response:
    """The exception handler."""
    del request
    challenge = (
        {"WWW-Authenticate": 'Bearer error="invalid_token"'} if refused.status == HTTPStatus.UNAUTHORIZED else None
    )
    return refusal(refused.status, refused.text, challenge)
