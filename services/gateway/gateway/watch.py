"""Tells the pages that are open when something changed: one look at the table a second serves them all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from gateway import store
from sikkersak.errors import Transient
from sikkersak.persistence.database import Database

EVERY_SECONDS: Final = 1.0


class Watch:
    """The newest change's number, looked up again and again while anybody waits."""

    def __init__(self, database: Database, is_leaving: Callable[[], bool]) -> None:
        self._database = database
        self._newest = 0
        self._changed = asyncio.Event()
        self._waiting = 0
        self.is_leaving = is_leaving

    @property
    def newest(self) -> int:
        """The number of the newest change that was seen."""
        return self._newest

    async def run(self) -> None:
        """Until cancelled. Nothing is asked while nobody waits."""
        while True:
            if self._waiting:
                with suppress(Transient):  # the database is away: nothing changes meanwhile
                    self._note(await store.newest_change(self._database))
            await asyncio.sleep(EVERY_SECONDS)

    async def after(self, sequence: int, within: float) -> bool:
        """Whether there is anything newer than `sequence`, waited for so many seconds."""
        self._waiting += 1
        try:
            async with asyncio.timeout(within):
                while self._newest <= sequence:
                    await self._changed.wait()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self._waiting -= 1

    def _note(self, newest: int) -> None:
        if newest > self._newest:
            self._newest = newest
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
