"""Health on three levels: alive (restart me if not), ready (send me work), deep (is everything around me well)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sikkersak.errors import Declined, Transient

Check = Callable[[], Awaitable[bool | str | None]]
DEFAULT_TIMEOUT = 3.0
OWN_PATH = re.compile(r"^/(health/(live|ready|deep)|metrics)$")


class Level(IntEnum):
    """Which question a check belongs to; each level asks those before it too."""

    LIVE = 0
    """The process must be restarted when this fails. Never a dependency: restarting does not mend a database."""

    READY = 1
    """Work should go elsewhere while this fails."""

    DEEP = 2
    """Somebody should know, e.g. an outside system that is away. No orchestrator looks at it."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    name: str
    ok: bool
    text: str


@dataclass(frozen=True)
class _Registered:
    name: str
    level: Level
    check: Check
    timeout: float


class Health:
    """The checks of one process."""

    def __init__(self) -> None:
        self._checks: list[_Registered] = []
        self._is_leaving = False

    def add(self, name: str, level: Level, check: Check, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Registers a check. It fails by returning False, by raising, or by taking more than `timeout` seconds.

        A text it returns is shown to anyone who reaches the port: no secrets, no addresses, no personal data.
        """
        if any(known.name == name for known in self._checks):
            raise ValueError(f"there is a check {name} already")
        self._checks.append(_Registered(name, level, check, timeout))

    def leave(self) -> None:
        """From here on the process is not ready: it was told to stop and takes no more work (R14)."""
        self._is_leaving = True

    @property
    def is_leaving(self) -> bool:
        """Whether it was told to stop."""
        return self._is_leaving

    async def look(self, level: Level) -> list[Finding]:
        """All checks up to `level`, made at the same time, in the order they were registered."""
        findings = await asyncio.gather(*(_found(known) for known in self._checks if known.level <= level))
        if self._is_leaving and level >= Level.READY:
            findings.append(Finding("leaving", False, "told to stop; finishing what it holds"))
        return findings


async def _found(known: _Registered) -> Finding:
    try:
        async with asyncio.timeout(known.timeout):
            said = await known.check()
    except TimeoutError:
        return Finding(known.name, False, f"no answer within {known.timeout:g} s")
    except Transient as away:
        return Finding(known.name, False, away.reason[:200])
    except Declined as no:
        return Finding(known.name, False, no.code)
    except Exception as failure:  # whatever kind it is, it is what the check found; its text may hold a secret
        return Finding(known.name, False, type(failure).__name__)
    if isinstance(said, str):
        return Finding(known.name, True, said[:200])
    return Finding(known.name, said is not False, "no answer" if said is False else "ok")


def health_app(health: Health, registry: CollectorRegistry, inner: ASGIApp | None = None) -> ASGIApp:
    """`/health/live`, `/health/ready`, `/health/deep` (200 or 503) and `/metrics`; everything else goes to `inner`."""
    own = Starlette(
        routes=[
            *(Route(f"/health/{level.name.lower()}", _answer(health, level)) for level in Level),
            Route("/metrics", _metrics(registry)),
        ]
    )
    if inner is None:
        return own
    return _beside(own, inner)


def _beside(own: ASGIApp, inner: ASGIApp) -> ASGIApp:
    """`inner` keeps its own lifespan, its own middleware and its own answer for what does not exist."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_own = scope["type"] == "http" and OWN_PATH.match(scope["path"])
        await (own if is_own else inner)(scope, receive, send)

    return app


def _answer(health: Health, level: Level) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        findings = await health.look(level)
        is_well = all(finding.ok for finding in findings)
        checks = [{"name": finding.name, "ok": finding.ok, "text": finding.text} for finding in findings]
        return JSONResponse({"ok": is_well, "checks": checks}, 200 if is_well else 503, {"Cache-Control": "no-store"})

    return answer


def _metrics(registry: CollectorRegistry) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return answer
