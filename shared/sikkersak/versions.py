"""Which state of a thing somebody has read, so that nobody overwrites what they have not seen (RFC 9110 §13)."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from sikkersak.errors import Declined

LENGTH: Final = 32


class Stale(Declined):
    """Somebody else has changed it since it was read."""

    def __init__(self) -> None:
        super().__init__("stale-version", "Noen andre har endret dette. Hent det på nytt.", status=412)


def tag_of(content: Any) -> str:
    """A name for exactly this content, the same in every process: an ETag without its quotes."""
    written = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:LENGTH]
