"""What was chosen once stays chosen, however many ask."""

from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.memory import Memory

ASK = """
import sys
from pathlib import Path
from local.memory import Memory
known = Memory(Path(sys.argv[1]))
print([known.password(str(number)) for number in range(30)])
"""


def test_what_was_chosen_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    first = Memory(tmp_path / "memory.json")
    chosen = (first.port("gateway"), first.password("cases"), first.hex_key("pupils"))

    again = Memory(tmp_path / "memory.json")

    assert (again.port("gateway"), again.password("cases"), again.hex_key("pupils")) == chosen


def test_processes_that_ask_at_the_same_time_agree(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASK, str(tmp_path / "memory.json")]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]

    answers = {process.communicate()[0] for process in asking}

    assert [process.returncode for process in asking] == [0] * 4
    assert len(answers) == 1


def test_threads_that_ask_at_the_same_time_agree(tmp_path: Path) -> None:
    known = Memory(tmp_path / "memory.json")

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(lambda _: known.port("rabbitmq"), range(50)))

    assert len(answers) == 1


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    Memory(tmp_path / "memory.json").password("postgres")

    assert stat.S_IMODE((tmp_path / "memory.json").stat().st_mode) == 0o600


def test_no_two_names_get_the_same_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.memory.PORTS", 12)  # so few that chance alone would give some of them twice
    known = Memory(tmp_path / "memory.json")

    ports = [known.port(f"service {number}") for number in range(8)]

    assert len(set(ports)) == len(ports)
