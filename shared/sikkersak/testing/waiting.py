"""Waiting for a condition with a deadline; tests never sleep for a guessed time.

The deadline is for what never comes: it costs nothing where all is well, and a slow machine must not reach it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Seen = TypeVar("Seen")


async def eventually(look: Callable[[], Awaitable[Seen]], *, within: float = 45.0, what: str = "the condition") -> Seen:
    """The first truthy thing that `look` sees. Fails after `within` seconds, saying what was waited for."""
    deadline = time.monotonic() + within
    while True:
        seen = await look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within:g} s; last seen: {seen!r}")
        await asyncio.sleep(0.05)
