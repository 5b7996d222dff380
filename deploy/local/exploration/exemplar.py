"""A request that should get a yes: which thing, which query, which body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

BINARY: Final = b"%PDF-1.7 prove"


@dataclass(frozen=True)
class Exemplar:
    """What is put in the place of what was generated; what is left out stays as it was generated."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
