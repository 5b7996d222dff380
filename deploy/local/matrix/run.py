"""A clean stack of the matrix's own, the world in it, the tries, the figures."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from typing import Any, Final

import httpx
from rich.console import Console

from local.demo.staff import Staff, send_file
from local.matrix.people import Person, everybody
from local.matrix.requests import operations, routes
from local.matrix.trial import Session, Tally, directly, through_gateway, try_everything
from local.matrix.world import World, close
from local.memory import Memory
from local.places import LOCAL
from local.processes import Process
from local.stack import Stack

out: Final = Console(stderr=True)
SHOWN: Final = 40


class MatrixStack(Stack):
    """Everybody who tries can log in, and the gateway asks anew who they are at every request."""

    def prepare(self) -> None:
        """The stand-in of ID-porten knows those who try too."""
        super().prepare()
        path = self.register("users.json")
        known: dict[str, Any] = json.loads(path.read_text())
        known["users"] += [{"pid": one.number, "name": "Prøve", "username": one.username} for one in everybody()]
        path.write_text(json.dumps(known))

    def process(self, name: str) -> Process:
        """The gateway remembers nobody: a leaver's next request is refused."""
        made = super().process(name)
        if name == "gateway":
            made.environment["IDENTITY_SECONDS"] = "0"
            made.environment["FRESH_MINUTES"] = "240"  # nobody logs in anew between two tries
        return made


def run(*, as_json: bool, is_through_gateway: bool) -> int:
    """0 when the services do what the policy says, to the last combination."""
    folder = LOCAL / "matrix"
    stack = MatrixStack(folder, "sikkersak_matrix", Memory(folder / "memory.json"))
    began = time.monotonic()
    with stack.standing(out.print):
        tally = asyncio.run(_tries(stack, is_through_gateway))
    for deviation in tally.deviations[:SHOWN]:
        out.print(deviation, style="red", markup=False)
    way = "gateway" if is_through_gateway else "services"
    figures = {"through": way, "operations": len(operations()), "combinations": tally.combinations}
    if is_through_gateway:
        figures["without_address"] = sum(1 for name in operations() if name not in routes())
    figures |= {"deviations": len(tally.deviations), "seconds": round(time.monotonic() - began, 1)}
    out.print(figures)
    if as_json:
        print(json.dumps(figures))
    return 1 if tally.deviations or not tally.combinations else 0


async def _tries(stack: Stack, is_through_gateway: bool) -> Tally:
    world, tally = await World.of(stack), Tally()
    try:
        out.print("Making two schools, people, cases …")
        await world.make()
        people = [one for one in world.people if one.roles] if is_through_gateway else world.people
        sessions = {one.name: await _log_in(stack, one) for one in people} if is_through_gateway else {}
        await world.people_leave()
        out.print(f"Trying {len(operations())} operations as {len(people)} persons …")
        ask = partial(through_gateway, sessions) if is_through_gateway else partial(directly, world)
        await try_everything(world, ask, people, tally)
        for session in sessions.values():
            await session.http.aclose()
    finally:
        await close(world)
    return tally


async def _log_in(stack: Stack, person: Person) -> Session:
    known = await asyncio.to_thread(Staff.log_in, stack.url("gateway"), person.username)
    headers = {"X-CSRF-Token": known.csrf}
    http = httpx.AsyncClient(base_url=stack.url("gateway"), cookies=known.http.cookies, headers=headers, timeout=60)
    return Session(http, await asyncio.to_thread(send_file, known, b"%PDF-1.7 vedlegg"))
