"""Staff do not notice that a service, or the gateway itself, gets a successor (R14); `./dev redeploy-drill` does them all."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from local.demo.staff import Staff
from local.drill.work import Work
from local.stack import Stack
from local.traffic import Client, Want

RATE = 15.0


@pytest.mark.parametrize("service", ["gateway", "intake"])
async def test_every_request_is_answered_while_a_successor_takes_over(
    stack: Stack, distributor: Staff, service: str
) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in distributor.http.cookies.items())
    wants = [Want("GET", f"/api/v1/{path}", {"Cookie": cookies}) for path in ("me", "mail?limit=20", "plan")]
    client = Client(stack.url("gateway"))
    work = Work(client, itertools.cycle(wants), RATE)
    before = stack.process(service).pid()
    async with asyncio.TaskGroup() as both:
        both.create_task(work.run())
        await asyncio.to_thread(stack.redeploy, service)
        await asyncio.sleep(1)
        work.stop()
    await client.close()

    assert stack.process(service).pid() != before
    assert len(work.done) > RATE
    assert work.wrongs() == {}
