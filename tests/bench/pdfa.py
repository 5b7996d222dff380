"""How our rendition fares beside its peers, on the same files in the same run (M24).

`./dev bench pdfa [--inputs FOLDER] [--limit N] [--office] [--without-ocrmypdf] [--json]` sends each file through every
tool in turn, one at a time, and lets a veraPDF of the bench's own judge whatever comes out.

| figure | is |
| --- | --- |
| `inputs`, `openable` | files; those that qpdf or pdfium opens without a password and with pages |
| `delivered` | files that came out (a peer delivers whatever it wrote) |
| `valid` | of which veraPDF passes at a flavour that the archive takes, in percent of the openable beside it |
| `checks_passed` | valid, with as many pages, the words and the look of every page |
| `text_kept` | valid, with at least 98 % of the words |
| `median_ms`, `p95_ms` | per openable file. Ours and `ghostscript_gated`: conversion, gate and checks; the others: conversion |
| `convert_median_ms` | conversion alone |
| `peak_mb` | the most memory that a converting process used |
| `unopenable_accepted` | files that nothing opens, delivered nevertheless |
| `rungs`, `refused` | ours: how many each rung of the ladder settled, and each reason refused |
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

from archiver.rendition import Renderer, Rendition, Sameness
from archiver.rendition.cage import Limits
from archiver.rendition.children import ChildFailed, Children
from archiver.rendition.gate import Gate
from archiver.rendition.ghostscript import redrawing
from archiver.rendition.outcome import Flavour
from archiver.rendition.warming import warm
from samples.shipments import shipments
from sikkersak.clock import now
from sikkersak.errors import Declined, Transient

REPOSITORY: Final = Path(__file__).resolve().parents[2]
OCRMYPDF: Final = "17.13.0"
TOOLS: Final = ("ours", "ghostscript", "ocrmypdf", "ghostscript_gated")
PEER_SECONDS: Final = 120.0
LIMITS: Final = Limits(seconds=90.0)
LOOKS: Final = 60
QUIET_SECONDS: Final = 0.15


@dataclass
class Tally:
    """What is known of one tool."""

    absent: str = ""
    delivered: int = 0
    valid: int = 0
    checks_passed: int = 0
    text_kept: int = 0
    unopenable_accepted: int = 0
    peak_mb: int = 0
    times: list[float] = field(default_factory=list)
    converting: list[float] = field(default_factory=list)
    rungs: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def figures(self, inputs: int, openable: int, *, is_ours: bool) -> dict[str, Any]:
        """As they are printed."""
        told: dict[str, Any] = {"inputs": inputs, "openable": openable}
        if self.absent:
            return told | {"absent": self.absent}
        names = ("delivered", "valid", "checks_passed", "text_kept", "unopenable_accepted", "peak_mb")
        told |= {name: getattr(self, name) for name in names}
        told |= {
            "median_ms": _ms(median(self.times or [0])),
            "p95_ms": _ms(_p95(self.times)),
            "convert_median_ms": _ms(median(self.converting or [0])),
        }
        return told | {"rungs": dict(self.rungs), "refused": dict(self.refused)} if is_ours else told


@dataclass(frozen=True)
class Measured:
    """One run of a program."""

    seconds: float
    peak_mb: int
    is_done: bool


class Bench:
    """One run over all files."""

    def __init__(self, asked: argparse.Namespace, folder: Path) -> None:
        self.asked, self.folder = asked, folder
        self.tallies = {tool: Tally() for tool in TOOLS}
        self.inputs = self.openable = 0
        self.renderer = Renderer(scratch=folder)
        self.children = Children()  # the bench's own eyes: what a tool says of itself counts for nothing
        self.gate = Gate(folder, seconds=60.0)
        self.ghostscript = shutil.which("gs")
        self.ocrmypdf: Path | None = None

    async def run(self) -> dict[str, Any]:
        """Every file through every tool."""
        sources = self.sources()
        self.tallies["ocrmypdf"].absent = self.prepare_ocrmypdf()
        if self.ghostscript is None:
            self.tallies["ghostscript"].absent = self.tallies["ghostscript_gated"].absent = "Ghostscript is not here"
        await self.renderer.start()
        await self.children.start()
        await self.gate.start()
        await warm(self.children, self.gate, self.folder)
        try:
            for source in sources:
                await self.one(source)
            self.inputs = len(sources)
            office = await self.office() if self.asked.office else {}
            return {tool: self.figures(tool) for tool in TOOLS} | office
        finally:
            await self.renderer.stop()
            await self.gate.stop()
            await self.children.stop()

    def figures(self, tool: str) -> dict[str, Any]:
        """One tool's."""
        tally = self.tallies[tool]
        if tool == "ours":
            tally.peak_mb = self.renderer.peak_mb
        return tally.figures(self.inputs, self.openable, is_ours=tool == "ours")

    def sources(self) -> list[Path]:
        """The PDF files asked for, or those among the product's own samples."""
        folder = self.asked.inputs or samples(self.folder / "samples", {"application/pdf"})
        return sorted(folder.glob("*.pdf"))[: self.asked.limit]

    async def one(self, source: Path) -> None:
        """One file."""
        is_openable = await self.is_openable(source)
        self.openable += is_openable
        told = [source.name]
        room = Path(tempfile.mkdtemp(dir=self.folder))
        told.append(await self.ours(source, room, is_openable))
        if self.ghostscript:
            told.append(await self.with_ghostscript(source, room, is_openable))
        if self.ocrmypdf:
            told.append(await self.with_ocrmypdf(source, room, is_openable))
        shutil.rmtree(room, ignore_errors=True)
        if not self.asked.json or self.asked.each:
            print(" | ".join(told), file=sys.stderr, flush=True)

    async def is_openable(self, source: Path) -> bool:
        """Whether anything but a tool that invents pages can open it."""
        tasks: tuple[tuple[str, dict[str, Any]], ...] = (
            ("compare", {"source": str(source), "candidate": str(source), "max_looks": 0}),
            ("survey", {"source": str(source), "hint": None, "attachments": str(self.folder / "a"), "max_pages": 5000}),
        )
        for task, arguments in tasks:
            try:
                said = await self.children.run(task, LIMITS, **arguments)
            except (ChildFailed, Declined):
                continue
            if said.get("pages", said.get("pages_before", 0)) > 0:
                return True
        return False

    # --- tools

    async def ours(self, source: Path, room: Path, is_openable: bool) -> str:
        """The whole way, with gate and checks; and its conversion alone."""
        tally = self.tallies["ours"]
        await quiet()
        begun = time.perf_counter()
        try:
            made: Rendition | None = await self.rendered(source, room / "ours.pdf")
        except (Declined, Transient) as no:
            made, code = None, no.code if isinstance(no, Declined) else no.reason
            tally.refused[code] += 1
        seconds = time.perf_counter() - begun
        if is_openable:
            tally.times.append(seconds)
            tally.converting.append(await self.mended_in(source, room / "mended.pdf"))
        if made is None:
            return f"ours {code} {_ms(seconds)}"
        tally.rungs[made.rung.value] += 1
        verdict, same = await self.judged(source, made.path, made.flavour)
        told = self.count(tally, is_openable, verdict, same)
        return f"ours {made.rung.value} {made.flavour.value} {told} {_ms(seconds)}"

    async def rendered(self, source: Path, destination: Path) -> Rendition:
        deadline = now() + timedelta(seconds=240)
        return await self.renderer.render(source, None, language="nb", destination=destination, deadline=deadline)

    async def mended_in(self, source: Path, target: Path) -> float:
        await quiet()
        begun = time.perf_counter()
        arguments = {"source": str(source), "destination": str(target), "level": "2u", "language": "nb"}
        with contextlib.suppress(ChildFailed, Declined):  # it took the time that it took
            await self.children.run("mend", LIMITS, **arguments)
        return time.perf_counter() - begun

    async def with_ghostscript(self, source: Path, room: Path, is_openable: bool) -> str:
        """Alone, and with our gate and checks after it: nothing else is done to what it writes."""
        assert self.ghostscript is not None
        alone, gated = self.tallies["ghostscript"], self.tallies["ghostscript_gated"]
        target = room / "ghostscript.pdf"
        await quiet()
        ran = await asyncio.to_thread(measured, redrawing(self.ghostscript, source, target))
        alone.peak_mb = gated.peak_mb = max(alone.peak_mb, ran.peak_mb)
        begun, told = time.perf_counter(), "nothing"
        if ran.is_done and target.exists():
            verdict, same = await self.judged(source, target, Flavour.A2B)
            told = self.count(alone, is_openable, verdict, same)
            if verdict and same and same.looks_same and same.reads_same:
                self.count(gated, is_openable, verdict, same)
        checking = time.perf_counter() - begun
        if is_openable:
            alone.times.append(ran.seconds)
            alone.converting.append(ran.seconds)
            gated.times.append(ran.seconds + checking)
            gated.converting.append(ran.seconds)
        return f"ghostscript {told} {_ms(ran.seconds)} +{_ms(checking)}"

    async def with_ocrmypdf(self, source: Path, room: Path, is_openable: bool) -> str:
        """Its own way to PDF/A, without recognising text. Its inner one: Ghostscript 10.0, Debian's, it refuses."""
        tally, target = self.tallies["ocrmypdf"], room / "ocrmypdf.pdf"
        command = [
            str(self.ocrmypdf), "--mode", "skip", "--ocr-engine", "none", "--output-type", "pdfa-2", "--pdfa-backend",
            "internal", "--optimize", "0", "--quiet", str(source), str(target),
        ]  # fmt: skip
        await quiet()
        ran = await asyncio.to_thread(measured, command)
        tally.peak_mb, told = max(tally.peak_mb, ran.peak_mb), "nothing"
        if target.exists():
            told = self.count(tally, is_openable, *await self.judged(source, target, Flavour.A2B))
        if is_openable:
            tally.times.append(ran.seconds)
            tally.converting.append(ran.seconds)
        return f"ocrmypdf {told} {_ms(ran.seconds)}"

    # --- judging

    async def judged(self, source: Path, made: Path, flavour: Flavour) -> tuple[bool, Sameness | None]:
        """The verdict, and how alike the two are; none where one of them cannot be read."""
        verdict, same = await asyncio.gather(self.gate.judge(made, flavour), self.alike(source, made))
        return verdict.is_valid, same

    async def alike(self, source: Path, made: Path) -> Sameness | None:
        arguments = {"source": str(source), "candidate": str(made), "max_looks": LOOKS}
        try:
            return Sameness(**await self.children.run("compare", LIMITS, **arguments))
        except ChildFailed:
            return None

    def count(self, tally: Tally, is_openable: bool, is_valid: bool, same: Sameness | None) -> str:
        tally.delivered += 1
        tally.unopenable_accepted += not is_openable
        if not is_valid:
            return "not-valid"
        tally.valid += is_openable
        tally.text_kept += bool(same and same.has_same_pages and same.reads_same)
        is_same = bool(same and same.looks_same and same.reads_same)
        tally.checks_passed += is_same
        return "same" if is_same else "differs"

    # --- office

    async def office(self) -> dict[str, Any]:
        """Word, text and what LibreOffice makes of them, through the warm LibreOffice."""
        sources = sorted((self.asked.office_inputs or office_samples(self.folder / "office")).iterdir())
        times, valid, refused = [], 0, Counter[str]()
        for source in sources:
            begun = time.perf_counter()
            try:
                made = await self.rendered(source, self.folder / "office.pdf")
            except (Declined, Transient) as no:
                refused[no.code if isinstance(no, Declined) else no.reason] += 1
                continue
            times.append(time.perf_counter() - begun)
            valid += (await self.gate.judge(made.path, made.flavour)).is_valid
        converting = self.renderer.office_seconds
        return {
            "office": {
                "inputs": len(sources),
                "valid": valid,
                "refused": dict(refused),
                "median_ms": _ms(median(times or [0])),
                "p95_ms": _ms(_p95(times)),
                "convert_median_ms": _ms(median(converting or [0])),
            }
        }

    def prepare_ocrmypdf(self) -> str:
        """Makes it ready in an environment of its own; one sentence when that cannot be."""
        if self.asked.without_ocrmypdf:
            return "left out by --without-ocrmypdf"
        if shutil.which("tesseract") is None:
            return "OCRmyPDF needs tesseract, which is not here"
        home = REPOSITORY / ".local" / f"ocrmypdf-{OCRMYPDF}"
        program = home / "bin" / "ocrmypdf"
        if not program.exists():
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
            pip = [str(home / "bin" / "pip"), "install", "--quiet", f"ocrmypdf=={OCRMYPDF}"]
            if subprocess.run(pip, check=False, capture_output=True).returncode:
                shutil.rmtree(home, ignore_errors=True)
                return f"OCRmyPDF {OCRMYPDF} could not be installed from the package index"
        self.ocrmypdf = program
        return ""


