"""Processes of the local stack: started with their own environment and log, found again by pid and start time."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

READY_SECONDS: Final = 120.0
STOP_SECONDS: Final = 45.0


class NotReady(Exception):
    """A process did not become ready; the text has the end of its log."""


@dataclass(frozen=True)
class Process:
    """One process: how it is started, and the address that says whether it is ready."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    ready_url: str
    folder: Path

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.folder / "logs" / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "run" / f"{self.name}.pid"

    def pid(self) -> int | None:
        """Its process id while it runs; a number that another process has by now is not it."""
        if not self._pid_file.exists():
            return None
        pid, _, started = self._pid_file.read_text().partition(" ")
        return int(pid) if _started(int(pid)) == started else None

    def start(self) -> None:
        """Starts it unless it runs."""
        if self.pid() is not None:
            return
        for path in (self.log, self._pid_file):
            path.parent.mkdir(parents=True, exist_ok=True)
        base = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ", "TMPDIR") if name in os.environ}
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                self.command,
                env=base | {"PYTHONUNBUFFERED": "1"} | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        fresh = self._pid_file.with_suffix(".new")
        fresh.write_text(f"{child.pid} {_started(child.pid)}")
        fresh.replace(self._pid_file)

    def succeed(self, within: float = READY_SECONDS) -> None:
        """Starts a second one beside it, and returns when the first has left; without a first, or a way to hand over, starts anew.

        When the second does not become ready, it is ended and the first serves on: `NotReady`.
        """
        first = self.pid()
        if first is None or "HANDOVER" not in self.environment:
            self.stop()
            self.start()
            self.wait_ready(within)
            return
        kept = self._pid_file.read_text()
        self._pid_file.unlink()
        self.start()
        deadline = time.monotonic() + within
        while _started(first) == kept.partition(" ")[2]:
            if self.pid() is None or time.monotonic() > deadline:
                self.stop()
                self._pid_file.write_text(kept)
                raise NotReady(f"{self.name}'s successor did not become ready. The end of its log:\n{self.tail()}")
            time.sleep(0.05)
        self.wait_ready(within)

    def wait_ready(self, within: float = READY_SECONDS) -> None:
        """Returns when it is ready; raises `NotReady` when it ends or takes too long."""
        deadline = time.monotonic() + within
        while not self.is_ready():
            if self.pid() is None or time.monotonic() > deadline:
                raise NotReady(f"{self.name} did not become ready. The end of its log:\n{self.tail()}")
            time.sleep(0.1)

    def is_ready(self) -> bool:
        """Whether it says so itself."""
        try:
            return httpx.get(self.ready_url, timeout=3).is_success
        except httpx.TransportError:
            return False

    def kill(self, how: int = signal.SIGKILL) -> None:
        """Sends a signal to it alone; with SIGKILL, waits until it is gone."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, how)
            if how == signal.SIGKILL:
                self._wait_gone(5)

    def stop(self) -> None:
        """SIGTERM, time to finish what it holds, then SIGKILL to whatever is left of its group."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        if not self._wait_gone(STOP_SECONDS):
            os.killpg(pid, signal.SIGKILL)
        self._pid_file.unlink(missing_ok=True)

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def _wait_gone(self, within: float) -> bool:
        deadline = time.monotonic() + within
        while self.pid() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def _started(pid: int) -> str | None:
    """When a process began, in clock ticks since boot; none for one that is gone or only waits to be collected."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in {"Z", "X"}:
        _collect(pid)
        return None
    return fields[19]


def _collect(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # not ours: its own parent collects it
        return
