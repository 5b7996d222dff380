"""The archive core misbehaves, our disk fills, our own processes and servers are killed; nothing is lost or doubled (M25, M27).

`./dev chaos --focus archive [--documents N] [--seed N] [--adapter noark|fiks-arkiv] [--transport broker|fiks-io] [--json]`:
records = documents, and the rest 0, asked of the core. Over Fiks IO the platform between us and the archive fails too.
Servers of its own: what is killed here disturbs nobody.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from local.archiving import ArchiveStack, Feeder, Person, Rows, archive_stack, in_core, parked
from local.fiks import HUB, Way
from local.memory import Memory
from local.postgres import Postgres
from local.rabbitmq import RabbitMQ
from local.servers import Servers
from sikkersak.contracts.archiver import RetryDelivery
from sikkersak.errors import Declined, Transient

LADDER = 0.02  # 5 s becomes 0.1 s, 2 h becomes 144 s
# Requests that change something, of the REST interface and of Fiks Arkiv.
CHANGES = "/(sakarkiv|arkivstruktur|upload)/.+/|arkivmelding"
DISK = 192 * 1024 * 1024
UNSETTLED = "state not in ('archived', 'given_up')"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Own:
    """PostgreSQL and RabbitMQ that only this run uses, in folders and on ports of their own."""

    postgres: Postgres
    broker: RabbitMQ

    def addresses(self) -> Servers:
        return Servers(self.postgres.url, self.broker.url, self.broker.management_url)

    def start(self) -> None:
        self.postgres.start()
        self.broker.start()


@contextmanager
def own_servers(folder: Path) -> Iterator[Own]:
    known = Memory(folder / "known.json")
    # PostgreSQL refuses to run as root, and its account is not let into the run's folder
    data = Path(tempfile.mkdtemp(prefix="sikkersak-chaos-", dir="/var/tmp")) if os.geteuid() == 0 else folder
    data.chmod(0o755)
    own = Own(Postgres(data / "postgres", known), RabbitMQ(folder / "rabbitmq", known))
    try:
        own.start()
        yield own
    finally:
        own.broker.stop()
        own.postgres.stop("immediate")
        if data != folder:
            shutil.rmtree(data, ignore_errors=True)


@dataclass
class Trouble:
    """What goes wrong, each for a time and then mended."""

    stack: ArchiveStack
    own: Own
    feeder: Feeder
    disk: Path | None
    chance: random.Random
    slow_seconds: float
    done: Counter[str] = field(default_factory=Counter)

    async def run(self, name: str) -> None:
        say(f"  … {name}")
        await getattr(self, name.replace(" ", "_"))()
        self.done[name] += 1

    def faults(self, at: str = "noark", /, **wanted: Any) -> None:
        httpx.put(f"{self.stack.control(at)}/_control/faults", json=wanted, timeout=30).raise_for_status()

    def switch(self, **wanted: int) -> None:
        httpx.put(f"{self.stack.control('noark')}/_control/fiks", json=wanted, timeout=30).raise_for_status()

    async def for_a_while(self, seconds: float, **wanted: Any) -> None:
        self.faults(**wanted)
        await asyncio.sleep(seconds)
        self.faults()

    async def core_down(self) -> None:
        await self.for_a_while(self.chance.uniform(4, 8), down=True)

    async def platform_down(self) -> None:
        self.faults(HUB, down=True)
        await asyncio.sleep(self.chance.uniform(3, 6))
        self.faults(HUB)

    async def platform_loses_answers(self) -> None:
        """The message is on its way, and we are not told so."""
        self.faults(HUB, lose_answers=self.chance.randint(6, 15), only="/send$")
        await asyncio.sleep(6)
        self.faults(HUB)

    async def core_slow(self) -> None:
        await self.for_a_while(self.slow_seconds, slow_seconds=self.slow_seconds)

    async def core_refuses_a_tenth(self) -> None:
        await self.for_a_while(6, refuse_status=503, refuse_share=0.1, retry_after=1)
        await self.for_a_while(4, refuse_status=500, refuse_share=0.1)

    async def answers_lost_after_the_work(self) -> None:
        await self.for_a_while(6, lose_answers=self.chance.randint(8, 20), only=CHANGES)

    async def answers_twice(self) -> None:
        await self.for_a_while(6, answer_twice=self.chance.randint(15, 40), only=CHANGES)

    async def half_accepting(self) -> None:
        if self.stack.fiks is not None:
            self.switch(half=self.chance.randint(2, 5))
            await asyncio.sleep(5)
            return
        await self.for_a_while(5, refuse_status=503, only="/fil/$", retry_after=1)

    async def a_code_is_rejected(self) -> None:
        if self.stack.fiks is not None:
            self.switch(reject=self.chance.randint(2, 5))
            await asyncio.sleep(4)
            return
        await self.for_a_while(4, refuse_status=400, refuse_share=0.5, only="ny-(journalpost|dokumentobjekt)/$")

    async def our_disk_full(self) -> None:
        if self.disk is None:
            return
        for _ in range(6):  # so that there is work that needs the disk
            await self.feeder.record(self.feeder.per_case * self.feeder.cases)
        ballast = self.disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 65536)
        await asyncio.sleep(5)
        ballast.unlink()

    async def archiver_killed(self) -> None:
        await asyncio.sleep(self.chance.uniform(0.2, 2))
        process = self.stack.process("archiver")
        await asyncio.to_thread(process.kill)
        await asyncio.to_thread(process.start)
        await asyncio.to_thread(process.wait_ready)

    async def broker_killed(self) -> None:
        await asyncio.sleep(self.chance.uniform(0.2, 2))
        os.kill(int((self.own.broker.home / "pid").read_text()), signal.SIGKILL)
        await asyncio.sleep(1)
        await asyncio.to_thread(self.own.start)

    async def database_killed(self) -> None:
        """At once and without a checkpoint, as when the machine loses power: it recovers from its log."""
        await asyncio.sleep(self.chance.uniform(0.2, 2))
        await asyncio.to_thread(self.own.postgres.stop, "immediate")
        await asyncio.sleep(self.chance.uniform(0.2, 1.5))
        await asyncio.to_thread(self.own.start)


ALWAYS = (
    "core down",
    "core slow",
    "core refuses a tenth",
    "answers lost after the work",
    "answers twice",
    "half accepting",
    "a code is rejected",
    "our disk full",
    "archiver killed",
    "broker killed",
    "database killed",
)
OVER_FIKS_IO = ("platform down", "platform loses answers")


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk that can be filled; none where this account may not mount one, and then that is said."""
    disk = folder / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(disk)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        say("A disk of our own cannot be mounted here: «our disk full» is left out.")
        yield None
        return
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


