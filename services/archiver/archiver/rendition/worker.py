"""A warm process that answers one line of JSON for each line of JSON, one at a time, and is killed when it is late."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from archiver.rendition.cage import end_group

LINE_LIMIT = 8 << 20


class WorkerLate(Exception):
    """The answer did not come in time. The process has been killed; the next question starts a new one."""


class WorkerLost(Exception):
    """The process could not be started, or ended while it was asked."""


class WorkerMissing(WorkerLost):
    """The process did not come up."""


class WorkerBusy(Exception):
    """Others hold the worker longer than the asker would wait."""


class Worker:
    """Keeps one process. Questions wait for each other; a question whose asker gives up costs the process its life."""

    def __init__(self, command: Sequence[str], *, ready_seconds: float = 60.0, folder: Path | None = None) -> None:
        self._command = command
        self._ready_seconds = ready_seconds
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self.details: dict[str, Any] = {}

    @property
    def is_running(self) -> bool:
        """Whether the process is alive now."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Starts the process unless it runs, and waits until it says it is ready. Raises WorkerLost."""
        async with self._turn:
            await self._started()

    async def ask(self, question: dict[str, Any], seconds: float, *, patience: float | None = None) -> dict[str, Any]:
        """The answer. Raises WorkerLate or WorkerLost; both leave a worker that starts anew by itself.

        With `patience` raises WorkerBusy when others hold it for so many seconds.
        """
        try:
            async with asyncio.timeout(patience):
                await self._turn.acquire()
        except TimeoutError:
            raise WorkerBusy from None
        try:
            return await self._asked(question, seconds)
        finally:
            self._turn.release()

    async def _asked(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        process = await self._started()
        try:
            return await asyncio.wait_for(self._exchange(process, question), seconds)
        except TimeoutError:
            await self._ended()
            raise WorkerLate from None
        except BaseException:  # also a cancelled asker: the line is out of step and must not be reused
            await self._ended()
            raise

    async def stop(self) -> None:
        """Ends the process."""
        async with self._turn:
            await self._ended()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self._ended()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                limit=LINE_LIMIT,
                cwd=self._folder,
            )
        except OSError as missing:
            raise WorkerMissing(type(missing).__name__) from missing
        self._process = process
        try:
            self.details = await asyncio.wait_for(_line(process), self._ready_seconds)
        except BaseException as gone:
            await self._ended()
            if isinstance(gone, TimeoutError | WorkerLost):
                raise WorkerMissing("not ready in time") from None
            raise
        return process

    async def _exchange(self, process: asyncio.subprocess.Process, question: dict[str, Any]) -> dict[str, Any]:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            await process.stdin.drain()
        except ConnectionError as gone:
            raise WorkerLost("ended") from gone
        return await _line(process)

    async def _ended(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await end_group(process)


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        line = await process.stdout.readline()
        answer = json.loads(line)
    except ValueError as noise:
        raise WorkerLost("ended, or said something else than JSON") from noise
    if not isinstance(answer, dict):
        raise WorkerLost("said something else than an object")
    return answer
