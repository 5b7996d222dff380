"""The chain of the audit log, reckoned without the database's help: whoever owns the database could change its functions.

A row's hash is SHA-256 of its fields and the hash before it; the first hangs on `ROOT`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ROOT: Final = hashlib.sha256(b"audit").digest()


@dataclass(frozen=True)
class Link:
    """One row as it stands: `said` is everything that it says between its number and the hash before it."""

    sequence: int
    said: str
    previous: bytes
    hash: bytes

    def reckoned(self) -> bytes:
        """The hash that the row should have."""
        return hashlib.sha256(f"{self.sequence}|{self.said}|{self.previous.hex()}".encode()).digest()


class Fault(StrEnum):
    """What can be wrong."""

    MISSING = "missing"  # numbers are missing before this row
    CHANGED = "changed"  # the row says something else than it did
    DETACHED = "detached"  # the row before it is another than it was
    CUT_OFF = "cut-off"  # the log ends before its end
    ANOTHER = "another"  # the row is not the one that was signed
    FORGED = "forged"  # the signature is not of our key


@dataclass(frozen=True)
class Finding:
    """A fault and the row where it shows."""

    sequence: int
    fault: Fault


def examine(links: Iterable[Link], end: tuple[int, bytes]) -> Iterator[Finding]:
    """Every fault of the chain, in order; `end` is its last number and hash as they are kept apart from it."""
    sequence, before = 0, ROOT
    for link in links:
        if link.sequence != sequence + 1:
            yield Finding(link.sequence, Fault.MISSING)
        elif link.previous != before:
            yield Finding(link.sequence, Fault.DETACHED)
        if link.reckoned() != link.hash:
            yield Finding(link.sequence, Fault.CHANGED)
        sequence, before = link.sequence, link.hash
    if (sequence, before) != end:
        yield Finding(end[0], Fault.CUT_OFF if sequence < end[0] else Fault.ANOTHER)
