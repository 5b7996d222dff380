"""The nursery: a small warm process that forks one limited child for each piece of work on a document.

It speaks lines of JSON: `{"id", "task", "arguments", "limits"}` in, `{"id", "answer" | "declined" | "failed"}` out,
in the order the children end; `{"id", "stop": true}` ends a child. It has one thread, so that forking is safe, and
has paid for the imports, so that a child costs milliseconds. It ends, with its children, when its input ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archiver.rendition.cage import Limits, confine
from archiver.rendition.tasks import TASKS
from sikkersak.errors import Declined

READ_BYTES = 1 << 16
ANSWER_LIMIT = 8 << 20


@dataclass
class Child:
    """A running child: its process, the pipe it answers on, and when it must be done (monotonic seconds)."""

    work: int
    pid: int
    pipe: int
    deadline: float
    said: bytearray = field(default_factory=bytearray)


class Nursery:
    """Reads orders, forks, collects answers, and kills who is late."""

    def __init__(self, orders: int, answers: int) -> None:
        self._orders, self._answers = orders, answers
        self._selector = selectors.DefaultSelector()
        self._selector.register(orders, selectors.EVENT_READ)
        self._children: dict[int, Child] = {}
        self._heard = b""

    def tend(self) -> None:
        """Works until the orders end."""
        self._say({"ready": True, "threads": len(list(Path("/proc/self/task").iterdir()))})
        is_open = True
        while is_open:
            now = time.monotonic()
            wait = min((child.deadline - now for child in self._children.values()), default=None)
            for key, _ in self._selector.select(None if wait is None else max(0.0, wait)):
                if key.fd == self._orders:
                    is_open = self._hear()
                else:
                    self._listen(self._children[key.fd])
            for child in [c for c in self._children.values() if c.deadline <= time.monotonic()]:
                self._bury(child, {"failed": "time"})
        for child in list(self._children.values()):
            self._bury(child, None)

    def _hear(self) -> bool:
        part = os.read(self._orders, READ_BYTES)
        *lines, self._heard = (self._heard + part).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if order.get("stop"):
                for child in [c for c in self._children.values() if c.work == order["id"]]:
                    self._bury(child, None)
            else:
                self._fork(order)
        return bool(part)

    def _fork(self, order: dict[str, Any]) -> None:
        limits = Limits(**order["limits"])
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ours)
            self._selector.close()
            _be_child(order, limits, theirs)
        os.close(theirs)
        child = Child(order["id"], pid, ours, time.monotonic() + limits.seconds)
        self._children[ours] = child
        self._selector.register(ours, selectors.EVENT_READ)

    def _listen(self, child: Child) -> None:
        part = os.read(child.pipe, READ_BYTES)
        child.said += part
        if len(child.said) > ANSWER_LIMIT:
            self._bury(child, {"failed": "answer"})
        elif not part:
            try:
                self._bury(child, json.loads(child.said))
            except ValueError:  # it was killed, by the system or by a fault in a parser, before it could speak
                self._bury(child, {"failed": "crash"})

    def _bury(self, child: Child, answer: dict[str, Any] | None) -> None:
        del self._children[child.pipe]
        self._selector.unregister(child.pipe)
        os.close(child.pipe)
        for kill in (os.killpg, os.kill):  # it may not have had time to make a group of its own
            with contextlib.suppress(ProcessLookupError):
                kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
        if answer is not None:
            self._say({"id": child.work, **answer})

    def _say(self, line: dict[str, Any]) -> None:
        rest = memoryview(json.dumps(line).encode() + b"\n")
        while rest:
            rest = rest[os.write(self._answers, rest) :]


def _be_child(order: dict[str, Any], limits: Limits, pipe: int) -> None:
    """The child's whole life. It never returns and never runs its parent's exit handlers."""
    status = 1
    try:
        os.setsid()
        with open(os.devnull, "r+b", buffering=0) as nothing:
            for standard in (0, 1, 2):
                os.dup2(nothing.fileno(), standard)
        confine(limits)
        rest = memoryview(json.dumps(_worked(order)).encode())
        while rest:
            rest = rest[os.write(pipe, rest) :]
        status = 0
    finally:
        os._exit(status)


def _worked(order: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": TASKS[order["task"]](**order["arguments"])}
    except Declined as no:
        return {"declined": no.code}
    except MemoryError:
        return {"failed": "memory"}
    except RecursionError:
        return {"failed": "depth"}
    except Exception as fault:  # a parser's fault on one document: the ladder goes on to the next rung
        if "bad_alloc" in str(fault):
            return {"failed": "memory"}
        return {"failed": "error", "fault": f"{type(fault).__name__} in {_place(fault)}"}


def _place(fault: BaseException) -> str:
    """File and line of the innermost frame: enough to find it, and no content."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


def main() -> None:
    """Entry of `python -m archiver.rendition.nursery`."""
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not end up among the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Nursery(0, answers).tend()
    sys.exit(0)


if __name__ == "__main__":
    main()
