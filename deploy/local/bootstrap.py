"""The first step of `./dev`: a virtual environment from the lock file, Debian's packages beside it. Standard library only."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import packages
from local.places import IMPORT_ROOTS, LOCAL, REPOSITORY, VENV

LOCK = REPOSITORY / "requirements.lock"
NEEDS_PACKAGES = frozenset({"setup", "demo", "test", "up", "redeploy", "bench", "chaos"})  # servers and conversions


def main() -> None:
    """Makes the machine ready, then goes on as `python -m local` inside the virtual environment."""
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    LOCAL.mkdir(exist_ok=True)
    with _alone():
        if command in NEEDS_PACKAGES:
            _make_ready()
        else:
            _environment()
    python = VENV / "bin" / "python"
    os.execve(python, [str(python), "-m", "local", *sys.argv[1:]], os.environ | {"PYTHONPATH": ""})


def _make_ready() -> None:
    """Pip and apt-get at the same time: on a fresh machine both take minutes."""
    trouble: list[str | None] = []
    are_servers_given = "DATABASE_URL" in os.environ and "RABBITMQ_URL" in os.environ
    names = packages.missing(with_servers=not are_servers_given)
    installing = threading.Thread(target=lambda: trouble.append(packages.install(names)))
    installing.start()
    _environment(installing)
    installing.join()
    for sentence in filter(None, trouble):
        print(f"Warning: {sentence}", file=sys.stderr)


def _environment(beside: threading.Thread | None = None) -> None:
    """The virtual environment, made again only when the lock file or the Python has changed."""
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    stamp = VENV / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        _import_roots()
        return
    print("Installing Python packages …", file=sys.stderr, flush=True)
    if not (VENV / "bin" / "pip").exists():
        _make(beside)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # the lock is complete, so nothing is left to resolve
    done = subprocess.run(
        [*pip, "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)], check=False
    )
    if done.returncode:
        sys.exit("The Python packages could not be installed (pip's reason is above). Mend that and run this again.")
    _import_roots()
    stamp.write_text(wanted)


def _make(beside: threading.Thread | None) -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True, text=True)
    if made.returncode == 0:
        return
    if beside is not None:
        beside.join()  # apt-get takes one caller at a time
    version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    sentence = packages.install([packages.Need(f"/usr/share/doc/{version}", (version, "python3-venv"))])
    if sentence is not None:
        sys.exit(f"A virtual environment cannot be made here. {sentence}")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)


def _import_roots() -> None:
    folder = next(Path(VENV).glob("lib/python3*/site-packages"))
    file, wanted = folder / "sikkersak.pth", "".join(f"{root}\n" for root in IMPORT_ROOTS)
    if not file.exists() or file.read_text() != wanted:  # whole or not at all: another ./dev may be starting a Python
        fresh = file.with_suffix(".new")
        fresh.write_text(wanted)
        fresh.replace(file)


@contextmanager
def _alone() -> Iterator[None]:
    """Two calls at the same time must not install over each other."""
    with (LOCAL / "bootstrap.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another ./dev is installing; waiting for it …", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
