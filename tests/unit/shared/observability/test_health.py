"""Three questions, three answers: alive, ready, and well all around."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from sikkersak.errors import Declined, Transient
from sikkersak.observability.health import Health, Level, health_app
from sikkersak.observability.metrics import Metrics


def says(answer: Any) -> Callable[[], Awaitable[Any]]:
    async def check() -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return check


async def get(app: ASGIApp, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://health") as client:
        return await client.get(path)


async def test_each_level_asks_its_own_checks_and_those_before_it() -> None:
    health = Health()
    health.add("loop", Level.LIVE, says(True))
    health.add("database", Level.READY, says(None))
    health.add("archive", Level.DEEP, says("12 waiting"))
    app = health_app(health, Metrics().registry)
    seen = {}
    for level in ("live", "ready", "deep"):
        answer = await get(app, f"/health/{level}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        seen[level] = [check["name"] for check in answer.json()["checks"]]
    assert seen == {"live": ["loop"], "ready": ["loop", "database"], "deep": ["loop", "database", "archive"]}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (False, "no answer"),
        (Transient("the broker is away"), "the broker is away"),
        (Declined("certificate-expired", "Sertifikatet er utløpt."), "certificate-expired"),
        (RuntimeError("postgres://user:secret@host/db"), "RuntimeError"),
    ],
)
async def test_a_failing_check_is_named_without_secrets(answer: Any, text: str) -> None:
    health = Health()
    health.add("database", Level.READY, says(answer))
    app = health_app(health, Metrics().registry)
    said = await get(app, "/health/ready")
    assert said.status_code == 503
    assert said.json() == {"ok": False, "checks": [{"name": "database", "ok": False, "text": text}]}
    assert (await get(app, "/health/live")).status_code == 200


async def test_a_check_that_hangs_fails_alone_and_in_time() -> None:
    async def hangs() -> None:
        await asyncio.Event().wait()

    health = Health()
    health.add("hangs", Level.READY, hangs, timeout=0.05)
    health.add("fine", Level.READY, says(True))
    async with asyncio.timeout(45):
        findings = await health.look(Level.READY)
    assert [(finding.name, finding.ok) for finding in findings] == [("hangs", False), ("fine", True)]
    assert findings[0].text == "no answer within 0.05 s"


async def test_a_process_that_was_told_to_stop_is_alive_but_not_ready() -> None:
    health = Health()
    health.leave()
    app = health_app(health, Metrics().registry)
    assert (await get(app, "/health/live")).status_code == 200
    assert (await get(app, "/health/ready")).status_code == 503


def test_two_checks_of_one_name_are_a_mistake() -> None:
    health = Health()
    health.add("database", Level.READY, says(True))
    with pytest.raises(ValueError, match="already"):
        health.add("database", Level.DEEP, says(True))


async def test_what_does_not_exist_is_not_found() -> None:
    assert (await get(health_app(Health(), Metrics().registry), "/health")).status_code == 404


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[None]:
    """The application between its start and its stop, as a server drives it."""
    to_app: asyncio.Queue[Any] = asyncio.Queue()
    from_app: asyncio.Queue[Any] = asyncio.Queue()
    scope: dict[str, Any] = {"type": "lifespan"}

    async def live() -> None:
        await app(scope, to_app.get, from_app.put)

    life = asyncio.create_task(live())
    for moment in ("startup", "shutdown"):
        await to_app.put({"type": f"lifespan.{moment}"})
        async with asyncio.timeout(45):
            assert await from_app.get() == {"type": f"lifespan.{moment}.complete"}
        if moment == "startup":
            yield
    await life


async def test_the_inner_application_keeps_its_paths_and_its_lifespan() -> None:
    began: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        began.append("up")
        yield
        began.append("down")

    inner = Starlette(routes=[Route("/saker", lambda _: PlainTextResponse("saker"))], lifespan=lifespan)
    app = health_app(Health(), Metrics().registry, inner)
    async with running(app):
        assert began == ["up"]
        assert (await get(app, "/saker")).text == "saker"
        assert (await get(app, "/health/live")).json() == {"ok": True, "checks": []}
        assert (await get(app, "/metrics")).status_code == 200
    assert began == ["up", "down"]


async def test_every_metric_of_ours_is_shown_under_its_name() -> None:
    metrics = Metrics()
    metrics.outbox_pending.set(3)
    metrics.outbox_oldest_seconds.set(1.5)
    metrics.outbox_published_total.inc(7)
    metrics.inbox_duplicates_total.inc()
    metrics.message_critical_time_seconds.labels(type="cases.document.finished.v1").observe(0.02)
    metrics.retry_scheduled_total.labels(queue="q", level="30s", exception="Transient").inc()
    metrics.parked_total.labels(queue="q", outcome="bug").inc()
    metrics.circuit_state.labels(target="vsa").set(1)
    metrics.consumer_paused.labels(queue="q").set(1)
    shown = (await get(health_app(Health(), metrics.registry), "/metrics")).text.splitlines()
    for line in (
        "outbox_pending 3.0",
        "outbox_oldest_seconds 1.5",
        "outbox_published_total 7.0",
        "inbox_duplicates_total 1.0",
        'message_critical_time_seconds_bucket{le="0.025",type="cases.document.finished.v1"} 1.0',
        'retry_scheduled_total{exception="Transient",level="30s",queue="q"} 1.0',
        'parked_total{outcome="bug",queue="q"} 1.0',
        'circuit_state{target="vsa"} 1.0',
        'consumer_paused{queue="q"} 1.0',
    ):
        assert line in shown


def test_two_processes_in_one_test_have_metrics_of_their_own() -> None:
    first, second = Metrics(), Metrics()
    first.outbox_pending.set(5)
    assert second.registry.get_sample_value("outbox_pending") == 0
