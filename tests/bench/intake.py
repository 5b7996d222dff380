"""How fast mail is taken in, and how much memory that takes (M1): the real service, and the stand-in for SvarInn.

`./dev bench intake [--shipments 500] [--large-mb 200] [--json]` lays mixed shipments out at SvarInn, one of them large,
starts the service, and lets SvarInn answer; the clock runs from there to the last acknowledgement.

| figure | is |
| --- | --- |
| `shipments`, `files`, `mb` | placed: shipments, files in them, and their size |
| `stored`, `acknowledged` | safe here, and known as received by SvarInn; both are `shipments` when all is well |
| `with_problem` | files that were marked; 0, because all are sound |
| `seconds`, `shipments_per_s`, `mb_per_s` | from the first answer to the last acknowledgement |
| `peak_mb` | the service's peak of resident memory (VmHWM) |
| `inspector_peak_mb` | the same of the process that inspects files for it |
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pikepdf

from sikkersak.persistence.database import Database
from sikkersak.testing.running import Programs, ServiceProcess, make_keys, make_schema, service_environment
from sikkersak.testing.sandbox import Sandbox, sandbox
from simulators.svarinn_encryption import key_pair
from simulators.svarinn_shipment import Party, Shipment, StoredFile

SCHOOL: Final = "310000019"
USER, PASSWORD = "sikkersak", "hemmelig"
# Kilobytes of a file, and how many of twenty shipments have files like that: letters mostly, some scans.
SIZES: Final = ((20, 8), (90, 6), (350, 4), (1_500, 1), (6_000, 1))


def pdf(kilobytes: float) -> bytes:
    """A sound PDF of about this size that nothing compresses, unlike any other."""
    document, target = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    document.Root.Ballast = document.make_stream(os.urandom(int(kilobytes * 1024)))
    document.save(target, compress_streams=False)
    return target.getvalue()


@dataclass
class Placed:
    """What lies at SvarInn before the clock starts."""

    shipments: int = 0
    files: int = 0
    size: int = 0


def lay_out(folder: Path, shipments: int, large_mb: int) -> Placed:
    """Writes the stand-in's own state: quicker than placing them one by one."""
    placed, chance = Placed(), random.Random(2026)
    kinds = [size for size, share in SIZES for _ in range(share)]
    for number in range(shipments):
        if number == shipments // 2 and large_mb:
            contents, packaging = [pdf(large_mb * 1024)], "pdf"
        else:
            contents = [pdf(chance.choice(kinds) * chance.uniform(0.5, 1.5)) for _ in range(chance.choice((1, 1, 2)))]
            packaging = "zip"
        _lay_down(folder, number, contents, packaging)
        placed = Placed(number + 1, placed.files + len(contents), placed.size + sum(map(len, contents)))
    return placed


def _lay_down(folder: Path, number: int, contents: list[bytes], packaging: str) -> None:
    files = [
        StoredFile(
            position=at,
            filename=f"brev {at}.pdf",
            mime_type="application/pdf",
            sha256=hashlib.sha256(one).hexdigest(),
            size=len(one),
        )
        for at, one in enumerate(contents)
    ]
    facts: dict[str, Any] = {
        "title": f"Referat fra møte {number}",
        "sender": Party(name="PP-tjenesten"),
        "receiver": SCHOOL,
        "packaging": packaging,
        "files": files,
        "system": USER,
        "placed_at": 1_788_250_530 + number,
    }
    shipment = Shipment.model_validate(facts)
    own = folder / "shipments" / str(shipment.id)
    own.mkdir(parents=True)
    for at, one in enumerate(contents):
        (own / str(at)).write_bytes(one)
    (own / "shipment.json").write_text(shipment.model_dump_json())


