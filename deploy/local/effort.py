"""How much processor time each part has used: on a machine that others use too, it says more than the clock does."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from local.places import DATA, LOCAL

TICK: Final = os.sysconf("SC_CLK_TCK")
BROKER: Final = "beam.smp"


def used(processes: Mapping[str, int | None], database: str) -> dict[str, float]:
    """Processor seconds so far, by part: the named processes, the broker, and what works in `database`."""
    named = {pid: name for name, pid in processes.items() if pid is not None}
    seconds: dict[str, float] = defaultdict(float)
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (part := named.get(int(folder.name)) or _part(folder, database)):
            seconds[part] += _seconds(folder)
    return seconds


def _part(folder: Path, database: str) -> str | None:
    try:
        command = (folder / "cmdline").read_text(errors="replace")
    except OSError:  # it has ended meanwhile
        return None
    if command.startswith("postgres: ") and f" {database} " in command:
        return "database"
    is_broker = command.partition("\0")[0].endswith(BROKER)
    return "broker" if is_broker and (str(DATA) in command or str(LOCAL) in command) else None


def _seconds(folder: Path) -> float:
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK
