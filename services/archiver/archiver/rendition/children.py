"""The way into the nursery from the service: work on a document, done by a child that cannot do harm."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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


class Child:
    """The process that works on one document, one piece after the other. A new one comes for one that failed."""

    def __init__(self, children: Children, document: int) -> None:
        self._children, self._document = children, document
        self._turn = asyncio.Lock()
        self.peak_mb = 0  # the most that it has used of memory

    async def run(self, task: str, limits: Limits, **arguments: Any) -> dict[str, Any]:
        """What the task answered. Raises Declined as the task did, ChildFailed, or Transient without a nursery."""
        async with self._turn:
            said = await self._children.work(self._document, task, limits, arguments)
        self.peak_mb = max(self.peak_mb, said.get("peak_mb", 0))
        if "declined" in said:
            raise refusal(said["declined"])
        if "failed" in said:
            raise ChildFailed(said["failed"], said.get("fault", ""))
        answer: dict[str, Any] = said["answer"]
        return answer

    async def renew(self) -> None:
        """The next piece of work gets a child with empty memory."""
        async with self._turn:
            await self._children.let_go(self._document)


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
        self.peak_mb = 0  # the most that one child has used of memory

    @property
    def is_running(self) -> bool:
        """Whether the nursery is alive now."""
        return self._process is not None and self._process.returncode is None

    @property
    def is_offline(self) -> bool:
        """Whether the children cannot reach the network."""
        return bool(self.details.get("offline"))

    async def start(self) -> None:
        """Starts the nursery unless it runs. Raises Transient when it does not come up."""
        async with self._starting:
            if not self.is_running:
                await self.stop()
                await self._start()

    async def run(self, task: str, limits: Limits, **arguments: Any) -> dict[str, Any]:
        """What the task answered, done by a child of its own. Raises as `Child.run` does."""
        async with self.child() as child:
            return await child.run(task, limits, **arguments)

    @asynccontextmanager
    async def child(self) -> AsyncIterator[Child]:
        """A child for one document: what it has read and imported once serves its next piece of work."""
        document = next(self._numbers)
        try:
            yield Child(self, document)
        finally:
            await self.let_go(document)

    async def let_go(self, document: int) -> None:
        """Ends the child of a document, if it has one."""
        with contextlib.suppress(Transient):  # no nursery, no child
            await self._send({"document": document, "stop": True})

    async def work(self, document: int, task: str, limits: Limits, arguments: dict[str, Any]) -> dict[str, Any]:
        """One piece of work by the child of this document, as the child said it."""
        async with self._slots:
            await self.start()
            number = next(self._numbers)
            future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
            self._waiting[number] = future
            order = {"id": number, "document": document, "task": task, "arguments": arguments, "limits": asdict(limits)}
            try:
                await self._send(order)
                said = await future
            except asyncio.CancelledError:
                await self.let_go(document)
                raise
            finally:
                self._waiting.pop(number, None)
        self.peak_mb = max(self.peak_mb, said.get("peak_mb", 0))
        return said

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
