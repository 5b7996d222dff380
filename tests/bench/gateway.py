"""What the way through the gateway costs, beside the same queries served by a bare FastAPI process in the same run.

`./dev bench gateway [--requests 600] [--staff 50,200] [--think 1] [--json]`: for inbox list, case page, document download
and register, first everybody through the gateway, then everybody at the bare process. Each member of staff has a session
and a connection of their own. It is measured twice: people at work, who ask again about `--think` seconds after an
answer; and the machine full, where everybody asks again at once (`full_…`) and the waits are those of a queue.

| figure | is |
| --- | --- |
| `p50_ms`, `p95_ms`, `p99_ms` | of the answers through the gateway |
| `rps` | answers a second through the gateway |
| `bare_p50_ms`, `bare_p99_ms`, `bare_rps` | the same at the bare process |
| `p50_ratio` | gateway's median in bare medians |
| `…_cpu_ms` | processor time that an answer through the gateway costs in each part; `bare_cpu_ms`: bare and database |
| `full_…` | the same with the machine full; `full_rps` is what goes through it |
| `failed` | answers that were not a success, on either side |

A registration sets more in motion than it waits for: cases takes the mail in, orders it to the archive and tells the
gateway. At 50 people that takes about two thirds of two cores, so its waits are those of a queue; `--staff 4,20` shows
the way itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from gateway.login.identity import Authentication, NationalNumber, VerifiedLogin
from gateway.login.session import open_session
from gateway.store import SqlSessionStore
from local.demo.mailroom import Mailroom
from local.demo.outside import Outside
from local.demo.setting import log_in_as, set_up
from local.demo.staff import Staff
from local.effort import used
from local.matrix.people import synthetic_numbers
from local.memory import Memory, free_port
from local.places import LOCAL
from local.stack import Stack
from local.traffic import Client, Want
from local.waiting import answers, wait
from samples.shipment import Outcome
from samples.shipments import shipments
from sikkersak.identity import Actor
from sikkersak.persistence.database import Database

OPERATIONS = ("inbox", "case", "download", "register")
ROLES = frozenset({"mail_distributor", "school_leader"})
DATABASE = "sikkersak_bench_gateway"
PARTS = ("gateway", "cases", "intake", "database", "broker")
ABSENT = ("archiver", "signing", "notifier")
COPIES = """
with made as (
  insert into mail (mail_id, system, shipment_id, state, title, sender, receiver_organisation, received_at, stored_at,
                    acknowledged_at, belonging)
  select gen_random_uuid(), system, gen_random_uuid(), 'stored', title, sender, receiver_organisation, received_at,
         stored_at, acknowledged_at, belonging
  from mail, generate_series(1, $2) where mail_id = $1 returning mail_id
), files as (
  insert into attachments (attachment_id, mail_id, position, file, problem)
  select gen_random_uuid(), made.mail_id, position, file, problem from made, attachments a where a.mail_id = $1
)
select mail_id from made
"""


@dataclass
class Setting:
    """What is asked about, and as whom."""

    headers: list[dict[str, str]]
    actor: Actor
    case_id: str
    document_id: str
    school_id: str
    filled_case_id: str
    mail: list[str] = field(default_factory=list)

    def want(self, operation: str, staff: int) -> Want:
        headers = self.headers[staff]
        if operation == "register":
            body = {"school_id": self.school_id, "case_id": self.filled_case_id, "document_title": "Henvisning"}
            key = {"Idempotency-Key": str(uuid4())}
            return Want("POST", f"/api/v1/mail/{self.mail.pop()}/registration", headers | key, body)
        path = {
            "inbox": "mail?limit=50",
            "case": f"cases/{self.case_id}",
            "download": f"documents/{self.document_id}/files/0",
        }[operation]
        return Want("GET", f"/api/v1/{path}", headers)


@dataclass(frozen=True)
class Bare:
    """The process beside."""

    process: subprocess.Popen[bytes]
    address: str


@dataclass
class Measured:
    """Waits in seconds, and how long the whole took."""

    waits: list[float]
    seconds: float
    failed: int
    effort: dict[str, float] = field(default_factory=dict)

    def at(self, share: float) -> float:
        return round(sorted(self.waits)[min(len(self.waits) - 1, int(share * len(self.waits)))] * 1000, 1)

    def cpu_ms(self, *parts: str) -> float:
        """What one answer cost in these parts; in all where none is named."""
        seconds = sum(self.effort.get(part, 0.0) for part in parts or self.effort)
        return round(seconds * 1000 / len(self.waits), 2)

    @property
    def rps(self) -> float:
        return round(len(self.waits) / self.seconds, 1)


async def measure(address: str, want: Callable[[int], Want], staff: int, requests: int, think: float) -> Measured:
    waits: list[float] = []
    failed = 0
    left = requests

    async def one(number: int) -> None:
        nonlocal left, failed
        client = Client(address)
        await asyncio.sleep(random.random() * max(think, 0.05))
        while left > 0:
            left -= 1
            asked = want(number)
            began = time.perf_counter()
            said = await client.send(asked)
            waits.append(time.perf_counter() - began)
            if said.status >= 400:
                failed += 1
                if failed == 1:
                    print(said.status, said.body[:300], file=sys.stderr)
            await asyncio.sleep(think * (0.5 + random.random()))
        await client.close()

    began = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(staff)))
    return Measured(waits, time.perf_counter() - began, failed)


async def compare(stack: Stack, setting: Setting, bare: Bare, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    rows = []
    for staff in arguments.staff:
        for operation in OPERATIONS:
            row: dict[str, Any] = {"operation": operation, "staff": staff, "failed": 0}
            want = partial(setting.want, operation)
            for address in (
                stack.url("gateway"),
                bare.address,
            ):  # everybody is known, every connection has its statements
                await measure(address, partial(setting.want, "inbox"), staff, 2 * staff, 0.0)
            for prefix, think in (("", arguments.think), ("full_", 0.0)):
                through, beside = [
                    await with_effort(stack, bare, measure(address, want, staff, arguments.requests, think))
                    for address in (stack.url("gateway"), bare.address)
                ]
                row |= {
                    f"{prefix}p50_ms": through.at(0.5),
                    f"{prefix}p95_ms": through.at(0.95),
                    f"{prefix}p99_ms": through.at(0.99),
                    f"{prefix}rps": through.rps,
                    f"{prefix}bare_p50_ms": beside.at(0.5),
                    f"{prefix}bare_p99_ms": beside.at(0.99),
                    f"{prefix}bare_rps": beside.rps,
                    **{f"{prefix}{part}_cpu_ms": through.cpu_ms(part) for part in PARTS},
                    f"{prefix}bare_cpu_ms": beside.cpu_ms("bare", "database"),
                    f"{prefix}p50_ratio": round(through.at(0.5) / beside.at(0.5), 2),
                    "failed": row["failed"] + through.failed + beside.failed,
                }
            print(row, file=sys.stderr)
            rows.append(row)
    return rows


async def with_effort(stack: Stack, bare: Bare, measuring: Coroutine[Any, Any, Measured]) -> Measured:
    """Measures when nothing of what was asked before is under way, and counts the processor time beside the clock."""
    await settled(stack)
    processes = {name: stack.process(name).pid() for name in PARTS if name not in ("database", "broker")}
    before = used(processes | {"bare": bare.process.pid}, DATABASE)
    measured = await measuring
    after = used(processes | {"bare": bare.process.pid}, DATABASE)
    measured.effort = {part: seconds - before.get(part, 0.0) for part, seconds in after.items()}
    return measured


async def settled(stack: Stack) -> None:
    """Nothing of what was asked before is under way any more."""
    connection = await asyncpg.connect(stack.provision.database_url("intake"))
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            if not await connection.fetchval("select count(*) from mail where state = 'registering'"):
                return
            await asyncio.sleep(0.5)
    finally:
        await connection.close()


def prepare(stack: Stack, staff: int) -> Setting:
    """Schools, people, one case with mail and notes, and a session for everyone who will ask."""
    setting, outside = set_up(stack), Outside(stack)
    sent = [one for one in shipments() if one.expected.outcome is Outcome.BELONGS_HERE][:2]
    for shipment in sent:
        outside.send(shipment)
    distributor = log_in_as(stack, "mail_distributor")
    mailroom = Mailroom(distributor, setting)
    mailroom.wait_received(sent)
    mailroom.decide(sent)
    mailroom.wait_settled(sent)
    case = distributor.get("cases")["items"][0]
    admin = log_in_as(stack, "administrator")
    people = []
    for number in synthetic_numbers(staff):
        body = {"national_id": number, "name": f"Prøve {number[6:]}", "roles": sorted(ROLES)}
        people.append(admin.put("staff", body | {"schools": [case["school_id"]]}))
    actor = Actor(
        staff_id=people[0]["staff_id"], roles=ROLES, schools=frozenset({case["school_id"]}), level="high", session="b"
    )
    headers = asyncio.run(sessions(stack, synthetic_numbers(staff)))
    leader = Staff(
        "bench", httpx.Client(base_url=stack.url("gateway"), headers=headers[0], timeout=30), headers[0]["X-CSRF-Token"]
    )
    detail = leader.get(f"cases/{case['case_id']}")
    document = next(one for event in detail["events"] for one in event["documents"] if one["files"])
    filled = leader.post(
        "cases", {"school_id": case["school_id"], "title": "Her registreres det", "case_type": "general"}
    )
    return Setting(headers, actor, case["case_id"], document["document_id"], case["school_id"], filled["case_id"])


async def sessions(stack: Stack, numbers: Sequence[str]) -> list[dict[str, str]]:
    """As log-in leaves them."""
    database = await Database.connect(stack.provision.database_url("gateway"), application="bench", size=2)
    store, headers, moment = SqlSessionStore(database), [], datetime.now(UTC)
    for number in numbers:
        proof = Authentication("i", "s", "idporten-loa-high", ("BankID",), moment, moment, str(uuid4()))
        login = VerifiedLogin(NationalNumber(number), proof, None, None, "token")
        secret, session = open_session(login, bytes.fromhex(stack.memory.hex_key("staff")), moment)
        await store.add(session)
        headers.append({"Cookie": f"session={secret.cookie()}", "X-CSRF-Token": secret.csrf_token()})
    await database.close()
    return headers


async def copies(stack: Stack, count: int) -> list[str]:
    """Mail that waits to be registered."""
    connection = await asyncpg.connect(stack.provision.database_url("intake"))
    original = await connection.fetchval("select mail_id from mail limit 1")
    rows = await connection.fetch(COPIES, original, count)
    await connection.execute("analyze mail")
    await connection.close()
    return [str(row["mail_id"]) for row in rows]


def bare_process(stack: Stack, setting: Setting) -> Bare:
    port = free_port()
    settings = stack.process("cases").environment
    told = {
        "actor": setting.actor.model_dump(mode="json"),
        "databases": {name: stack.provision.database_url(name) for name in ("cases", "intake")},
        "vault_url": settings["VAULT_URL"],
        "vault_keys": settings["VAULT_KEYS"],
    }
    command = [sys.executable, "-P", str(Path(__file__).parent / "_bare.py"), str(port)]
    started = subprocess.Popen(command, env=os.environ | {"BARE": json.dumps(told)})
    address = f"http://127.0.0.1:{port}"
    wait(lambda: answers(port), "the bare process", "what it says above")
    return Bare(started, address)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=600, help="for each operation and load, on each side")
    parser.add_argument("--staff", type=lambda said: [int(one) for one in said.split(",")], default=[50, 200])
    parser.add_argument("--think", type=float, default=1.0, help="seconds between an answer and the next question")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the stack running, to look into it")
    arguments = parser.parse_args()
    folder = LOCAL / "bench-gateway"
    stack = Stack(folder, DATABASE, Memory(folder / "memory.json"))
    stack.clear()
    bare = None
    try:
        stack.up(lambda said: print(said, file=sys.stderr))
        setting = prepare(stack, max(arguments.staff))
        stack.stop(*ABSENT)  # what they would do with what is registered is not what is measured
        setting.mail = asyncio.run(copies(stack, 4 * arguments.requests * len(arguments.staff)))
        bare = bare_process(stack, setting)
        rows = asyncio.run(compare(stack, setting, bare, arguments))
    finally:
        if bare is not None:
            bare.process.terminate()
        if not arguments.keep:
            stack.clear()
    figures = {"think_s": arguments.think, "requests": arguments.requests, "results": rows}
    if arguments.json:
        print(json.dumps(figures))
    return 1 if any(row["failed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
