"""Case numbers as people write them: the year and the running number in it (M10)."""

from __future__ import annotations

import re
from typing import Final

WRITTEN: Final = re.compile(r"(\d{4})/([1-9]\d{0,8})")


def year_and_running(number: str | None) -> tuple[int | None, int | None]:
    """The parts of «2026/17»; neither where it is no case number."""
    found = WRITTEN.fullmatch(number or "")
    return (int(found[1]), int(found[2])) if found else (None, None)
