"""Queues of status changes and the limits on asking: one change an answer, leases, permitted times, calls a second."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

Seconds = Callable[[], float]


@dataclass
class Queue:
    """Changes of one sender's queue; each job stands in it at most once."""

    waiting: deque[int] = field(default_factory=deque)
    leased: dict[int, float] = field(default_factory=dict)
    permitted_at: float = 0.0

    def push(self, job: int) -> None:
        """A job has changed."""
        if job not in self.waiting:
            self.waiting.append(job)

    def take(self, now: float, lease: float) -> int | None:
        """The next changed job. It comes back when the lease runs out without a confirmation."""
        for job, until in list(self.leased.items()):
            if until <= now:
                del self.leased[job]
                self.push(job)
        if not self.waiting:
            return None
        job = self.waiting.popleft()
        self.leased[job] = now + lease
        return job

    def confirm(self, job: int) -> None:
        """The change that was handed out is dealt with; one that has come since stays."""
        self.leased.pop(job, None)


class Queues:
    """All queues, by organisation and name (the default queue has an empty name), and their pace."""

    def __init__(self, pace: float, lease: float, clock: Seconds = time.time) -> None:
        self.pace, self.lease = pace, lease
        self._clock = clock
        self._queues: dict[tuple[str, str], Queue] = defaultdict(Queue)

    def named(self, organisation: str, name: str) -> Queue:
        """One queue."""
        return self._queues[organisation, name]

    def poll(self, organisation: str, name: str) -> tuple[bool, int | None, float]:
        """Whether the poll was permitted, the changed job if any, and when the next poll is (seconds since 1970)."""
        queue, now = self.named(organisation, name), self._clock()
        if now < queue.permitted_at:
            queue.permitted_at = now + self.pace
            return False, None, queue.permitted_at
        job = queue.take(now, self.lease)
        queue.permitted_at = now if job is not None else now + self.pace
        return True, job, queue.permitted_at

    def expire_leases(self) -> None:
        """Lets what is handed out come back now, and opens every queue, as if the time had passed."""
        for queue in self._queues.values():
            queue.permitted_at = 0.0
            queue.leased = dict.fromkeys(queue.leased, 0.0)

    def describe(self) -> list[dict[str, object]]:
        """For the control port."""
        return [
            {"organisation": organisation, "queue": name, "waiting": list(queue.waiting), "leased": list(queue.leased)}
            for (organisation, name), queue in self._queues.items()
        ]


class RateLimiter:
    """Ten calls a second for each organisation; over it, everything is refused for a while."""

    def __init__(self, calls: int, block: float, clock: Seconds = time.monotonic) -> None:
        self.calls, self.block = calls, block
        self._clock = clock
        self._recent: dict[str, deque[float]] = defaultdict(deque)
        self._blocked: dict[str, float] = {}

    def admits(self, organisation: str) -> bool:
        """Counts a call and says whether it may go on."""
        now = self._clock()
        if now < self._blocked.get(organisation, 0.0):
            return False
        recent = self._recent[organisation]
        recent.append(now)
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        if len(recent) > self.calls:
            self._blocked[organisation] = now + self.block
            return False
        return True