async def feed(feeder: Feeder, documents: int, over: float) -> None:
    """Documents one by one through all of the trouble; some with evidence, some cases closed early."""
    for number in range(documents):
        began = time.monotonic()
        await feeder.record(number, is_urgent=number % 9 == 0, with_evidence=number % 8 == 3)
        if number % (feeder.per_case * 3) == feeder.per_case * 3 - 1:
            await feeder.closing(number // feeder.per_case)  # filled now; troubles open cases of their own
        await asyncio.sleep(max(0.0, over / documents - (time.monotonic() - began)))


async def mend(stack: ArchiveStack, rows: Rows) -> int:
    """What the archive declined is sent again by a person who has mended the cause."""
    declined = await rows.ask("select delivery_id from deliveries where state = 'declined'")
    person, count = Person(stack), 0
    for row in declined:
        with contextlib.suppress(Transient, Declined):
            await person.ask(RetryDelivery(delivery_id=row["delivery_id"]))
            count += 1
    return count


@asynccontextmanager
async def watching(rows: Rows) -> AsyncIterator[dict[str, int]]:
    """Looks all the time for a delivery that failed and has neither a next try nor anything that it waits for."""
    seen = {"without_next_try": 0}
    sql = "select count(*) as n from deliveries where state in ('retrying', 'unknown') and next_try_at is null and held_for is null and changed_at < now() - interval '40 seconds'"

    async def look() -> None:
        while True:
            for row in await rows.ask(sql):
                seen["without_next_try"] = max(seen["without_next_try"], row["n"])
            await asyncio.sleep(1)

    task = asyncio.create_task(look())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settle(stack: ArchiveStack, rows: Rows, wanted: int, within: float) -> int:
    """Waits until everything is archived; returns how often a person had to send something again."""
    deadline, mended, last = time.monotonic() + within, 0, 0.0
    while time.monotonic() < deadline:
        states = await rows.states()
        if states.get("archived", 0) >= wanted and set(states) == {"archived"}:
            break
        if time.monotonic() - last > 10:
            say(f"  {states}")
            last = time.monotonic()
        mended += await mend(stack, rows)
        await asyncio.sleep(1)
    return mended


async def drive(stack: ArchiveStack, own: Own, disk: Path | None, given: argparse.Namespace) -> dict[str, Any]:
    chance, feeder, rows = random.Random(given.seed), Feeder(stack, given.seed), Rows(stack)
    trouble = Trouble(stack, own, feeder, disk, chance, given.slow_seconds)
    order = [*ALWAYS, *(OVER_FIKS_IO if stack.way is Way.FIKS_IO else ())]
    chance.shuffle(order)
    began = time.monotonic()
    async with watching(rows) as seen:
        feeding = asyncio.create_task(feed(feeder, given.documents, given.feed_seconds))
        for name in order:
            await trouble.run(name)
            await asyncio.sleep(chance.uniform(0.5, 2))
        await feeding
        mended = await settle(stack, rows, len(feeder.deliveries), given.settle_seconds)
    left = await rows.ask(
        f"select count(*) as n from deliveries where {UNSETTLED} and next_try_at is null and held_for is null"
    )
    figures = counted(feeder, in_core(stack))
    figures["without_next_try"] = seen["without_next_try"] + sum(row["n"] for row in left)
    attempts = await rows.ask(
        "select verdict, count(*) as n from attempts where step in ('deliver', 'render') group by verdict"
    )
    return figures | {
        "parked": parked(stack),
        "mended_by_a_person": mended,
        "deliveries": len(feeder.deliveries),
        "attempts": {row["verdict"]: row["n"] for row in attempts},
        "troubles": dict(trouble.done) if disk else {**trouble.done, "our disk full": 0},
        "seconds": round(time.monotonic() - began, 1),
        "seed": given.seed,
    }


def counted(feeder: Feeder, held: dict[str, Any]) -> dict[str, Any]:
    """What the core has, against what was finished."""
    whole = {
        record["key"]: {document["key"] for document in record["documents"] if document["status"] == "F"}
        for record in held["records"]
        if record["status"] in {"J", "E", "A"}
    }
    everywhere = {document for documents in whole.values() for document in documents}
    lost = [key for key, documents in feeder.records.items() if key not in whole or not documents <= everywhere]
    twice = sum(len(keys) for keys in held["duplicates"].values())
    inside = Counter(document["key"] for record in held["records"] for document in record["documents"])
    own = [record for record in held["records"] if record["key"] in feeder.records]
    return {
        "documents": len(feeder.records),
        "records": len(own),
        "evidence_records": len(held["records"]) - len(own),  # Fiks Arkiv keeps evidence as an entry of its own
        "duplicates": twice + sum(count - 1 for count in inside.values()),
        "lost": len(lost),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slow-seconds", type=float, default=30.0)
    parser.add_argument("--feed-seconds", type=float, default=90.0)
    parser.add_argument("--settle-seconds", type=float, default=600.0)
    parser.add_argument("--adapter", choices=("noark", "fiks-arkiv"), default="noark")
    parser.add_argument("--transport", choices=("broker", "fiks-io"), default="broker", help="of Fiks Arkiv")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sikkersak-chaos-") as name, small_disk(Path(name)) as disk:
        folder = Path(name)
        more: dict[str, object] = {"work_folder": folder, "archive_adapter": given.adapter}
        more |= {"fiks_transport": given.transport}
        if disk is not None:
            (disk / "work").mkdir()
            (disk / "vault").mkdir()
            (folder / "vault").symlink_to(disk / "vault")
            more |= {"work_folder": disk / "work"}
        with (
            own_servers(folder) as own,
            archive_stack(
                folder,
                "sikkersak_chaos",
                LADDER,
                own.addresses(),
                quiet_seconds=20,
                sweep_seconds=5,
                probe_seconds=1,
                **more,
            ) as stack,
        ):
            figures = asyncio.run(drive(stack, own, disk, given))
            log = folder / "logs" / "archiver.log"
            kept = Path(os.environ.get("CHAOS_LOG", os.devnull))
            if kept != Path(os.devnull):
                shutil.copy(log, kept)
    is_good = figures["records"] == figures["documents"] and not any(
        figures[name] for name in ("duplicates", "lost", "without_next_try", "parked")
    )
    print(json.dumps(figures) if given.json else json.dumps(figures, indent=1))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
