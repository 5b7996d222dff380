"""Polling keeps to the permitted times, and to the rate limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from signing.digdir.client import DigdirPortal
from signing.digdir.connection import XML, Exchange
from signing.digdir.pacing import next_poll
from sikkersak.errors import Transient

StandIn = Any  # the fixture of conftest.py
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def slow(begin: Callable[..., StandIn]) -> StandIn:
    """A service that wants a minute between polls of an empty queue."""
    return begin("--pace", "60", "--calls-a-second", "5")


@pytest.fixture(scope="module")
def strict(begin: Callable[..., StandIn]) -> StandIn:
    """A service whose limit is exceeded also by who is slow: by two calls in a second."""
    return begin("--pace", "60", "--calls-a-second", "1")


@pytest.fixture(autouse=True)
def emptied(slow: StandIn, strict: StandIn) -> None:
    """Starts each test afresh."""
    for one in (slow, strict):
        one.control.post("/_control/reset").raise_for_status()


async def test_a_client_with_a_memory_does_not_ask_before_the_time(slow: StandIn) -> None:
    async with slow.portal() as portal:
        poll = await portal.poll()
        assert poll.change is None
        with pytest.raises(Transient) as early:
            await portal.poll()
    assert early.value.retry_after is not None
    assert timedelta(seconds=30) < early.value.retry_after < timedelta(seconds=62)
    assert [line["status"] for line in slow.requests("GET")] == [204]


async def test_a_client_without_memory_is_told_when_to_come_back_and_obeys(slow: StandIn) -> None:
    async with slow.portal() as first:
        await first.poll()
    async with slow.portal() as restarted:
        for _ in range(2):
            with pytest.raises(Transient) as early:
                await restarted.poll()
            assert early.value.retry_after is not None
            assert timedelta(seconds=30) < early.value.retry_after < timedelta(seconds=62)
    assert [line["status"] for line in slow.requests("GET")] == [204, 429]


async def test_queues_are_apart(slow: StandIn) -> None:
    async with slow.portal() as ours, slow.portal(queue="other") as other, slow.portal(queue=None) as default:
        job = await ours.create(slow.new_job())
        slow.act(job.job_id, 1)
        assert (await other.poll()).change is None
        assert (await default.poll()).change is None
        slow.control.post("/_control/leases/expire").raise_for_status()
        change = (await ours.poll()).change
    assert change is not None
    assert change.job_id == job.job_id


async def describe_access_often(portal: DigdirPortal) -> None:
    """More calls than a second permits."""
    for _ in range(7):
        await portal.describe_access()


async def test_over_the_rate_limit_nothing_is_sent_for_half_a_minute(strict: StandIn) -> None:
    async with strict.portal() as portal:
        with pytest.raises(Transient) as blocked:
            await describe_access_often(portal)
        assert blocked.value.retry_after == timedelta(seconds=30)
        sent = len(strict.requests("GET"))
        with pytest.raises(Transient):
            await portal.create(strict.new_job())
    assert len(strict.requests("GET")) == sent
    assert strict.requests("POST") == []


async def test_those_who_wait_for_their_turn_when_the_block_comes_are_not_sent_either(strict: StandIn) -> None:
    async with strict.portal(calls_a_second=4.0) as portal:  # the second is blocked long before the turn of the tenth
        calls = await asyncio.gather(*(portal.describe_access() for _ in range(18)), return_exceptions=True)
    assert all(isinstance(call, Transient) for call in calls[9:])
    assert len(strict.requests("GET")) <= 9


async def test_an_answer_is_never_read_further_than_it_may_be_large(slow: StandIn) -> None:
    async with slow.portal() as portal:
        address = f"{slow.root}/api/{slow.sender}"
        assert (await portal._connection.send(Exchange("GET", address, XML, largest_answer=1000))).text
        with pytest.raises(Transient):
            await portal._connection.send(Exchange("GET", address, XML, largest_answer=3))


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        # the server's clock is an hour ahead: only the difference counts, and a margin of 750 ms
        (
            204,
            {"Date": "Mon, 02 Mar 2026 13:00:00 GMT", "X-Next-permitted-poll-time": "2026-03-02T14:10:00.000+01:00"},
            timedelta(minutes=10, milliseconds=750),
        ),
        (204, {"X-Next-permitted-poll-time": "2026-03-02T12:00:05Z"}, timedelta(seconds=5.75)),
        (200, {"X-Next-permitted-poll-time": "2026-03-02T12:00:00Z"}, timedelta()),
        (200, {}, timedelta()),
        (204, {}, timedelta(minutes=10)),
        (204, {"X-Next-permitted-poll-time": "snart"}, timedelta(minutes=10)),
    ],
)
def test_the_wait_is_counted_on_the_servers_clock(status: int, headers: dict[str, str], wait: timedelta) -> None:
    assert next_poll(httpx.Response(status, headers=headers), NOON) == NOON + wait
