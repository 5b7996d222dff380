"""Hands: what takes long goes on beside the messages, so that one slow letter holds nobody up (SvarUt §4.3: 16 minutes)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import structlog

from sikkersak.errors import CircuitOpen, Transient

log = structlog.get_logger(__name__)

LEAVE_SECONDS: Final = 5.0


class HandsFull(CircuitOpen):
    """As many are under way as may be: the message comes back, uncounted."""


class Hands:
    """At most `most` carryings at once; a message waits for its own for `patience` seconds only.

    What goes on longer is safe without its message: its row is held while the hand lives, and the sweep takes it up
    when the hand does not.
    """

    def __init__(self, most: int, patience: float) -> None:
        self._most = most
        self._patience = patience
        self._busy: set[asyncio.Task[None]] = set()

    @property
    def are_full(self) -> bool:
        """Whether one more would be too many."""
        return len(self._busy) >= self._most

    async def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Does it. Returns, or raises what it raises, when it is done soon enough; else it goes on by itself."""
        task = asyncio.create_task(work)
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        if done:
            task.result()
            return
        task.add_done_callback(_report)
        log.info("carrying_takes_long", under_way=len(self._busy))

    async def close(self) -> None:
        """Leaves: what is still under way is let go of, and looked for before it is sent again."""
        if not self._busy:
            return
        _, late = await asyncio.wait(self._busy, timeout=LEAVE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    """Nobody waits for it any more: its row says what came of it; a bug is logged as one."""
    if task.cancelled():
        return
    failure = task.exception()
    if failure is not None and not isinstance(failure, Transient):
        log.error("carrying_failed", exc_info=failure)
