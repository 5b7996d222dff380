"""What every answer gets and every request passes: a reference, security headers, a limit to the body, and a last catch."""

from __future__ import annotations

import re
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import language
from gateway.problems import json_answer, problem_of
from sikkersak.ids import new_id

TOO_LARGE: Final = 413
API: Final = "/api"
API_POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
# What takes a file: it lets nothing in before it knows who sends it, and keeps none in memory.
TAKES_FILES: Final = re.compile(r"/api/v1/(uploads|brought-in-mail)")
ONE_YEAR: Final = "max-age=31536000; includeSubDomains"
log = structlog.get_logger(__name__)


class Protection:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, *, is_https: bool, largest_body: int, largest_upload: int) -> None:
        """Both in bytes; `largest_upload` is for the addresses that take files."""
        self._app = app
        self._is_https = is_https
        self._largest_body = largest_body
        self._largest_upload = largest_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reference = str(new_id())
        language.spoken.set(language.chosen(Headers(scope=scope).get("accept-language")))
        with structlog.contextvars.bound_contextvars(correlation_id=reference):
            answer = _Answer(send, self._headers(scope["path"], reference))
            try:
                await self._inner(scope, receive, answer)
            except Exception as bug:  # the last catch: a bug, or an answer broken off in the middle
                log.exception("request_failed", method=scope["method"], exception_type=type(bug).__name__)
                await answer.close(scope, receive, bug)

    async def _inner(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        largest = self._largest_upload if TAKES_FILES.fullmatch(scope["path"]) else self._largest_body
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > largest:
            problem, headers = problem_of(HTTPException(TOO_LARGE if declared.isdecimal() else 400))
            await json_answer(problem, {**headers, "Connection": "close"})(scope, receive, answer)
            return
        await self._app(scope, _limited(receive, largest), answer)

    def _headers(self, path: str, reference: str) -> dict[str, str]:
        headers = ALWAYS | {
            "X-Correlation-Id": reference,
            "Content-Security-Policy": API_POLICY if path.startswith(API) else PAGE_POLICY,
        }
        return headers | {"Strict-Transport-Security": ONE_YEAR} if self._is_https else headers


class _Answer:
    """Sends on, with headers that the resource has not set itself, and remembers how far it came."""

    def __init__(self, send: Send, headers: dict[str, str]) -> None:
        self._send = send
        self._headers = headers
        self._is_begun = False
        self._is_whole = False

    async def __call__(self, message: Message) -> None:
        """One part of the answer."""
        if message["type"] == "http.response.start":
            self._is_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        elif message["type"] == "http.response.body":
            self._is_whole = not message.get("more_body", False)
        await self._send(message)

    async def close(self, scope: Scope, receive: Receive, failure: Exception) -> None:
        """After a failure: a problem where nothing is sent yet; a broken connection where half a file is."""
        if not self._is_begun:
            problem, headers = problem_of(failure)
            await json_answer(problem, headers)(scope, receive, self)
        elif not self._is_whole:
            raise failure


def _limited(receive: Receive, largest: int) -> Receive:
    """Counts what really comes: a body in pieces declares no length."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > largest:
            raise HTTPException(TOO_LARGE)
        return message

    return counted
