"""Every error as problem details (RFC 9457), in the user's words, and never with a value that somebody sent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway import language
from gateway.limits import TooMany
from gateway.machines.tokens import TokenRefused
from sikkersak.contracts.message import Operation
from sikkersak.errors import Declined, Transient

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 5
MOST_FIELDS: Final = 50

TITLES: Final[Mapping[int, str]] = {
    400: "Forespørselen er ufullstendig",
    401: "Du er ikke logget inn",
    403: "Du har ikke tilgang til dette",
    404: "Finnes ikke",
    405: "Kan ikke gjøres her",
    408: "For lang tid",
    409: "Kan ikke gjøres nå",
    412: "Endret av noen andre",
    413: "For stort",
    415: "Innholdstypen kan ikke brukes",
    416: "Området finnes ikke i filen",
    422: "Noe er fylt ut feil",
    428: "Versjonen mangler",
    429: "For mange forespørsler",
    500: "Noe gikk galt hos oss",
    502: "Et annet system svarte feil",
    503: "Opptatt akkurat nå",
}
_HTTP_CODES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad-request", "Forespørselen kan ikke leses."),
    404: ("not-found", "Adressen finnes ikke."),
    405: ("method-not-allowed", "Adressen finnes, men kan ikke brukes på denne måten."),
    408: ("upload-broken-off", "Filen kom ikke helt frem. Send den på nytt."),
    413: ("body-too-large", "Innholdet er større enn det som kan sendes hit."),
    415: ("media-type-not-supported", "Send innholdet som application/json."),
}
VERSION_REQUIRED: Final = (
    "Send If-Match med versjonen du leste, eller If-None-Match: * for å opprette det som ikke finnes."
)
_REQUIRED_HEADERS: Final[Mapping[str, tuple[int, str, str]]] = {
    "idempotency-key": (
        400,
        "idempotency-key-required",
        "Send Idempotency-Key: en ny, tilfeldig verdi per handling (8–200 tegn), den samme når du prøver igjen.",
    ),
    "if-none-match": (428, "version-required", VERSION_REQUIRED),
    "if-match": (428, "if-match-required", 'Send If-Match med versjonen du leste, for eksempel "3".'),
}
_FIELD_TEXTS: Final[Mapping[str, str]] = {
    "missing": "mangler",
    "extra_forbidden": "er ikke et felt her",
    "string_too_short": "er for kort",
    "string_too_long": "er for lang",
    "string_pattern_mismatch": "har feil form",
    "json_invalid": "er ikke gyldig JSON",
    "enum": "er ikke en av verdiene som kan brukes",
    "uuid_parsing": "er ikke en gyldig id",
    "greater_than_equal": "er for liten",
    "less_than_equal": "er for stor",
}
_SCHEMA: Final = {"$ref": "#/components/schemas/Problem"}


class FieldProblem(BaseModel):
    """What is wrong with one field. The value is not repeated: it may be somebody's name."""

    field: str = Field(description="where, for example body.title")
    code: str = Field(description="what is wrong, stable")
    detail: str = Field(description="what is wrong, in the language that Accept-Language asks for: nb, nn or en")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(description="the kind of problem: urn:problem:sikkersak: and the code")
    title: str = Field(description="the kind in words, in the same language")
    status: int = Field(description="the HTTP status")
    detail: str = Field(description="what to do about it; in bokmål where a text is not translated")
    code: str = Field(description="stable, in kebab case; what programs should look at")
    instance: str = Field(description="reference to this very answer; tell it to support")
    fields: list[FieldProblem] | None = Field(default=None, description="the fields that are wrong, with status 422")


