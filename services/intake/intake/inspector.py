"""The inspector: a warm process that forks one limited child for each shipment's files.

`python -m intake.inspector` reads a question and paths as a JSON list a line, and answers with a JSON list a line. It has
everything imported before, and opens no file itself: the child does, with limits to time, memory and file size, and
is gone afterwards. Where a child breaks on them, each file is inspected by a child of its own. Scans have a warm process
for themselves, one at a time: reading one takes seconds, and holds nobody up but itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from intake import scans
from intake.case_number import on_first_page
from intake.inspection import Finding, judge
from intake.sorting.reading import MOST_CHARACTERS, NOTHING, Reading, read

SECONDS: Final = 20
MEMORY: Final = 1 << 30
LARGEST_ANSWER: Final = 1 << 20
QUESTIONS: Final[dict[str, Callable[[Path], Any]]] = {
    "judge": judge,
    "named_case": on_first_page,
    "read": read,
    "words": scans.words,
}
READ_AT_ONCE: Final = 8  # files: what they say together must go into one answer
UNFIT: Final = Finding("application/octet-stream", "not-inspectable")


class Inspector:
    """Asks the warm processes. Without languages, as tesseract names them (nor+eng), scans are not read."""

    def __init__(self, languages: str = "") -> None:
        self._files, self._scans = Warm(), Warm({scans.LANGUAGES: languages})
        self._reads_scans = bool(languages)

    async def inspect(self, paths: list[Path]) -> list[Finding]:
        """What the files are, in their order."""
        found = await self._files.ask("judge", paths) if paths else []
        return [UNFIT] * len(paths) if found is None else [_finding(one) for one in found]

    async def read(self, paths: list[Path]) -> list[Reading]:
        """What the files say, in their order; nothing where a file cannot be read."""
        readings: list[Reading] = []
        for at in range(0, len(paths), READ_AT_ONCE):
            some = paths[at : at + READ_AT_ONCE]
            told = await self._files.ask("read", some)
            readings += [NOTHING] * len(some) if told is None else [_reading(one) for one in told]
        return [await self._read_scan(*one) if one[1].is_scan else one[1] for one in zip(paths, readings, strict=True)]

    async def _read_scan(self, path: Path, seen: Reading) -> Reading:
        found = await self._scans.ask("words", [path]) if self._reads_scans else None
        if not found or not isinstance(found[0], str):
            return seen
        return seen._replace(text=f"{found[0]}\n\n{seen.text}".strip()[:MOST_CHARACTERS])

    async def named_case(self, path: Path) -> str | None:
        """The case number on a scan's first page, as text or as a barcode."""
        found = await self._files.ask("named_case", [path])
        return found[0] if found and isinstance(found[0], str) else None

    async def close(self) -> None:
        """Ends the warm processes."""
        await self._files.close()
        await self._scans.close()


class Warm:
    """Starts a warm process when it is first needed, and again when it is gone. It is asked one thing at a time."""

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self._environment = environment or {}
        self._process: asyncio.subprocess.Process | None = None
        self._one_at_a_time = asyncio.Lock()

    async def ask(self, what: str, paths: list[Path]) -> list[Any] | None:
        """An answer for each path, or None when it could not be had twice."""
        async with self._one_at_a_time:
            for _ in range(2):
                found = await self._ask(what, paths)
                if found is not None:
                    return found
                await self._end()
        return None

    async def close(self) -> None:
        """Ends the warm process."""
        async with self._one_at_a_time:
            await self._end()

    async def _ask(self, what: str, paths: list[Path]) -> list[Any] | None:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "intake.inspector"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                limit=LARGEST_ANSWER * 2,
                env=os.environ | self._environment,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps([what, *map(str, paths)]).encode() + b"\n")
            await self._process.stdin.drain()
            within = SECONDS * 2 * (len(paths) + 2)
            line = await asyncio.wait_for(self._process.stdout.readline(), within)
            found = json.loads(line)
            return found if isinstance(found, list) else None
        except (TimeoutError, ConnectionError, ValueError):
            return None
        except BaseException:  # given up in the middle: an answer that comes later is for nobody
            self._process.kill()
            raise

    async def _end(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._process = None


def _finding(told: list[Any] | None) -> Finding:
    """What a child found; of a file that breaks children nothing is known but that."""
    return Finding(told[0], told[1], tuple(told[2])) if told else UNFIT


def _reading(told: list[Any] | None) -> Reading:
    return Reading(*told) if told else NOTHING


# --- the warm process


def serve() -> None:
    """Answers until nobody asks any more."""
    import pikepdf
    import pypdfium2

    _ = pikepdf.__version__, pypdfium2.PYPDFIUM_INFO
    for line in sys.stdin:
        what, *paths = json.loads(line)
        found = in_child(what, paths)
        if found is None and len(paths) > 1:
            found = [(in_child(what, [path]) or [None])[0] for path in paths]
        if found is None:
            found = [None] * len(paths)
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def in_child(what: str, paths: list[str]) -> list[Any] | None:
    """What a limited child finds; None where it does not come back with an answer."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _be_the_child(what, paths, writing)
    os.close(writing)
    told = _read(reading)
    os.close(reading)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    try:
        found: list[Any] = json.loads(told)
    except ValueError:
        return None
    return found if len(found) == len(paths) else None


def _read(reading: int) -> bytes:
    """What the child says, as long as it does not keep silent."""
    told = b""
    while len(told) <= LARGEST_ANSWER:
        if not select.select([reading], [], [], SECONDS)[0]:
            return b""
        piece = os.read(reading, 1 << 16)
        if not piece:
            return told
        told += piece
    return b""


def _be_the_child(what: str, paths: list[str], writing: int) -> None:
    """Never returns."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.write(writing, json.dumps([QUESTIONS[what](Path(path)) for path in paths]).encode())
    except BaseException:  # whatever it was: no answer is the answer
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    serve()
