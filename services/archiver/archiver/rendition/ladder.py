"""The ladder for PDFs: cheapest and most faithful first, the gate and the sameness check after each rung (M24)."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from archiver.rendition.cage import Limits
from archiver.rendition.children import Child, ChildFailed
from archiver.rendition.gate import Gate
from archiver.rendition.ghostscript import Ghostscript
from archiver.rendition.outcome import Attempt, Record, Rung, Sameness, Verdict
from archiver.rendition.refusals import DIFFERS, NOT_VALID, TOO_LARGE, refusal
from sikkersak.clock import now
from sikkersak.errors import Transient

LEVELS = ("2u", "2b")
TAGGED_LEVELS = ("2a", "2u", "2b")
TEXT_WITHOUT_UNICODE = "6.2.11.7"
JPEG_2000 = "6.2.8.3"
READABLE_ENOUGH = 0.9
COSTLY = frozenset({"time", "memory", "depth"})
MAX_LOOKS = 60
MAX_PICTURES = 300


@dataclass(frozen=True)
class Candidate:
    """A file that passed the gate."""

    path: Path
    rung: Rung
    verdict: Verdict
    sameness: Sameness | None = None
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def is_same(self) -> bool:
        """Whether every check of sameness was passed."""
        return self.sameness is not None and self.sameness.is_same


@dataclass(frozen=True)
class Mended:
    """What mending made, with its notes."""

    path: Path
    notes: dict[str, int]


@dataclass(frozen=True)
class Asked:
    """What whoever wants the rendition says of it."""

    language: str
    deadline: datetime
    accept_difference: bool = False
    record: Record = field(default_factory=Record)


@dataclass
class Climb:
    """One document's way up: where it works, by when it must be done, and what was tried."""

    child: Child
    folder: Path
    asked: Asked
    candidates: list[Candidate] = field(default_factory=list)

    @property
    def attempts(self) -> list[Attempt]:
        """What was tried, oldest first."""
        return self.asked.record.attempts

    def limits(self, most: float, **others: int) -> Limits:
        """What one step may cost. Raises Transient when the time for the whole document is over."""
        left = (self.asked.deadline - now()).total_seconds()
        if left <= 0:
            raise Transient("rendition-deadline")
        return Limits(seconds=min(most, left), **others)

    def tried(self, rung: Rung, reason: str, verdict: Verdict | None = None, same: Sameness | None = None) -> None:
        """Notes an attempt for the archive log."""
        self.attempts.append(Attempt(rung, reason, verdict, same))