@dataclass
class Bench:
    """One run."""

    asked: argparse.Namespace
    folder: Path
    programs: Programs

    async def run(self) -> dict[str, Any]:
        """Lays out, starts, lets go, watches."""
        private, certificate = key_pair("skolene")
        keys = self.folder / "keys"
        keys.mkdir()
        (keys / "2026.key.pem").write_bytes(private)
        (keys / "2026.crt.pem").write_text(certificate)
        placed = lay_out(self.folder / "svarinn", self.asked.shipments, self.asked.large_mb)
        account = {"username": USER, "password": PASSWORD, "certificate_pem": certificate, "organisations": [SCHOOL]}
        (self.folder / "systems.json").write_text(json.dumps([account]))
        given = ("--systems", str(self.folder / "systems.json"), "--state", str(self.folder / "svarinn"))
        (url,) = self.programs.stand_in("svarinn", *given)
        async with sandbox() as place:
            await make_schema(place, "intake")
            make_keys(self.folder)
            (self.folder / "work").mkdir()
            return await self._measured(place, url, placed)

    async def _measured(self, place: Sandbox, url: str, placed: Placed) -> dict[str, Any]:
        await _faults(url, down=True)
        process = ServiceProcess("intake", self._environment(place, url), self.folder / "log")
        database = await Database.connect(place.database_url, application="bench", size=2)
        try:
            with process.wanted() as running:
                await _until(database, "select count(*) from leases", 1, 60)
                began = time.monotonic()
                await _faults(url, down=False)
                is_done = await _until(
                    database,
                    "select count(*) from mail where acknowledged_at is not null",
                    placed.shipments,
                    self.asked.within,
                )
                seconds = time.monotonic() - began
                if not is_done:
                    print((self.folder / "log").read_text()[-3000:])
                return await _figures(database, url, placed, seconds) | _memory(running)
        finally:
            process.stop()
            await database.close()

    def _environment(self, place: Sandbox, url: str) -> dict[str, str]:
        return service_environment(place, self.folder) | {
            "SVARINN_URL": f"{url}/api",
            "SVARINN_USERNAME": USER,
            "SVARINN_PASSWORD": PASSWORD,
            "SVARINN_KEYS": str(self.folder / "keys"),
            "POLL_SECONDS": "0.5",
            "WORK_FOLDER": str(self.folder / "work"),
        }


async def _figures(database: Database, url: str, placed: Placed, seconds: float) -> dict[str, Any]:
    async with database.transaction() as tx:
        stored = await tx.fetchval("select count(*) from mail where stored_at is not null")
        marked = await tx.fetchval("select count(*) from attachments where problem is not null")
    async with httpx.AsyncClient(timeout=60) as http:
        counts = (await http.get(f"{url}/_control/state")).raise_for_status().json()["counts"]
    mb = placed.size / 1e6
    return {
        "shipments": placed.shipments,
        "files": placed.files,
        "mb": round(mb),
        "stored": stored,
        "acknowledged": counts.get("LEST", 0),
        "with_problem": marked,
        "seconds": round(seconds, 1),
        "shipments_per_s": round(placed.shipments / seconds, 1),
        "mb_per_s": round(mb / seconds, 1),
    }


def _memory(running: subprocess.Popen[str]) -> dict[str, Any]:
    own, *others = [_peak(pid) for pid in (running.pid, *_children(running.pid))]
    return {"peak_mb": round(own), "inspector_peak_mb": round(max(others, default=0.0))}


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def _peak(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


async def _faults(url: str, **faults: Any) -> None:
    async with httpx.AsyncClient() as http:
        (await http.put(f"{url}/_control/faults", json=faults)).raise_for_status()


async def _until(database: Database, sql: str, wanted: int, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        async with database.transaction() as tx:
            if await tx.fetchval(sql) >= wanted:
                return True
        await asyncio.sleep(0.1)
    return False


def main() -> None:
    """Runs once and prints the figures."""
    parser = argparse.ArgumentParser(prog="./dev bench intake", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shipments", type=int, default=500)
    parser.add_argument("--large-mb", type=int, default=200, help="size of the one large shipment; 0 for none")
    parser.add_argument("--within", type=float, default=900.0, help="seconds after which it is given up")
    parser.add_argument("--json", action="store_true", help="only one line of figures")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sikkersak-bench-") as name:
        programs = Programs(Path(name))
        try:
            figures = asyncio.run(Bench(asked, Path(name), programs).run())
        finally:
            programs.stop()
    if not asked.json:
        for figure, value in figures.items():
            print(f"{figure:>20}  {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
