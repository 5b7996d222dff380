"""An hour's outage of the archive with many deliveries waiting, at 300 times the speed (M25, R6).

`./dev chaos --focus outage [--documents N] [--json]`: nothing parked, the circuit open within ten failures, drained at 80 %
or more of the steady rate, evenly. The archiver is the real one, as a process on the real broker and database; only
the core behind its port is a model that takes a fixed time for each delivery.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archiver.archive import Archive
from archiver.composition import open_archive
from archiver.composition import service as product
from archiver.core import (
    ArchivedCaseFile,
    ArchivedRecord,
    Observer,
    Receipt,
    RegistryEntry,
    Step,
    unobserved,
)
from archiver.settings import Settings
from local.archiving import ArchiveStack, Feeder, Rows, parked
from local.processes import Process
from sikkersak.errors import Transient
from sikkersak.ids import new_id
from sikkersak.messaging.envelope import Envelope
from sikkersak.service import Frame, run

SPEED = 300.0
HOUR = 3600.0
SECONDS_EACH = 0.05  # what the model of the core takes for one delivery


class ModelCore:
    """A core that takes a fixed time for a delivery, and answers nobody while the file `down` stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = (folder / "core.log").open("a", buffering=1)

    async def ensure_registry_entry(self, entry: RegistryEntry, *, on_step: Observer = unobserved) -> Receipt:
        self._require("deliver")
        await asyncio.sleep(SECONDS_EACH)
        on_step(Step("create-record", 201, "ok", SECONDS_EACH))
        self.log.write(f"{time.time()} record {entry.key}\n")
        record = ArchivedRecord(
            key=entry.key,
            archive_id="1",
            number="2026/1-1",
            journal_year=2026,
            journal_sequence=1,
            status="J",
            is_final=True,
            documents=(),
        )
        folder = ArchivedCaseFile(key=entry.case_file.key, archive_id="1", number="2026/1", is_closed=False)
        return Receipt(case_file=folder, record=record, was_created=True)

    async def probe(self) -> None:
        self._require("probe")

    async def close(self) -> None:
        self.log.close()

    def _require(self, what: str) -> None:
        if (self.folder / "down").exists():
            self.log.write(f"{time.time()} refused {what}\n")
            raise Transient("archive: ConnectError")


@asynccontextmanager
async def room(frame: Frame[Settings]) -> AsyncIterator[Archive]:
    """The product's own room, with the model in place of the core."""
    core = ModelCore(Path(os.environ["MODEL_FOLDER"]))
    async with open_archive(frame) as made:
        made.circuit._probe = core.probe
        yield replace(made, core=core)  # type: ignore[arg-type]
    await core.close()


class ModelStack(ArchiveStack):
    """The archiver of this file in place of the packaged one."""

    def _service(self, name: str) -> Process:
        made = super()._service(name)
        command = (sys.executable, str(Path(__file__).resolve()), "--serve")
        more = {"MODEL_FOLDER": str(self.folder)}
        return Process(made.name, command, made.environment | more, made.ready_url, made.folder)


class Waiting(Feeder):
    """Deliveries that are rendered and wait to be brought, written straight into archiver's own tables."""

    async def rendered(self, numbers: range) -> None:
        import asyncpg

        gate, rows = asyncio.Semaphore(16), []

        async def one(number: int) -> None:
            async with gate:
                rows.append(await self._one(number))

        await asyncio.gather(*(one(number) for number in numbers))
        connection = await asyncpg.connect(self.stack.provision.database_url("archiver", is_owner=True))
        try:
            async with connection.transaction():
                await connection.executemany(
                    "insert into deliveries (delivery_id, document_id, case_id, school_id, kind, dossier, is_urgent, state, rendered_at)"
                    " values ($1, $2, $3, $3, 'record', $4, $5, 'delivering', now())",
                    [row[:5] for row in rows],
                )
                await connection.executemany(
                    "insert into renditions (document_key, delivery_id, source_sha256, rendition, flavour, rung, validator, verdict)"
                    " values ($1, $2, '', $3, '2b', 'written', 'model', 'valid')",
                    [(row[5], row[0], row[6]) for row in rows],
                )
                await connection.executemany(
                    "insert into outbox (message_id, message_type, headers, body) values ($1, 'archiver.transfer.v1', $2, $3)",
                    [self._order(row[0]) for row in rows],
                )
                await connection.execute("select pg_notify('outbox', 'archiver')")
        finally:
            await connection.close()

    async def _one(self, number: int) -> tuple[Any, ...]:
        from sikkersak.contracts.archiver import ArchiveDocument
        from sikkersak.vault.sealed import seal

        vault = await self.vault()
        if not hasattr(self, "file"):
            self.file = await self._file(0, 0)
        folder, record_id, key = self._case_of(number), new_id(), new_id()
        document = ArchiveDocument(document_key=key, title=f"Dokument {number}", is_main=True, file=self.file)
        dossier = self._dossier(folder, record_id, number).model_copy(update={"documents": (document,)})
        ref = (await seal(vault, dossier)).model_dump_json()
        rendition = self.file.ref.model_dump_json()
        return new_id(), record_id, folder.case_id, ref, number % 50 == 0, key, rendition

    @staticmethod
    def _order(delivery_id: Any) -> tuple[Any, ...]:
        envelope = Envelope.around("archiver.transfer.v1")
        body = json.dumps({"delivery_id": str(delivery_id)}).encode()
        return envelope.message_id, json.dumps(envelope.headers()), body


