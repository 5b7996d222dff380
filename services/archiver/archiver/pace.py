"""How fast what waited is taken up again: by the time that passed, not by how often somebody looks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

LONGEST_SECONDS: Final = 2.0  # a round that came late makes good for so long, and no longer: no herd


@dataclass
class Pace:
    """A rate that holds on average however long the rounds take: what a late round owes, the next one gives."""

    _owed: float = 0.0
    _since: float | None = None

    def rest(self) -> None:
        """Nothing is taken up now: the time until the next round does not count."""
        self._owed, self._since = 0.0, None

    def allowance(self, per_second: float, round_seconds: float) -> int:
        """How many may be taken up in this round; at least one in time, however slow the rate."""
        now = time.monotonic()
        passed = round_seconds if self._since is None else min(now - self._since, LONGEST_SECONDS)
        self._since = now
        self._owed = min(self._owed + passed * per_second, max(1.0, LONGEST_SECONDS * per_second))
        whole = int(self._owed)
        self._owed -= whole
        return whole
