"""The web application: the API under `/api/v1`, the staff's pages beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gateway import api, pages, scim
from gateway.problems import answer_with_problem, say_media_type
from gateway.protection import API, Protection
from gateway.reception import Reception
from sikkersak.errors import Declined, Transient

Answering = Callable[[Request, Exception], Awaitable[Response]]
DESCRIPTION: Final = """\
The staff API of Sikker Sak. Log in at `/login` in a browser; the session is a cookie. Requests that change something
carry `X-CSRF-Token` from `GET /api/v1/me`, and every POST an `Idempotency-Key` of its own: the same key with the same
content gets the same answer and has its effect once. Lists are paged: send `next` back as `cursor`.
Every error is problem details (RFC 9457) with a stable `code`; 503 says in `Retry-After` when to try again.
"""


def make_app(reception: Reception) -> ASGIApp:
    """The application around a reception."""
    app = FastAPI(
        title="Sikker Sak",
        version="1",
        summary="Mail, cases, documents, archive log",
        description=DESCRIPTION,
        openapi_url=f"{API}/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry={"metrics": False, "logs": False, "operation_spans": False},  # one span for each request is enough
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.reception = reception
    api.mount(app)
    describe = app.openapi
    app.openapi = lambda: say_media_type(describe())  # type: ignore[method-assign]
    scim.mount(app)
    pages.mount(app)
    for failure in (Declined, Transient, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(failure, _answer)
    return Protection(
        app,
        is_https=reception.cookies.is_https,
        largest_body=reception.largest_body,
        largest_upload=reception.largest_upload,
    )


async def _answer(request: Request, failure: Exception) -> Response:
    """Programs get a problem, people a page that says the same."""
    is_for_people = not request.url.path.startswith(API) and request.url.path not in pages.FOR_PROGRAMS
    answering: Answering = pages.answer_with_page if is_for_people else answer_with_problem
    return await answering(request, failure)