def events(folder: Path, since: float = 0.0) -> list[tuple[float, str, str]]:
    """What the model of the core has seen."""
    lines = (line.split() for line in (folder / "core.log").read_text().splitlines())
    return [(float(at), what, key) for at, what, key in lines if float(at) >= since]


async def archived(rows: Rows, wanted: int, within: float) -> None:
    deadline = time.monotonic() + within
    while (await rows.states()).get("archived", 0) < wanted:
        if time.monotonic() > deadline:
            raise SystemExit(f"not archived within {within:g} s: {await rows.states()}")
        await asyncio.sleep(0.25)


def pace(found: list[tuple[float, str, str]]) -> tuple[float, list[int]]:
    """Records in a second between the first and the last, and how many in each second."""
    times = [at for at, what, _ in found if what == "record"]
    seconds = Counter(int(at - times[0]) for at in times)
    return len(times) / max(times[-1] - times[0], 0.001), [seconds[n] for n in range(max(seconds) + 1)]


async def drive(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    stack = ModelStack(folder, "sikkersak_outage", probe_seconds=15 / SPEED, drain_per_second=given.drain or 1000)
    rows, feeder = Rows(stack), Waiting(stack, given.seed, per_case=3)
    try:
        await asyncio.to_thread(stack.build, 1 / SPEED)
        steady = max(100, given.documents // 5)
        steady_rate = await steadily(stack, feeder, rows, range(steady))
        print(f"  steady: {steady_rate:.0f} a second", file=sys.stderr, flush=True)
        stack.archiver["DRAIN_PER_SECOND"] = str(given.drain or round(steady_rate * 1.1, 1))
        await asyncio.to_thread(stack.stop, "archiver")
        (folder / "down").touch()
        went_down = time.time()
        await asyncio.to_thread(stack.start, "archiver")
        await feeder.rendered(range(steady, steady + given.documents))
        await held(rows, given.documents)
        await asyncio.sleep(max(0.0, HOUR / SPEED - (time.time() - went_down)))
        (folder / "down").unlink()
        came_up = time.time()
        await archived(rows, steady + given.documents, 1800)
        found = await figures(stack, rows, folder, given, went_down, came_up)
        stack.archiver["DRAIN_PER_SECOND"] = "1000"
        first = steady + given.documents
        again = await steadily(stack, feeder, rows, range(first, first + steady))
        mean = (steady_rate + again) / 2  # other work on the machine comes and goes: before and after, not before only
        share = {"drained_share_of_steady": round(found["drained_per_s"] / mean, 3)}
        return {"steady_per_s": [round(steady_rate, 1), round(again, 1)], **share, **found}
    finally:
        await asyncio.to_thread(stack.gone)


async def steadily(stack: ModelStack, feeder: Waiting, rows: Rows, numbers: range) -> float:
    """Deliveries a second without any trouble."""
    await asyncio.to_thread(stack.stop, "archiver")
    await feeder.rendered(numbers)
    began = time.time()
    await asyncio.to_thread(stack.start, "archiver")
    await archived(rows, numbers.stop, 600)
    return pace(events(feeder.stack.folder, began))[0]


async def held(rows: Rows, wanted: int) -> None:
    """Until all wait for the archive, but for the few that failed before the circuit opened."""
    deadline = time.monotonic() + 900
    sql = "select count(*) as n from deliveries where held_for is not null"
    while not (found := await rows.ask(sql)) or found[0]["n"] < wanted:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {found[0]['n'] if found else 0} of {wanted} wait for the archive")
        await asyncio.sleep(0.25)


async def figures(
    stack: ModelStack, rows: Rows, folder: Path, given: argparse.Namespace, down: float, up: float
) -> dict[str, Any]:
    after = events(folder, up)
    rate, histogram = pace(after)
    keys = Counter(key for _, what, key in events(folder) if what == "record")
    failures = [at for at, what, key in events(folder, down) if what == "refused" and key == "deliver" and at < up]
    urgent = {
        f"record:{row['document_id']}"
        for row in await rows.ask(
            "select document_id from deliveries where is_urgent and ordered_at >= $1", datetime.fromtimestamp(down, UTC)
        )
    }
    order = [key for _, what, key in after if what == "record"]
    last_urgent = max((place for place, key in enumerate(order) if key in urgent), default=0) + 1
    whole = histogram[1:-1] or histogram
    return {
        "waiting": given.documents,
        "archived": len(order),
        "duplicates": sum(count - 1 for count in keys.values()),
        "parked": parked(stack),
        "failures_before_open": len(failures),
        "drain_set_per_s": float(stack.archiver["DRAIN_PER_SECOND"]),
        "drained_per_s": round(rate, 1),
        "busiest_second": max(histogram),
        "busiest_to_mean": round(max(whole) / statistics.fmean(whole), 2),
        "urgent": len(urgent),
        "last_urgent_at_place": last_urgent,
        "simulated_outage_s": round((up - down) * SPEED),
        "histogram_per_s": histogram,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument(
        "--drain", type=float, help="deliveries a second after the outage; the steady rate when left out"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        run(replace(product, room=room))
        return 0
    with tempfile.TemporaryDirectory(prefix="sikkersak-outage-") as name:
        found = asyncio.run(drive(Path(name), given))
    print(json.dumps(found) if given.json else json.dumps(found, indent=1))
    is_good = (
        found["archived"] == found["waiting"]
        and not found["parked"]
        and not found["duplicates"]
        and found["failures_before_open"] <= 10
        and found["drained_share_of_steady"] >= 0.8
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
