"""The error object of KS's platform, used by SvarUt and, as far as is known, SvarInn (SvarUt REST §4.10)."""

from __future__ import annotations

import time
import uuid
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

FIRST_SERVER_ERROR = 500
PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Refused(Exception):
    """A request the service says no to: becomes the error object."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


def error_response(path: str, refused: Refused) -> Response:
    """The error object, with a fresh `errorId`."""
    body = {
        "timestamp": int(time.time() * 1000),
        "status": refused.status,
        "error": PHRASES.get(refused.status, "Error"),
        "errorId": str(uuid.uuid4()),
        "path": path,
        "originalPath": None,
        "message": refused.message,
        "errorCode": refused.code,
        "errorJson": None,
    }
    return JSONResponse(body, refused.status)


async def answer_refused(request: Request, error: Exception) -> Response:
    """Starlette's handler for `Refused`."""
    assert isinstance(error, Refused)
    response = error_response(request.url.path, error)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Basic realm="SvarUt"'
    return response


def refusal(status: int, path: str) -> Response:
    """What a fault answers."""
    return error_response(
        path, Refused(status, "Tjenesten kan ikke svare nå" if status >= FIRST_SERVER_ERROR else "Avvist")
    )
