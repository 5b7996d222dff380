"""No document outlives the process that worked on it, and no process removes another's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from archiver.rendition.scratch import Scratch

LEAVE = """
import os, signal, sys
from pathlib import Path
from archiver.rendition.scratch import Scratch
scratch = Scratch(Path(sys.argv[1]))
(scratch.path / "source").write_text("x")
print(scratch.path, flush=True)
if sys.argv[2] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


def left_by(parent: Path, how: str) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", LEAVE, str(parent), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    process, folder = left_by(tmp_path, "die")
    process.wait(20)
    assert (folder / "source").exists()
    own = Scratch(tmp_path)
    assert not folder.exists()
    own.remove()


def test_the_folder_of_a_living_process_stays(tmp_path: Path) -> None:
    process, folder = left_by(tmp_path, "live")
    try:
        Scratch(tmp_path).remove()
        assert (folder / "source").exists()
    finally:
        process.communicate()


def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    own = Scratch(tmp_path)
    assert own.path.stat().st_mode & 0o077 == 0
    own.remove()
    assert not own.path.exists()
