"""A clean stack of the drill's own, something to work on, one service after another, the figures."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import Any, Final

from rich.console import Console

from local.demo.mailroom import Mailroom
from local.demo.outside import Outside, wait_for
from local.demo.setting import Setting, log_in_as, set_up
from local.demo.staff import Staff
from local.drill.work import Desk, Work
from local.memory import Memory
from local.places import LOCAL, SERVICES
from local.stack import Stack
from local.traffic import Client
from samples.shipments import shipments

out: Final = Console(stderr=True)
CALM_SECONDS: Final = 3.0
MAIL: Final = 6


def own_stack() -> Stack:
    """The stack that only the drill uses."""
    folder = LOCAL / "drill"
    return Stack(folder, "sikkersak_drill", Memory(folder / "memory.json"))


def run(*, as_json: bool, rate: float, with_gap: bool, keep: bool = False) -> int:
    """0 when every request was answered as on any other day. With a gap, owners stop before their successors start."""
    stack = own_stack()
    try:
        stack.clear()
        stack.up(out.print)
        figures = asyncio.run(_drill(stack, rate, with_gap=with_gap))
    finally:
        if not keep:
            stack.clear()
    out.print(figures)
    if as_json:
        print(json.dumps(figures))
    return 1 if figures["failed"] or figures["doubled"] or figures["lost"] else 0


async def _drill(stack: Stack, rate: float, *, with_gap: bool) -> dict[str, Any]:
    desk = await asyncio.to_thread(_prepare, stack)
    client = Client(stack.url("gateway"))
    work = Work(client, desk.wants(), rate)
    began, waits, took = time.monotonic(), {}, {}
    working = asyncio.create_task(work.run())
    try:
        await asyncio.sleep(CALM_SECONDS)
        waits["nothing"] = work.longest(began, time.monotonic())
        for service in SERVICES:
            out.print(f"{service} is redeployed …")
            since = time.monotonic()
            # without anybody at the way in there is nobody to wait: the gateway always gets its successor beside it
            is_absent = with_gap and service != "gateway"
            await asyncio.to_thread(stack.replace if is_absent else stack.redeploy, service)
            took[service] = round(time.monotonic() - since, 1)
            await asyncio.sleep(CALM_SECONDS)
            waits[service] = work.longest(since, time.monotonic())
    finally:
        work.stop()
        with suppress(asyncio.CancelledError):
            await working
    seconds = time.monotonic() - began
    await client.close()
    doubled, lost = await asyncio.to_thread(desk.doubled_and_lost)
    for wrong, count in work.wrongs().most_common():
        out.print(f"{count} × {wrong}", style="red", markup=False)
    return {
        "how": "stop, then start" if with_gap else "successor beside",
        "rate": round(len(work.done) / seconds, 1),
        "requests": len(work.done),
        "failed": sum(work.wrongs().values()),
        "resent": client.resent,
        "written": len(desk.written),
        "doubled": doubled,
        "lost": lost,
        "longest_wait_ms": {name: round(wait * 1000) for name, wait in waits.items()},
        "redeploy_seconds": took,
    }


def _prepare(stack: Stack) -> Desk:
    """Schools, people, mail that came, some of it in cases."""
    out.print("Setting up schools, people and mail …")
    setting, outside = set_up(stack), Outside(stack)
    sent = shipments()[:MAIL]
    for shipment in sent:
        outside.send(shipment)
    distributor = log_in_as(stack, "mail_distributor")
    mailroom = Mailroom(distributor, setting)
    mailroom.wait_received(sent)
    mailroom.decide(sent)
    mailroom.wait_settled(sent)
    return _desk(stack, setting, distributor)


def _desk(stack: Stack, setting: Setting, distributor: Staff) -> Desk:
    teacher = setting.people.staff_with("employee_create_cases")[0]
    person = Staff.log_in(stack.url("gateway"), teacher.username)
    opened = {"title": "Omstart under arbeid", "case_type": "general"}
    case = person.post("cases", {"school_id": setting.school_id(teacher.schools[0])} | opened)
    note = {"template": "journal-note", "title": "Første notat", "body": "Skrevet før omstarten."}
    document = person.post(f"cases/{case['case_id']}/documents", note)
    people = {"teacher": person, "distributor": distributor, "leader": log_in_as(stack, "school_leader")}
    mail = wait_for("mail", lambda: distributor.get("mail")["items"])
    return Desk(people, mail[0]["mail_id"], case["case_id"], document["document_id"])
