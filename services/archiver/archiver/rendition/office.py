"""A warm LibreOffice: one document at a time, a profile of its own, started anew before it grows old (M24)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

from archiver.rendition.cage import Cage, Limits, run
from archiver.rendition.content import Kind
from archiver.rendition.refusals import NOT_CONVERTED, refusal
from archiver.rendition.worker import Worker, WorkerLate, WorkerLost
from sikkersak.errors import Transient

PYTHON = "/usr/bin/python3"
SOFFICE = Path("/usr/lib/libreoffice/program/soffice.bin")
DESK = Path(__file__).with_name("office_desk.py")
DOCUMENTS_PER_LIFE = 200
MEMORY_MIB = 700
LIMITS = Limits(seconds=0, memory=0, file=1 << 30, files=1024)
FILTERS = {
    Kind.DOCX: ("MS Word 2007 XML", "", ".docx"),
    Kind.ODT: ("writer8", "", ".odt"),
    Kind.DOC: ("MS Word 97", "", ".doc"),
    Kind.RTF: ("Rich Text Format", "", ".rtf"),
    Kind.HTML: ("HTML (StarWriter)", "", ".html"),
    Kind.MAIL: ("HTML (StarWriter)", "", ".html"),
    Kind.TEXT: ("Text (encoded)", "UTF8,LF,Liberation Mono,nb-NO", ".txt"),
}


async def is_office_present() -> bool:
    """Whether LibreOffice Writer and the system's UNO for Python are on this machine."""
    if not (SOFFICE.exists() and Path(PYTHON).exists()):
        return False
    return await run([PYTHON, "-c", "import uno"], 20.0) == 0


class Office:
    """Turns written documents into tagged PDF/A-2b."""

    def __init__(self, cage: Cage, scratch: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="office-", dir=scratch))
        command = cage.command([PYTHON, str(DESK), str(self._folder)], LIMITS, readable=[DESK], writable=[self._folder])
        self._worker = Worker(command)
        self._turn = asyncio.Lock()
        self._done = 0
        self.took: deque[float] = deque(maxlen=1000)

    async def start(self) -> None:
        """Warms it up. Raises Transient when it does not come up."""
        try:
            await self._worker.start()
        except WorkerLost:
            raise Transient("rendition-office-missing") from None

    async def stop(self) -> None:
        """Ends it and forgets its profile."""
        await self._worker.stop()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def convert(self, source: Path, destination: Path, kind: Kind, seconds: float) -> None:
        """Writes the PDF. Raises Declined for a document that will not load, crashes it or takes too long."""
        reader, options, ending = FILTERS[kind]
        taken, made = self._folder / f"in{ending}", self._folder / "out.pdf"
        question = {"source": str(taken), "destination": str(made), "filter": reader, "options": options}
        async with self._turn:
            try:
                await asyncio.to_thread(shutil.copyfile, source, taken)
                begun = time.monotonic()
                said = await self._asked(question, seconds)
                self.took.append(time.monotonic() - begun)
                if not (said["ok"] and made.exists()):
                    raise refusal(NOT_CONVERTED)
                await asyncio.to_thread(shutil.copyfile, made, destination)
                if self._done >= DOCUMENTS_PER_LIFE or said["memory"] > MEMORY_MIB:
                    await self._retire()
            except (WorkerLate, WorkerLost):
                self._done = 0
                raise refusal(NOT_CONVERTED) from None
            finally:
                taken.unlink(missing_ok=True)
                made.unlink(missing_ok=True)

    async def _asked(self, question: dict[str, str], seconds: float) -> dict[str, Any]:
        """What it said. A no is believed of a fresh one only: a disk that was full for a moment spoils a warm one for good."""
        for _ in range(2):
            await self.start()
            is_fresh, self._done = self._done == 0, self._done + 1
            said = await self._worker.ask(question, seconds)
            if said["ok"]:
                break
            await self._retire()
            if is_fresh:
                break
        return said

    async def _retire(self) -> None:
        """The next one begins with a profile of its own, whatever this one's has become."""
        self._done = 0
        await self._worker.stop()
        for left in self._folder.iterdir():
            if left.is_dir():
                await asyncio.to_thread(shutil.rmtree, left, ignore_errors=True)
