"""Processes of the stack: ready before anyone goes on, and never another's process stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local import processes
from local.memory import free_port
from local.processes import NotReady, Process

STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)


def server(folder: Path) -> Process:
    """A small web server as a process of the stack."""
    port = free_port()
    command = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder))
    return Process("small", command, {}, f"http://127.0.0.1:{port}/", folder)


def script(folder: Path, code: str) -> Process:
    """A process that never answers HTTP."""
    return Process("script", (sys.executable, "-c", code), {}, f"http://127.0.0.1:{free_port()}/", folder)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Process]:
    process = server(tmp_path)
    yield process
    process.stop()


def test_it_is_ready_when_it_answers_and_gone_when_stopped(small: Process) -> None:
    small.start()
    small.wait_ready()
    assert small.is_ready()

    small.stop()

    assert small.pid() is None
    assert not small.is_ready()


def test_starting_what_runs_starts_nothing(small: Process) -> None:
    small.start()
    first = small.pid()

    small.start()

    assert small.pid() == first


def test_a_process_that_ends_is_reported_at_once_with_the_end_of_its_log(tmp_path: Path) -> None:
    process = script(tmp_path, "raise SystemExit('no such setting')")
    process.start()

    with pytest.raises(NotReady, match="no such setting"):
        process.wait_ready(within=60)


def test_a_killed_process_is_seen_as_gone(small: Process) -> None:
    small.start()
    small.wait_ready()

    small.kill(signal.SIGKILL)

    assert small.pid() is None


def test_one_that_does_not_listen_to_sigterm_is_killed_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.3)
    process = script(tmp_path, STUBBORN)
    process.start()
    pid = process.pid()
    assert pid is not None
    while "deaf" not in process.tail():
        os.sched_yield()

    process.stop()

    assert process.pid() is None


def test_another_process_with_the_same_number_is_never_stopped(small: Process, tmp_path: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    run = tmp_path / "run"
    run.mkdir()
    (run / "small.pid").write_text(f"{bystander.pid} 1")  # began at another moment

    small.stop()

    assert small.pid() is None
    assert bystander.poll() is None
    bystander.communicate(b"\n")


def test_it_gets_its_own_environment_and_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "not for services")
    process = script(tmp_path, "import os; print(os.environ.get('DATABASE_URL'), os.environ.get('OWN'))")
    given = Process(process.name, process.command, {"OWN": "own"}, process.ready_url, process.folder)
    given.start()

    with pytest.raises(NotReady):
        given.wait_ready(within=60)

    assert given.tail() == "None own"


def test_without_a_way_to_hand_over_a_successor_starts_when_the_first_has_stopped(small: Process) -> None:
    small.start()
    small.wait_ready()
    first = small.pid()

    small.succeed()

    assert small.pid() not in (None, first)
    assert small.is_ready()


def test_a_successor_that_fails_leaves_the_first_at_work(small: Process) -> None:
    small.start()
    small.wait_ready()
    first = small.pid()
    failing = replace(small, command=(sys.executable, "-c", "raise SystemExit(1)"), environment={"HANDOVER": "x"})

    with pytest.raises(NotReady):
        failing.succeed(within=60)

    assert small.pid() == first
    assert small.is_ready()
