"""The nursery: a small warm process that forks one limited child for each document.

It speaks lines of JSON: `{"id", "document", "task", "arguments", "limits"}` in, `{"id", "answer" | "declined" |
"failed", "peak_mb"}` out as the work is done; `{"document", "stop": true}` ends a document's child. A child does the work
on one document, one piece after the other; one that failed is replaced. The nursery has one thread, so that forking is
safe, is off the network with all its children, has paid for the imports, and has the next children forked and waiting, so
that work begins at once. It ends, with its children, when its input ends.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import resource
import selectors
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archiver.rendition.cage import Limits, confine, die_with_parent, leave_network
from archiver.rendition.tasks import TASKS, prepare_faces, warm_up
from sikkersak.errors import Declined

READ_BYTES = 1 << 16
ANSWER_LIMIT = 8 << 20
HIGHEST_FILE = 256
SPARES = 2
# No child has worked for so long: another can be forked, and stretch, without holding up a document.
QUIET_SECONDS = 0.002


@dataclass
class Child:
    """A child: its process, the pipe that it is told its work on, the one it answers on, and when it must be done."""

    pid: int
    orders: int
    pipe: int
    document: int = 0
    work: int | None = None  # none while it waits
    deadline: float = math.inf  # monotonic seconds
    said: bytearray = field(default_factory=bytearray)


class Nursery:
    """Reads orders, forks, collects answers, and kills who is late."""

    def __init__(self, orders: int, answers: int) -> None:
        self._orders, self._answers = orders, answers
        self._selector = selectors.DefaultSelector()
        self._selector.register(orders, selectors.EVENT_READ)
        self._children: dict[int, Child] = {}
        self._heard = b""
        self._spares: deque[Child] = deque()

    def tend(self, *, is_offline: bool) -> None:
        """Works until the orders end."""
        threads = len(list(Path("/proc/self/task").iterdir()))
        self._say({"ready": True, "threads": threads, "offline": is_offline})
        is_open = True
        while is_open:
            events = self._selector.select(self._patience())
            if not events and len(self._spares) < SPARES and not self._is_busy():
                self._spares.append(_forked(is_to_stretch=True))
            for key, _ in events:
                if key.fd == self._orders:
                    is_open = self._hear()
                elif child := self._children.get(key.fd):
                    self._listen(child)
            for child in [c for c in self._children.values() if c.deadline <= time.monotonic()]:
                self._bury(child, {"failed": "time"})
        for child in list(self._children.values()):
            self._bury(child, None)
        for spare in self._spares:
            _killed(spare)

    def _patience(self) -> float | None:
        """How long to wait for something to do, in seconds: until a child is late, or a spare one can be made."""
        if not self._is_busy():
            return QUIET_SECONDS if len(self._spares) < SPARES else None
        return max(0.0, min(child.deadline for child in self._children.values()) - time.monotonic())

    def _is_busy(self) -> bool:
        return any(child.work is not None for child in self._children.values())

    def _hear(self) -> bool:
        part = os.read(self._orders, READ_BYTES)
        *lines, self._heard = (self._heard + part).split(b"\n")
        for line in lines:
            order = json.loads(line)
            child = next((c for c in self._children.values() if c.document == order["document"]), None)
            if not order.get("stop"):
                self._employ(child or self._new(order["document"]), order)
            elif child is not None:
                self._bury(child, None)
        return bool(part)

    def _new(self, document: int) -> Child:
        child = self._spares.popleft() if self._spares else _forked()
        child.document = document
        self._children[child.pipe] = child
        self._selector.register(child.pipe, selectors.EVENT_READ)
        return child

    def _employ(self, child: Child, order: dict[str, Any]) -> None:
        child.work, child.deadline = order["id"], time.monotonic() + order["limits"]["seconds"]
        with contextlib.suppress(BrokenPipeError):  # it died while it waited: its silence is heard as a crash
            os.write(child.orders, json.dumps(order).encode() + b"\n")

    def _listen(self, child: Child) -> None:
        part = os.read(child.pipe, READ_BYTES)
        child.said += part
        if len(child.said) > ANSWER_LIMIT:
            self._bury(child, {"failed": "answer"})
        elif child.said.endswith(b"\n"):
            answer = json.loads(child.said)
            if "failed" in answer:  # its memory may be full, or half-made things in it
                self._bury(child, answer)
            else:
                self._say({"id": child.work, **answer})
                child.said.clear()
                child.work, child.deadline = None, math.inf
        elif not part:  # it was killed, by the system or by a fault in a parser, before it could speak
            self._bury(child, {"failed": "crash"})

    def _bury(self, child: Child, answer: dict[str, Any] | None) -> None:
        del self._children[child.pipe]
        self._selector.unregister(child.pipe)
        if answer is not None and child.work is not None:
            self._say({"id": child.work, **answer})
        _killed(child)

    def _say(self, line: dict[str, Any]) -> None:
        rest = memoryview(json.dumps(line).encode() + b"\n")
        while rest:
            rest = rest[os.write(self._answers, rest) :]


def _forked(*, is_to_stretch: bool = False) -> Child:
    """A child that waits for its work; one that has time stretches first."""
    orders, order_giver = os.pipe()
    answers, answerer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _be_child(orders, answerer, is_to_stretch)
    os.close(orders)
    os.close(answerer)
    return Child(pid, order_giver, answers)


def _killed(child: Child) -> None:
    """Ends a child with everything it started."""
    for kill in (os.killpg, os.kill):  # it may not have had time to make a group of its own
        with contextlib.suppress(ProcessLookupError):
            kill(child.pid, signal.SIGKILL)
    os.waitpid(child.pid, 0)
    os.close(child.orders)
    os.close(child.pipe)


def _be_child(orders: int, pipe: int, is_to_stretch: bool) -> None:
    """The child's whole life. It never returns and never runs its parent's exit handlers."""
    status = 1
    try:
        os.setsid()
        _take_leave({orders, pipe})
        if is_to_stretch:
            warm_up(
                is_whole=False
            )  # memory is copied from the parent when it is written to: before work, not during it
        with open(orders, "rb") as told:
            for number, line in enumerate(told):
                order = json.loads(line)
                if number == 0:
                    confine(Limits(**order["limits"]))
                _answer(pipe, _worked(order))
        status = 0
    finally:
        os._exit(status)


def _answer(pipe: int, answer: dict[str, Any]) -> None:
    answer["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rest = memoryview(json.dumps(answer).encode() + b"\n")
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _take_leave(kept: set[int]) -> None:
    """Nothing of the parent's is open in the child, and it does not outlive the parent while it waits."""
    die_with_parent()
    with open(os.devnull, "r+b", buffering=0) as nothing:
        for standard in (0, 1, 2):
            os.dup2(nothing.fileno(), standard)
    first = 3
    for file in sorted(kept):
        os.closerange(first, file)
        first = file + 1
    os.closerange(first, HIGHEST_FILE)


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
    is_offline = leave_network()
    prepare_faces()
    warm_up()
    gc.freeze()  # what was imported is never looked at again, and so never copied into a child
    gc.disable()
    Nursery(0, answers).tend(is_offline=is_offline)
    sys.exit(0)


if __name__ == "__main__":
    main()
