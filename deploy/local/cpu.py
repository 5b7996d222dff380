"""How much processor time each part of a run took: unlike the time on the clock, other work on the machine does not change it."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(roots: dict[str, int | None]) -> dict[str, float]:
    """Of each named process with everything below it, the ended children that it has waited for included."""
    table = _table()
    below: dict[int, list[int]] = defaultdict(list)
    for pid, (parent, _) in table.items():
        below[parent].append(pid)
    found: dict[str, float] = {}
    for name, root in roots.items():
        waiting, total = [root] if root in table else [], 0.0
        while waiting:
            pid = waiting.pop()
            total += table[pid][1]
            waiting.extend(below[pid])
        found[name] = total
    return found


def own_seconds(pid: int | None) -> float:
    """Of one process alone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:13]) / TICKS


def listening(port: int) -> int | None:
    """The process that listens on a port of this machine, or None; of several the oldest, whose children the others are."""
    wanted = f":{port:04X}"
    sockets = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(wanted) and fields[3] == "0A":
                sockets.add(f"socket:[{fields[9]}]")
    return min((pid for pid in _pids() if sockets & _files(pid)), default=None)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _files(pid: int) -> set[str]:
    try:
        return {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return set()


def _table() -> dict[int, tuple[int, float]]:
    """Parent and seconds of every process, with the children it has waited for."""
    found = {}
    for pid in _pids():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[pid] = int(fields[1]), sum(int(ticks) for ticks in fields[11:15]) / TICKS
    return found
