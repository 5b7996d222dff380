"""The way into the nursery from the service: work on a document, done by a child that cannot do harm."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import asdict
from itertools import count
from typing import Any

from archiver.rendition.cage import Limits, end_group
from archiver.rendition.refusals import refusal
from archiver.rendition.worker import LINE_LIMIT
from sikkersak.errors import Transient

READY_SECONDS = 60.0


class ChildFailed(Exception):
    """The child did not finish its work. `why` is time, memory, depth, crash, answer or error; `fault` tells more."""

    def __init__(self, why: str, fault: str = "") -> None:
        super().__init__(f"{why} {fault}".strip())
        self.why = why


class Children:
    """Keeps the nursery alive and lets at most `at_once` children run."""

    def __init__(self, at_once: int = 2) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._starting = asyncio.Lock()
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self.details: dict[str, Any] = {}

    @property
    def is_running(self) -> bool:
        """Whether the nursery is alive now."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Starts the nursery unless it runs. Raises Transient when it does not come up."""
        async with self._starting:
            if not self.is_running:
                await self.stop()
                await self._start()

    async def run(self, task: str, limits: Limits, **arguments: Any) -> dict[str, Any]:
        """What the task answered. Raises Declined as the task did, ChildFailed, or Transient without a nursery."""
        async with self._slots:
            await self.start()
            number = next(self._numbers)
            future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
            self._waiting[number] = future
            try:
                await self._send({"id": number, "task": task, "arguments": arguments, "limits": asdict(limits)})
                said = await future
            except asyncio.CancelledError:
                with contextlib.suppress(Transient):  # no nursery, no child
                    await self._send({"id": number, "stop": True})
                raise
            finally:
                self._waiting.pop(number, None)
        if "declined" in said:
            raise refusal(said["declined"])
        if "failed" in said:
            raise ChildFailed(said["failed"], said.get("fault", ""))
        answer: dict[str, Any] = said["answer"]
        return answer

    async def stop(self) -> None:
        """Ends the nursery and every child."""
        process, self._process = self._process, None
        reader, self._reader = self._reader, None
        if process is not None:
            await end_group(process)
        if reader is not None:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader

    async def _start(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "archiver.rendition.nursery",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=LINE_LIMIT,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            self.details = json.loads(await asyncio.wait_for(process.stdout.readline(), READY_SECONDS))
        except (ValueError, TimeoutError):
            await end_group(process)
            raise Transient("rendition-nursery-missing") from None
        self._process = process
        self._reader = asyncio.create_task(self._read(process), name="rendition-nursery")

    async def _send(self, line: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise Transient("rendition-nursery-restarting")
        try:
            process.stdin.write(json.dumps(line).encode() + b"\n")
            await process.stdin.drain()
        except ConnectionError:
            raise Transient("rendition-nursery-restarting") from None

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while line := await process.stdout.readline():
                said = json.loads(line)
                future = self._waiting.get(said["id"])
                if future is not None and not future.done():
                    future.set_result(said)
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(Transient("rendition-nursery-restarting"))
