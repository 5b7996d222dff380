"""The scratch folder: documents lie there in plain while they are worked on, so none may outlive its process (R3)."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "rendition-"
LOCK = "in-use"


class Scratch:
    """A folder of one's own, for its owner's eyes only, that marks itself as in use while its process lives."""

    def __init__(self, parent: Path | None = None) -> None:
        folder = parent or Path(tempfile.gettempdir())
        forget_orphans(folder)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        self._lock = _locked(self.path / LOCK)

    def remove(self) -> None:
        """Forgets everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def forget_orphans(parent: Path) -> None:
    """Removes what a process left behind that was killed. The folders of living processes are locked and stay."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, or just gone: not ours to remove
            lock = _locked(folder / LOCK) if (folder / LOCK).exists() else None
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _locked(file: Path) -> int | None:
    """A handle that holds the lock, or None when another process holds it."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