async def quiet() -> None:
    """Until what was done before is over in every process: a tool is timed alone on the machine."""
    await asyncio.sleep(QUIET_SECONDS)


def samples(folder: Path, media_types: set[str]) -> Path:
    """The product's own sample files of these types, each once."""
    folder.mkdir()
    for shipment in shipments():
        for number, file in enumerate(shipment.files):
            if file.media_type in media_types:
                (folder / f"{shipment.key}-{number}{Path(file.name).suffix}").write_bytes(file.content)
    return folder


def office_samples(folder: Path) -> Path:
    """The sample letters as Word and text, and each Word file once more in the other formats that come in."""
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    samples(folder, {word, "text/plain"})
    soffice = shutil.which("soffice")
    for kind in ("odt", "rtf", "doc", "html") if soffice else ():
        written = [str(path) for path in sorted(folder.glob("*.docx"))]
        profile = f"-env:UserInstallation=file://{folder.parent}/profile"
        command = [str(soffice), profile, "--headless", "--convert-to", kind, "--outdir", str(folder), *written]
        subprocess.run(command, check=True, capture_output=True)
    for picture in [path for path in folder.iterdir() if path.suffix not in OFFICE]:
        picture.unlink()
    return folder


OFFICE: Final = {".docx", ".odt", ".rtf", ".doc", ".html", ".txt"}


def measured(command: list[str]) -> Measured:
    """Runs a program to its end; whether it ended well, in what time, and with what memory."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pid = status = 0
    while pid == 0:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid == 0 and time.perf_counter() - begun > PEER_SECONDS:
            process.kill()
        elif pid == 0:
            time.sleep(0.001)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(time.perf_counter() - begun, used.ru_maxrss // 1024, process.returncode == 0)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)] if times else 0.0


def main() -> None:
    """Runs once and prints the figures."""
    parser = argparse.ArgumentParser(prog="./dev bench pdfa", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--inputs", type=Path, help="a folder of PDF files; none takes the product's own samples")
    parser.add_argument("--limit", type=int, help="at most so many files")
    parser.add_argument("--office", action="store_true", help="office files too")
    parser.add_argument("--office-inputs", type=Path, help="a folder of them; none takes the product's own samples")
    parser.add_argument("--without-ocrmypdf", action="store_true", help="leave the slowest out")
    parser.add_argument("--each", action="store_true", help="a line for each file, with --json too")
    parser.add_argument("--json", action="store_true", help="only one line of figures")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sikkersak-bench-") as name:
        figures = asyncio.run(Bench(asked, Path(name)).run())
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
