"""A circuit per outside system: while it is down, deliveries wait untouched; a probe looks; work resumes by itself (R6)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from sikkersak.errors import CircuitOpen, Transient
from sikkersak.observability.metrics import Metrics

log = structlog.get_logger(__name__)

Act = Callable[[], Awaitable[None]]


class Circuit:
    """Opens after `failures` transient failures in a row within `window` seconds, and closes when `probe` succeeds.

    `on_open` and `on_close` pause and resume the consumers that need the target, and tell whoever should know.
    """

    def __init__(
        self,
        target: str,
        probe: Act,
        metrics: Metrics,
        *,
        failures: int = 5,
        window: float = 60.0,
        probe_every: float = 2.0,
    ) -> None:
        self.target = target
        self.on_open: list[Act] = []
        self.on_close: list[Act] = []
        self._probe = probe
        self._metrics = metrics
        self._failures = failures
        self._window = window
        self._probe_every = probe_every
        self._recent: deque[float] = deque(maxlen=failures)
        self._probing: asyncio.Task[None] | None = None
        metrics.circuit_state.labels(target=target).set(0)

    @property
    def is_open(self) -> bool:
        """Whether the target is known to be down."""
        return self._probing is not None

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Around one call of the target. Raises `CircuitOpen` at once while it is down; counts what comes out."""
        if self.is_open:
            raise CircuitOpen(f"{self.target} is down")
        try:
            yield
        except Transient:
            await self._failed()
            raise
        else:
            self._recent.clear()

    async def close(self) -> None:
        """Ends the probing when the process leaves."""
        if self._probing is not None:
            self._probing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._probing

    async def _failed(self) -> None:
        moment = time.monotonic()
        self._recent.append(moment)
        is_full = len(self._recent) == self._failures
        if self.is_open or not is_full or moment - self._recent[0] > self._window:
            return
        self._metrics.circuit_state.labels(target=self.target).set(1)
        log.warning("circuit_opened", target=self.target)
        self._probing = asyncio.create_task(self._probe_until_up())

    async def _probe_until_up(self) -> None:
        await self._tell(self.on_open)
        while True:
            await asyncio.sleep(self._probe_every)
            try:
                await self._probe()
            except Transient:
                continue
            except Exception:  # a probe that is refused or breaks still says that the target is not fit for work
                log.warning("circuit_probe_refused", target=self.target, exc_info=True)
                continue
            break
        self._recent.clear()
        self._probing = None
        self._metrics.circuit_state.labels(target=self.target).set(0)
        log.info("circuit_closed", target=self.target)
        await self._tell(self.on_close)

    async def _tell(self, acts: list[Act]) -> None:
        for act in acts:
            try:
                await act()
            except Exception:  # telling others is no reason to stop probing
                log.exception("circuit_listener_failed", target=self.target)