class Ladder:
    """Climbs until a file is valid and the same."""

    def __init__(self, gate: Gate, ghostscript: Ghostscript) -> None:
        self._gate, self._ghostscript = gate, ghostscript

    async def keep(self, source: Path, claim: str, climb: Climb) -> Candidate | None:
        """The same bytes, if what they claim is true. Never without veraPDF."""
        if not self._gate.is_present:
            return None
        kept = climb.folder / "kept.pdf"
        await asyncio.to_thread(shutil.copyfile, source, kept)
        verdict = await self._gate.judge(kept, claim, climb.limits(60).seconds)
        climb.tried(Rung.KEPT, "valid" if verdict.is_valid else "false-claim", verdict)
        return Candidate(kept, Rung.KEPT, verdict) if verdict.is_valid else None

    async def climb(
        self, source: Path, climb: Climb, *, first: Rung = Rung.MENDED, mended: Mended | None = None
    ) -> Candidate:
        """The first candidate that is the same, or the best of them. Raises Declined when there is none.

        `mended` is what the first look at the document made in passing, where it did.
        """
        steps = ((first, self._mended), (Rung.GHOSTSCRIPT, self._redrawn), (Rung.PICTURED, self._pictured))
        for rung, step in steps:
            try:
                candidate = await step(source, climb, rung, mended if rung is Rung.MENDED else None)
                if candidate is not None and candidate.is_same:
                    return candidate
            except ChildFailed as failed:
                climb.tried(rung, failed.why)
            if not self._gate.is_present:
                raise Transient("rendition-validator-missing")  # nothing is made poorer because Java is away
            if rung is Rung.GHOSTSCRIPT and (good := self._readable(climb)) is not None:
                return good
        return self._best(climb)

    async def judged(
        self, original: Path, made: Path, climb: Climb, rung: Rung, notes: dict[str, int]
    ) -> Candidate | None:
        """The file, if it passes the gate, with how alike it is: looked at by a child while veraPDF reads it."""
        looking = asyncio.create_task(self._alike(original, made, climb))
        try:
            passed = await self.passed(made, climb, rung, notes)
            if passed is None:
                return None
            same = await looking
        finally:
            looking.cancel()  # what the gate refuses need not be looked at
            await asyncio.gather(looking, return_exceptions=True)
        reason = "same" if same.is_same else "text-differs" if same.looks_same else "look-differs"
        climb.tried(rung, reason, passed.verdict, same)
        climb.candidates.append(replace(passed, sameness=same))
        return climb.candidates[-1]

    async def _alike(self, original: Path, made: Path, climb: Climb) -> Sameness:
        said = await climb.child.run(
            "compare", climb.limits(90), source=str(original), candidate=str(made), max_looks=MAX_LOOKS
        )
        return Sameness(**said)

    async def passed(self, made: Path, climb: Climb, rung: Rung, notes: dict[str, int]) -> Candidate | None:
        """The file at the highest level at which the gate lets it through. Only for files that qpdf wrote."""
        if not self._gate.is_present:
            return await self._passed_without_java(made, climb, rung, notes)
        verdict: Verdict | None = None
        for level in TAGGED_LEVELS if rung is Rung.OFFICE else LEVELS:
            if verdict is not None:
                made = await self._relabelled(made, level, climb)
            verdict = await self._gate.judge(made, level, climb.limits(60).seconds)
            if verdict.is_valid:
                return Candidate(made, rung, verdict, notes=Counter(notes))
            climb.tried(rung, "not-valid", verdict)
            if level == "2u" and not all(rule.startswith(TEXT_WITHOUT_UNICODE) for rule in verdict.failed_rules):
                return None  # 2b asks for all that 2u does but this
        return None

    async def _passed_without_java(
        self, made: Path, climb: Climb, rung: Rung, notes: dict[str, int]
    ) -> Candidate | None:
        made = await self._relabelled(made, "2b", climb)
        verdict = await self._gate.second_opinion(climb.child, made, climb.limits(60))
        if verdict.is_valid:
            return Candidate(made, rung, verdict, notes=Counter({**notes, "second-opinion": 1}))
        climb.tried(rung, "not-approved-without-verapdf", verdict)
        return None

    async def _relabelled(self, made: Path, level: str, climb: Climb) -> Path:
        target = made.with_name(f"{made.stem}-{level}.pdf")
        await climb.child.run("relabel", climb.limits(60), source=str(made), destination=str(target), level=level)
        return target

    async def _mended(self, source: Path, climb: Climb, rung: Rung, mended: Mended | None = None) -> Candidate | None:
        candidate = await self._mend(source, source, climb, rung, mended)
        return candidate or await self._recoded(source, source, climb, rung)

    async def _recoded(self, original: Path, source: Path, climb: Climb, rung: Rung) -> Candidate | None:
        """Once more with its JPEG 2000 pictures coded anew, where those are what the gate refused."""
        last = climb.attempts[-1].verdict if climb.attempts else None
        if last is None or not any(rule.startswith(JPEG_2000) for rule in last.failed_rules):
            return None
        return await self._mend(original, source, climb, rung, recode=True)

    async def _mend(
        self,
        original: Path,
        source: Path,
        climb: Climb,
        rung: Rung,
        mended: Mended | None = None,
        *,
        recode: bool = False,
    ) -> Candidate | None:
        if mended is None:
            target = climb.folder / f"{rung.value}{'-recoded' if recode else ''}.pdf"
            said = await climb.child.run(
                "mend", climb.limits(60),
                source=str(source), destination=str(target), level=LEVELS[0], language=climb.asked.language, recode=recode,
            )  # fmt: skip
            mended = Mended(target, said["notes"])
        return await self.judged(original, mended.path, climb, rung, mended.notes)

    async def _redrawn(self, source: Path, climb: Climb, rung: Rung, _: Mended | None = None) -> Candidate | None:
        if not self._ghostscript.is_present:
            climb.tried(rung, "ghostscript-missing")
            return None
        folder = climb.folder / "redrawing"
        folder.mkdir(exist_ok=True)
        redrawn = await self._ghostscript.redraw(source, folder, climb.limits(120))
        if redrawn is None:
            climb.tried(rung, "failed")
            return None
        return await self._mend(source, redrawn, climb, rung) or await self._recoded(source, redrawn, climb, rung)

    async def _pictured(self, source: Path, climb: Climb, rung: Rung, _: Mended | None = None) -> Candidate | None:
        await climb.child.renew()
        for with_text in (True, False):
            target = climb.folder / f"pictures-{with_text}.pdf"
            await climb.child.run(
                "picture_pages", climb.limits(180), source=str(source), destination=str(target), with_text=with_text
            )
            candidate = await self._mend(source, target, climb, rung)
            if candidate is not None:
                candidate.notes["pictured"] = 1
                return candidate
        return None

    def _readable(self, climb: Climb) -> Candidate | None:
        """A candidate that looks the same and lost few words is better than pictures of pages."""
        alike = [one for one in climb.candidates if one.sameness and one.sameness.looks_same]
        return next((one for one in alike if _recall(one) >= READABLE_ENOUGH), None)

    def _best(self, climb: Climb) -> Candidate:
        alike = [one for one in climb.candidates if one.sameness and one.sameness.looks_same]
        if alike:
            return max(alike, key=_recall)
        whole = [one for one in climb.candidates if one.sameness and one.sameness.has_same_pages]
        if whole and climb.asked.accept_difference:
            return max(whole, key=lambda one: -one.sameness.pages_that_differ if one.sameness else 0)
        if whole:
            raise refusal(DIFFERS)
        reasons = {attempt.reason for attempt in climb.attempts}
        raise refusal(TOO_LARGE if reasons & COSTLY else NOT_VALID)


def _recall(candidate: Candidate) -> float:
    same: Any = candidate.sameness
    return 1.0 if same is None or same.recall is None else float(same.recall)
