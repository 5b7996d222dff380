"""Starts stand-ins as real processes on free ports."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
DEADLINE_SECONDS = 60

Start = Callable[..., list[str]]


def ready_line(process: subprocess.Popen[str]) -> list[str]:
    """The addresses a stand-in announces."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], DEADLINE_SECONDS)
    line = process.stdout.readline() if readable else ""
    assert line.startswith("ready "), f"did not become ready: {line!r}"
    return line.split()[1:]


def started(command: list[str]) -> subprocess.Popen[str]:
    """A running stand-in."""
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(DEPLOY)},
    )


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """`start("teams", "--sig", "s")` gives the announced addresses; everything ends with the test module."""
    running: list[subprocess.Popen[str]] = []

    def begin(name: str, *arguments: str, module: str = "simulators") -> list[str]:
        process = started([module, *([name] if module == "simulators" else []), "--port", "0", *arguments])
        running.append(process)
        return ready_line(process)

    yield begin
    for process in running:
        process.terminate()
    for process in running:
        process.wait(DEADLINE_SECONDS)
