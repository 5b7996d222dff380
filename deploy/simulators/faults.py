"""Misbehaviour on order, the same for every stand-in: an ASGI middleware and its control calls under `/_control/`.

`Faults(app, state=…, reset=…, refusal=…)` is the outermost application and is started through `simulators.listening`,
which lets it break connections. `/_control` is never affected by a fault.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TRANSPORT = "simulators.transport"
CONTROL = "/_control"
REQUESTS_KEPT = 1000

Refusal = Callable[[int, str], Response]
State = Callable[[], Any | Awaitable[Any]]


class FaultSettings(BaseModel):
    """How the stand-in misbehaves now. What a `PUT /_control/faults` leaves out is off."""

    model_config = ConfigDict(extra="forbid")

    down: bool = Field(default=False, description="every connection is closed without an answer")
    slow_seconds: float = Field(default=0.0, ge=0, description="wait before the work begins")
    refuse_status: int | None = Field(default=None, ge=400, le=599, description="answer with this status instead")
    refuse_share: float = Field(default=1.0, ge=0, le=1, description="how many of the requests are refused")
    lose_answers: int = Field(default=0, ge=0, description="do the work, then drop the connection, n times")
    answer_twice: int = Field(default=0, ge=0, description="do the work twice, as a repeating proxy would, n times")
    cut_after_bytes: int | None = Field(default=None, ge=0, description="break off answers after so many body bytes")
    only: str | None = Field(default=None, description="regular expression: only these paths, or `METHOD path`")
    retry_after: int | None = Field(default=None, ge=0, description="seconds, in Retry-After of a refusal")

    @field_validator("only")
    @classmethod
    def is_an_expression(cls, value: str | None) -> str | None:
        """A broken expression is refused when it is set, not when it is first used."""
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value


@dataclass
class FaultPlan:
    """The settings in force, and how far they have been used up."""

    settings: FaultSettings = field(default_factory=FaultSettings)
    refused: float = 0.0

    def put(self, settings: FaultSettings) -> None:
        """Takes new settings in force."""
        self.settings, self.refused = settings, 0.0

    def affects(self, path: str) -> bool:
        """Whether `only` lets the faults touch this path."""
        return self.settings.only is None or re.search(self.settings.only, path) is not None

    def refuses(self) -> bool:
        """Whether this request is refused: an even share (0.25: every fourth), so that tests are repeatable."""
        if self.settings.refuse_status is None:
            return False
        self.refused += self.settings.refuse_share
        if self.refused < 1:
            return False
        self.refused -= 1
        return True

    def loses_answer(self) -> bool:
        """Whether this answer is to be lost; counts down."""
        if self.settings.lose_answers == 0:
            return False
        self.settings.lose_answers -= 1
        return True

    def answers_twice(self) -> bool:
        """Whether this request is to be worked on twice; counts down."""
        if self.settings.answer_twice == 0:
            return False
        self.settings.answer_twice -= 1
        return True


def plain_refusal(status: int, _path: str) -> Response:
    """A refusal as a gateway in front of the service would give it."""
    return Response(f"<html><body><h1>{status}</h1></body></html>", status, media_type="text/html")


async def drop(scope: Scope, receive: Receive) -> None:
    """Breaks the connection without a word, and comes back when the server has noticed."""
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def swallow(message: Message) -> None:
    """Takes an answer nobody shall see."""


async def whole_body(receive: Receive) -> bytes:
    """All of the request body."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(chunks)


def replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the body anew, and after that whatever the connection says."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class Faults:
    """The stand-in `app` with misbehaviour in front of it.

    `state` gives what `GET /_control/state` shows, `reset` empties the stand-in, `refusal(status, path)` makes the
    error body the real service would give. `plan` is open to stand-ins that also speak something else than HTTP.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        state: State = dict,
        reset: Callable[[], Any] = lambda: None,
        refusal: Refusal = plain_refusal,
    ) -> None:
        self.app = app
        self.plan = FaultPlan()
        self.requests: deque[dict[str, Any]] = deque(maxlen=REQUESTS_KEPT)
        self._state = state
        self._reset = reset
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, faulty or not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"].startswith(CONTROL + "/"):
            await self._control(scope, receive, send)
        else:
            await self._recorded(scope, receive, send)

    async def _recorded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keeps a line about each request: tests count them. Never a query, which may carry a secret."""
        line = {"at": time.time(), "method": scope["method"], "path": scope["path"], "status": None}
        self.requests.append(line)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                line["status"] = message["status"]
            await send(message)

        if self.plan.affects(scope["path"]) or self.plan.affects(f"{scope['method']} {scope['path']}"):
            await self._faulty(scope, receive, noting)
        else:
            await self.app(scope, receive, noting)

    async def _faulty(self, scope: Scope, receive: Receive, send: Send) -> None:
        plan = self.plan
        if plan.settings.down:
            await drop(scope, receive)
            return
        ordered = plan.settings
        await asyncio.sleep(ordered.slow_seconds)
        if plan.settings is not ordered:  # what was ordered meanwhile is for requests that come after it
            await self.app(scope, receive, send)
        elif plan.refuses():
            await whole_body(receive)
            await self._refused(scope["path"])(scope, receive, send)
        elif plan.loses_answer():
            await self.app(scope, receive, swallow)
            await drop(scope, receive)
        elif plan.answers_twice():
            body = await whole_body(receive)
            await self.app(dict(scope), replay(body, receive), swallow)
            await self.app(scope, replay(body, receive), send)
        elif plan.settings.cut_after_bytes is not None:
            await self._cut(scope, receive, send, plan.settings.cut_after_bytes)
        else:
            await self.app(scope, receive, send)

    def _refused(self, path: str) -> Response:
        settings = self.plan.settings
        response = self._refusal(settings.refuse_status or 500, path)
        if settings.retry_after is not None:
            response.headers["Retry-After"] = str(settings.retry_after)
        return response

    async def _cut(self, scope: Scope, receive: Receive, send: Send, left: int) -> None:
        """Passes the head and the first `left` bytes of the body, then breaks the connection.

        An answer that is short enough comes through whole.
        """
        cut = False

        async def measured(message: Message) -> None:
            nonlocal left, cut
            body = message.get("body", b"")
            if cut:
                return
            if len(body) <= left:
                left -= len(body)
                await send(message)
                return
            cut = True
            await send({"type": "http.response.body", "body": body[:left], "more_body": True})

        await self.app(scope, receive, measured)
        if cut:
            # What has been written must leave before the connection is broken.
            await asyncio.sleep(0.05)
            await drop(scope, receive)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = (scope["method"], scope["path"].removeprefix(CONTROL))
        match call:
            case ("GET", "/state"):
                response: Response = JSONResponse(await self._current_state())
            case ("GET", "/faults"):
                response = JSONResponse(self.plan.settings.model_dump())
            case ("PUT", "/faults"):
                response = self._put_faults(await Request(scope, receive).body())
            case ("GET", "/requests"):
                response = JSONResponse(list(self.requests))
            case ("POST", "/reset"):
                self.plan.put(FaultSettings())
                self.requests.clear()
                self._reset()
                response = Response(status_code=204)
            case _:
                await self.app(scope, receive, send)
                return
        await response(scope, receive, send)

    async def _current_state(self) -> Any:
        state = self._state()
        return await state if isinstance(state, Awaitable) else state

    def _put_faults(self, body: bytes) -> Response:
        try:
            self.plan.put(FaultSettings.model_validate_json(body))
        except ValidationError as error:
            problems = json.loads(error.json(include_url=False, include_context=False))
            return JSONResponse({"error": problems}, status_code=422)
        return JSONResponse(self.plan.settings.model_dump())
