"""Who is rendered now: what a person waits for goes first, and a heavy document steps aside for the others."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

QUICK, HEAVY, HEAVY_AFTER = 2, 2, 15.0


class Lanes:
    """`quick` documents at once; one that takes longer than `heavy_after` seconds moves to one of `heavy` other places."""

    def __init__(self, quick: int = QUICK, heavy: int = HEAVY, heavy_after: float = HEAVY_AFTER) -> None:
        self._free, self._free_aside, self._heavy_after = quick, heavy, heavy_after
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(not future.done() for _, _, future in self._waiting)

    @asynccontextmanager
    async def place(self, *, is_urgent: bool) -> AsyncIterator[None]:
        """A place, when there is one; urgent ones before others, each in the order they came."""
        await self._taken(is_urgent)
        is_aside = False

        def step_aside() -> None:
            nonlocal is_aside
            if self._free_aside > 0:
                self._free_aside -= 1
                is_aside = True
                self._give_back()

        timer = asyncio.get_running_loop().call_later(self._heavy_after, step_aside)
        try:
            yield
        finally:
            timer.cancel()
            if is_aside:
                self._free_aside += 1
            else:
                self._give_back()

    async def _taken(self, is_urgent: bool) -> None:
        if self._free > 0:
            self._free -= 1
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not is_urgent, next(self._numbers), future))
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():  # it was given a place at the same moment
                self._give_back()
            raise

    def _give_back(self) -> None:
        while self._waiting:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)
                return
        self._free += 1
