"""How often somebody may ask: a bucket for each person, and for each address that begins log-ins.

Every replica counts for itself: with two of them, twice as much gets in. It is a brake against runaway programs and
guessing, not a quota.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sikkersak.errors import Declined

MOST_REMEMBERED: Final = 10_000


class TooMany(Declined):
    """Asked too often; `wait` seconds until it is worth trying again."""

    def __init__(self, wait: float) -> None:
        super().__init__("too-many-requests", "Det kommer for mange forespørsler. Vent litt og prøv igjen.", status=429)
        self.wait = max(1, math.ceil(wait))


@dataclass(frozen=True)
class Pace:
    """So many a second in the long run, and so many at once."""

    rate: float
    burst: int


@dataclass
class Brake:
    """A bucket of tokens for each name; the names used longest ago are forgotten first, so that memory is bounded."""

    pace: Pace
    clock: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, name: str) -> None:
        """One more for this name; `TooMany` when there have been too many."""
        moment = self.clock()
        tokens, at = self._left.pop(name, (float(self.pace.burst), moment))
        tokens = min(float(self.pace.burst), tokens + (moment - at) * self.pace.rate)
        is_allowed = tokens >= 1
        self._left[name] = (tokens - 1 if is_allowed else tokens, moment)
        if len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)
        if not is_allowed:
            raise TooMany((1 - tokens) / self.pace.rate)
