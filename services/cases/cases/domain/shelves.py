"""Searching newest first, a stretch of time at a time: entries stand on shelves by their age, and the index knows them.

An identifier begins with when it was made (UUIDv7, milliseconds). A shelf is 2^23 ms wide (2.3 hours) or eight times
the one before. A stretch is covered by few shelves, the widest that fit; the next stretch is as long as what has been
found so far lets one expect that it takes to fill the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

BITS: Final = (23, 26, 29, 32, 35)
NARROWEST: Final = 1 << BITS[0]
# A stretch is at least so many times as long as all before it, and at most.
GROWTH: Final = (2.0, 16.0)
# As many hits more than are wanted are expected of a stretch, so that a second one is seldom needed.
AMPLE: Final = 1.3


@dataclass(frozen=True)
class Stretch:
    """From `since` up to `before`, milliseconds since 1970; whole shelves."""

    since: int
    before: int

    @property
    def shelves(self) -> tuple[str, ...]:
        """What its entries are marked with in the index: each entry of it with one of them, and no other entry.

        Before each stands whose shelf it is: `shelf:` or `school:<school_id>:`.
        """
        found, at = [], self.since
        while at < self.before:
            bits = next(
                b for b in reversed(BITS) if at % (1 << b) == 0 and (b == BITS[0] or at + (1 << b) <= self.before)
            )
            found.append(f"{bits}:{at >> bits}")
            at += 1 << bits
        return tuple(found)

    @property
    def first(self) -> UUID:
        """No entry of it has a lower identifier."""
        return UUID(int=self.since << 80)


def made_at(entry_id: UUID) -> int:
    """Milliseconds since 1970."""
    return entry_id.int >> 80


def stretch(start: int, upto: UUID, found: int, wanted: int) -> Stretch:
    """The next one below `upto`, when the time from there to `start` held `found` of the `wanted` hits."""
    before = -(-upto.int // (NARROWEST << 80)) * NARROWEST
    least, most = GROWTH
    growth = min(max(AMPLE * (wanted - found) / max(found, 0.5), least), most)
    width = int(max(start - made_at(upto), NARROWEST) * growth)
    grain = max((1 << bits for bits in BITS if 4 << bits <= width), default=NARROWEST)
    return Stretch(max((before - width) // grain * grain, 0), before)
