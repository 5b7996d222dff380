"""The renderer: takes any file that came in, gives a PDF/A that the archive takes, or says why not (M24)."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from archiver.rendition.cage import MEBIBYTE, Cage, Limits, detect
from archiver.rendition.children import ChildFailed, Children
from archiver.rendition.content import IMAGES, Kind
from archiver.rendition.gate import Gate
from archiver.rendition.ghostscript import Ghostscript
from archiver.rendition.ladder import LEVELS, Asked, Candidate, Climb, Ladder, Mended
from archiver.rendition.lanes import HEAVY, Lanes
from archiver.rendition.notices import compose_notice
from archiver.rendition.office import FILTERS, Office, is_office_present
from archiver.rendition.outcome import Attachment, Flavour, Note, Record, Rendition, Rung, Sameness
from archiver.rendition.recognition import Recognition
from archiver.rendition.refusals import DAMAGED, DIFFERS, TOO_LARGE, refusal
from archiver.rendition.scratch import Scratch
from archiver.rendition.warming import warm
from sikkersak.clock import now
from sikkersak.errors import Transient

READERS = {Kind.TEXT: "read_text", Kind.HTML: "read_html", Kind.MAIL: "read_mail"}
WITHOUT = {
    "java": "no veraPDF: only what pikepdf vouches for is converted, the rest waits",
    "ghostscript": "damaged and unusual PDF files become pictures of their pages",
    "libreoffice": "office documents, web pages, text and e-mail wait",
    "tesseract": "scans are archived as they are, without words to search in",
    "bubblewrap": "converters have limits but no walls around them",
    "offline": "the processes that read documents have limits, but could reach the network",
    "nursery": "nothing is converted until it is up again",
}
QUIETLY = ("bubblewrap", "offline")  # converting goes on without them


@dataclass(frozen=True)
class RenderingLimits:
    """What a document may cost before a person is asked instead. Sizes in bytes."""

    source_bytes: int = 300 * MEBIBYTE
    pages: int = 5000
    at_once: int = 2
    gate_seconds: float = 60.0
    office_seconds: float = 90.0
    scan_languages: str = ""  # what scans are read in, as tesseract names it; empty: they are not read
    scan_pages: int = 20  # a longer scan is not read: it would hold up the others


class Renderer:
    """One per service process. `start` it once, `render` as often as you like, `stop` it at the end (R14)."""

    def __init__(self, scratch: Path | None = None, limits: RenderingLimits | None = None) -> None:
        self._limits = limits or RenderingLimits()
        self._folder = Scratch(scratch)
        self._scratch = self._folder.path
        self._lanes = Lanes(self._limits.at_once)
        self._children = Children(self._limits.at_once + HEAVY)
        self._gate = Gate(self._scratch, seconds=self._limits.gate_seconds)
        self._cage = Cage(has_walls=False)
        self._office: Office | None = None
        self._ghostscript = Ghostscript(self._cage)
        self._ladder = Ladder(self._gate, self._ghostscript)
        self._recognition = Recognition(self._cage, self._limits.scan_languages)

    async def start(self) -> None:
        """Finds out what this machine has and warms it up. What is missing is for `capabilities`, not an error."""
        self._cage = await detect()
        self._ghostscript = Ghostscript(self._cage)
        self._ladder = Ladder(self._gate, self._ghostscript)
        self._recognition = Recognition(self._cage, self._limits.scan_languages)
        await self._recognition.start()
        if await is_office_present():
            self._office = Office(self._cage, self._scratch)
        await self._children.start()
        making_ready = [
            warm(self._children, self._gate, self._scratch),
            *([self._office.start()] if self._office else []),
        ]
        for failed in await asyncio.gather(*making_ready, return_exceptions=True):
            if isinstance(failed, BaseException) and not isinstance(failed, Transient):
                raise failed

    async def stop(self) -> None:
        """Ends every process and forgets every scratch file."""
        await self._gate.stop()
        if self._office is not None:
            await self._office.stop()
        await self._children.stop()
        await asyncio.to_thread(self._folder.remove)

    @property
    def peak_mb(self) -> int:
        """The most memory that one child has used."""
        return self._children.peak_mb

    @property
    def office_seconds(self) -> list[float]:
        """How long LibreOffice took for each of its latest documents."""
        return list(self._office.took) if self._office else []

    def capabilities(self) -> dict[str, bool]:
        """What is present, for the health check. Without bubblewrap the limits hold, but not the walls."""
        return {
            "java": self._gate.is_present,
            "ghostscript": self._ghostscript.is_present,
            "libreoffice": self._office is not None,
            **({"tesseract": self._recognition.is_present} if self._recognition.is_wanted else {}),
            "bubblewrap": self._cage.has_walls,
            "offline": self._children.is_offline,
            "nursery": self._children.is_running,
        }

    def lacks(self) -> list[str]:
        """What is missing, each with what does not work without it; the walls (`QUIETLY`) are missing quietly."""
        return [f"{name} ({WITHOUT[name]})" for name, is_present in self.capabilities().items() if not is_present]

    async def render(
        self, source: Path, media_type_hint: str | None, *, language: str, destination: Path, deadline: datetime,
        accept_difference: bool = False, record: Record | None = None, is_urgent: bool = False,
    ) -> Rendition:  # fmt: skip
        """Writes the rendition of `source` to `destination`, which it may overwrite; safe to run twice (R4).

        Attachments found inside are written to the folder `<destination>.attachments`. `deadline` is aware.
        `accept_difference` is a person's word that a rendition which looks different will do. `record` is filled in also
        when nothing comes of it. `is_urgent`: a person waits, before others that wait for their turn.

        Raises Declined for what a person must decide, Transient when something is missing just now.
        """
        size = (await asyncio.to_thread(source.stat)).st_size
        if size > self._limits.source_bytes:
            raise refusal(TOO_LARGE)
        async with self._lanes.place(is_urgent=is_urgent):
            asked = Asked(language, deadline, accept_difference, record or Record())
            return await self._render(source, media_type_hint, destination, asked)

    async def _render(self, source: Path, media_type_hint: str | None, destination: Path, asked: Asked) -> Rendition:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="document-", dir=self._scratch))
        attachments = destination.with_name(f"{destination.name}.attachments")
        try:
            await asyncio.to_thread(_taken, source, folder / "source", attachments)
            async with self._children.child() as child:
                climb = Climb(child, folder, asked)
                try:
                    found = await self._survey(folder / "source", media_type_hint, attachments, climb)
                    candidate = await self._rendered(folder / "source", Kind(found["kind"]), found, attachments, climb)
                    candidate = await self._read(candidate, climb)
                finally:
                    asked.record.peak_mb = child.peak_mb
            return await asyncio.to_thread(_delivered, candidate, found, climb, destination)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def unlock(self, source: Path, password: str, destination: Path) -> None:
        """Writes the file as it is without its password. Raises Declined when the password does not open it."""
        arguments = {"source": str(source), "password": password, "destination": str(destination)}
        try:
            await self._children.run("unlock", Limits(seconds=60.0), **arguments)
        except ChildFailed as failed:
            raise refusal(DAMAGED if failed.why in {"error", "crash"} else TOO_LARGE) from None

    async def notice(
        self, destination: Path, *, language: str, title: str, file: str, why: str, said: str
    ) -> Rendition:
        """A page that says why a document has no rendition. It passes the gate like everything else, or is a bug."""
        content = await compose_notice(language=language, title=title, file=file, why=why, said=said)
        await asyncio.to_thread(destination.write_bytes, content)
        verdict = await self._gate.judge(destination, Flavour.A2A)
        if not verdict.is_valid:
            raise RuntimeError(f"the notice page is not valid: {', '.join(verdict.failed_rules)}")
        return Rendition(
            path=destination,
            flavour=Flavour.A2A,
            rung=Rung.NOTICE,
            verdict=verdict,
            pages=1,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            source_kind="application/pdf",
            notes=(Note("notice-page"),),
        )

    async def _survey(self, taken: Path, hint: str | None, attachments: Path, climb: Climb) -> dict[str, Any]:
        """What the document is; an ordinary PDF is mended in the same reading of it."""
        look = {"source": str(taken), "hint": hint, "attachments": str(attachments), "max_pages": self._limits.pages}
        target = {"destination": str(climb.folder / "mended.pdf"), "level": LEVELS[0], "language": climb.asked.language}
        try:
            return await climb.child.run("survey_and_mend", climb.limits(60), **look, **target)
        except ChildFailed as failed:
            why = failed.why
        try:
            found = await climb.child.run("survey", climb.limits(30), **look)
        except ChildFailed as failed:
            raise refusal(DAMAGED if failed.why in {"error", "crash"} else TOO_LARGE) from None
        return found | {"not_mended": why}

    async def _rendered(
        self, taken: Path, kind: Kind, found: dict[str, Any], attachments: Path, climb: Climb
    ) -> Candidate:
        if kind is Kind.PDF:
            taken = Path(found.get("opened", taken))
            kept = await self._ladder.keep(taken, found["claim"], climb) if found["claim"] else None
            return kept or await self._ladder.climb(taken, climb, mended=_mended(found, climb))
        if kind in IMAGES:
            return await self._from_image(taken, kind, found, climb)
        return await self._from_office(taken, kind, found, attachments, climb)

    async def _from_image(self, taken: Path, kind: Kind, found: dict[str, Any], climb: Climb) -> Candidate:
        laid = climb.folder / "laid.pdf"
        try:
            said = await climb.child.run(
                "lay_image", climb.limits(60), source=str(taken), destination=str(laid), kind=kind.value
            )
        except ChildFailed as failed:
            raise refusal(DAMAGED if failed.why in {"error", "crash"} else TOO_LARGE) from None
        found["notes"] |= said["notes"]
        return await self._ladder.climb(laid, climb, first=Rung.IMAGE)

    async def _from_office(
        self, taken: Path, kind: Kind, found: dict[str, Any], attachments: Path, climb: Climb
    ) -> Candidate:
        if self._office is None:
            raise Transient("rendition-office-missing")
        prepared = await self._prepared(taken, kind, found, attachments, climb)
        exported, labelled = climb.folder / "exported.pdf", climb.folder / "labelled.pdf"
        await self._office.convert(prepared, exported, kind, climb.limits(self._limits.office_seconds).seconds)
        try:
            await climb.child.run(
                "relabel", climb.limits(60),
                source=str(exported), destination=str(labelled), level="2a", language=climb.asked.language,
            )  # fmt: skip
            if kind is Kind.TEXT:
                await self._check_words(prepared, exported, climb)
            candidate = await self._ladder.judged(exported, labelled, climb, Rung.OFFICE, {})
            if candidate is not None:
                return candidate
        except ChildFailed as failed:
            climb.tried(Rung.OFFICE, failed.why)
        return await self._ladder.climb(exported, climb)

    async def _prepared(self, taken: Path, kind: Kind, found: dict[str, Any], attachments: Path, climb: Climb) -> Path:
        reader = READERS.get(kind)
        if reader is None:
            return taken
        prepared = climb.folder / f"prepared{FILTERS[kind][2]}"
        more = {"attachments": str(attachments)} if kind is Kind.MAIL else {}
        try:
            said = await climb.child.run(reader, climb.limits(30), source=str(taken), destination=str(prepared), **more)
        except ChildFailed as failed:
            raise refusal(DAMAGED if failed.why in {"error", "crash"} else TOO_LARGE) from None
        found["notes"] |= said["notes"]
        found["attachments"] = said.get("attachments", [])
        return prepared

    async def _read(self, candidate: Candidate, climb: Climb) -> Candidate:
        """The same pages with words behind them, where they have none and can be read in time; else as they were."""
        same = candidate.sameness
        if not self._recognition.is_present or same is None or same.recall is not None:
            return candidate
        if same.pages_after > self._limits.scan_pages or not candidate.is_same:
            return candidate
        half = (climb.asked.deadline - now()).total_seconds() / 2
        try:
            async with asyncio.timeout(half):
                return await self._with_words(candidate, same.pages_after, climb) or candidate
        except (ChildFailed, TimeoutError):  # the archive copy is good without: nothing is lost
            return candidate

    async def _with_words(self, candidate: Candidate, pages: int, climb: Climb) -> Candidate | None:
        folder, laid = climb.folder / "scan", climb.folder / "read.pdf"
        folder.mkdir(exist_ok=True)
        read = []
        for number in range(pages):
            picture = folder / f"{number}.png"
            drawn = await climb.child.run(
                "draw_scan", climb.limits(30), source=str(candidate.path), destination=str(picture), number=number
            )
            words = await self._recognition.read(picture, folder, climb.limits(60))
            if words is None:
                return None
            read.append({**drawn, "words": str(words)})
            picture.unlink()
        said = await climb.child.run(
            "lay_words", climb.limits(60), source=str(candidate.path), destination=str(laid), read=read
        )
        if said["words"] == 0:
            return None
        notes = {**candidate.notes, "words-read": said["words"]}
        judged = await self._ladder.judged(candidate.path, laid, climb, candidate.rung, notes)
        return judged if judged is not None and judged.is_same else None

    async def _check_words(self, text: Path, exported: Path, climb: Climb) -> None:
        said = await climb.child.run("words_kept", climb.limits(60), source=str(text), candidate=str(exported))
        same = Sameness(said["pages"], said["pages"], said["recall"], 0, 0)
        if not same.reads_same:
            climb.tried(Rung.OFFICE, "text-differs", None, same)
            if not climb.asked.accept_difference:
                raise refusal(DIFFERS)


def _taken(source: Path, target: Path, attachments: Path) -> None:
    """A copy that nobody else writes to, and no attachments of an earlier try."""
    shutil.copyfile(source, target)
    shutil.rmtree(attachments, ignore_errors=True)


def _mended(found: dict[str, Any], climb: Climb) -> Mended | None:
    """What the first reading of the document mended. Where that failed the ladder tells it, and mends again if it can."""
    made = found.get("mended")
    return None if made is None else Mended(climb.folder / "mended.pdf", made["notes"])


def _delivered(candidate: Candidate, found: dict[str, Any], climb: Climb, destination: Path) -> Rendition:
    """Moves the file to its place and writes down everything worth keeping."""
    with candidate.path.open("rb") as made:
        sha256 = hashlib.file_digest(made, "sha256").hexdigest()
    shutil.copyfile(candidate.path, destination)
    notes = Counter(found["notes"]) + candidate.notes
    if candidate.rung is not Rung.KEPT and found.get("signatures"):
        notes["signature-invalidated"] = found["signatures"]
    if candidate.rung is Rung.KEPT:
        del notes["encryption-removed"]
    same = candidate.sameness
    if same is not None and not same.looks_same:
        notes["look-differs"] = 1
    elif same is not None and not same.reads_same:
        notes["text-differs"] = 1
    return Rendition(
        path=destination,
        flavour=Flavour(candidate.verdict.flavour),
        rung=candidate.rung,
        verdict=candidate.verdict,
        pages=same.pages_after if same else found["pages"],
        sha256=sha256,
        size=destination.stat().st_size,
        source_kind=found["kind"],
        notes=tuple(Note(code, count) for code, count in sorted(notes.items()) if count),
        attachments=tuple(Attachment(Path(one["path"]), one["name"]) for one in found["attachments"]),
        attempts=tuple(climb.attempts),
        sameness=same,
    )