def problem_of(failure: Exception) -> tuple[Problem, dict[str, str]]:
    """The problem that a failure is to whoever asked, and the headers that go with it."""
    if isinstance(failure, RequestValidationError):
        return _of_validation(failure.errors()), {}
    if isinstance(failure, ValidationError) and failure.title in _asked():
        return _of_validation(failure.errors()), {}
    if isinstance(failure, TooMany):
        return make(failure.status, failure.code, failure.detail), {"Retry-After": str(failure.wait)}
    if isinstance(failure, Declined):
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if isinstance(failure, TokenRefused) else {}
        return make(failure.status, failure.code, failure.detail), headers
    if isinstance(failure, Transient):
        wait = failure.retry_after.total_seconds() if failure.retry_after else RETRY_AFTER_SECONDS
        text = "Tjenesten er opptatt. Prøv igjen om litt."
        return make(503, "try-again", text), {"Retry-After": str(max(1, math.ceil(wait)))}
    if isinstance(failure, HTTPException):
        code, text = _HTTP_CODES.get(failure.status_code, (f"http-{failure.status_code}", "Kan ikke gjøres."))
        return make(failure.status_code, code, text), dict(failure.headers or {})
    return make(500, "internal-error", "Feilen er meldt. Oppgi referansen hvis du kontakter brukerstøtte."), {}


@cache
def _asked() -> frozenset[str]:
    """The names of what the owners are asked: what such a request may not hold is the asker's to mend, not a bug."""
    return frozenset(asked.__name__ for asked in Operation.catalogue.values())


def make(status: int, code: str, detail: str, fields: list[FieldProblem] | None = None) -> Problem:
    """A problem with the reference of the request that is being answered."""
    kind = status if status in TITLES else 500 if status >= 500 else 409
    reference = structlog.contextvars.get_contextvars().get("correlation_id", "")
    return Problem(
        type=f"urn:problem:sikkersak:{code}",
        title=language.title(kind, TITLES[kind]),
        status=status,
        detail=language.detail("invalid-fields" if fields else code, detail),
        code=code,
        instance=f"urn:uuid:{reference}" if reference else "",
        fields=fields,
    )


def json_answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The problem as RFC 9457 wants it."""
    body = problem.model_dump(exclude_none=True)
    told = {"Content-Language": language.spoken.get(), "Vary": "Accept-Language", **(headers or {})}
    return JSONResponse(body, problem.status, headers=told, media_type=MEDIA_TYPE)


async def answer_with_problem(request: Request, failure: Exception) -> Response:
    """The exception handler of the API."""
    del request
    problem, headers = problem_of(failure)
    return json_answer(problem, headers)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says about problems: those that any resource may answer, and the given ones."""
    return {
        status: {"description": TITLES[status], "model": Problem}
        for status in sorted({401, 403, 422, 429, 500, 503, *statuses})
    }


ACT: Final = documented(400, 404, 409)
"""Of what is done to a thing that is there."""
READ_ACT: Final = documented(400, 404, 409, 412, 428)
"""Of what is done to a thing as it was read."""


def say_media_type(described: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with problems under their own media type; the framework writes every model as plain JSON."""
    for methods in described["paths"].values():
        for operation in methods.values():
            if "requestBody" in operation:
                _describe_body_problems(operation["responses"])
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                if content.get("application/json", {}).get("schema") == _SCHEMA:
                    content[MEDIA_TYPE] = content.pop("application/json")
    return described


def _describe_body_problems(responses: dict[str, Any]) -> None:
    """What any body can lead to: unreadable, about something that is not there, not possible now, too large."""
    for status in (400, 404, 409, 413):
        said = {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": dict(_SCHEMA)}}}
        responses.setdefault(str(status), said)


def _of_validation(errors: Sequence[Any]) -> Problem:
    for error in errors:
        place = [str(part).lower() for part in error["loc"]]
        if place[0] == "header" and place[-1] in _REQUIRED_HEADERS:
            return make(*_REQUIRED_HEADERS[place[-1]])
    fields = [_field(error) for error in errors[:MOST_FIELDS]]
    return make(422, "invalid-request", "Se hvilke felt som er feil, rett dem og send på nytt.", fields)


def _field(error: Any) -> FieldProblem:
    """Only the place and the kind: pydantic's own message may quote the value."""
    place = ".".join(str(part)[:60] for part in error["loc"])
    text = language.field(error["type"], _FIELD_TEXTS.get(error["type"], "har en verdi som ikke kan brukes"))
    return FieldProblem(field=place, code=str(error["type"]).replace("_", "-"), detail=text)
