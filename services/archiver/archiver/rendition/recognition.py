"""Tesseract as a program of its own, caged: reads what stands on a picture of a page."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

from archiver.rendition.cage import Cage, Limits, run

THREADS = "OMP_THREAD_LIMIT"


class Recognition:
    """Reads pictures in the languages that it is given (`nor+eng`). Without any it reads nothing."""

    def __init__(self, cage: Cage, languages: str) -> None:
        self._cage, self._languages = cage, languages
        self._program = shutil.which("tesseract")
        self._has_languages = False

    @property
    def is_wanted(self) -> bool:
        """Whether scans are to be read at all."""
        return bool(self._languages)

    @property
    def is_present(self) -> bool:
        """Whether it is wanted, the program is on this machine, and it knows the languages."""
        return self._has_languages

    async def start(self) -> None:
        """Finds out which languages it knows."""
        if self._program is None or not self._languages:
            return
        told = await asyncio.to_thread(
            subprocess.run, [self._program, "--list-langs"], capture_output=True, text=True, check=False, timeout=20
        )
        self._has_languages = set(self._languages.split("+")) <= set(told.stdout.split())

    async def read(self, picture: Path, folder: Path, limits: Limits) -> Path | None:
        """The words with their places, as tesseract's table in `folder`, or None when it failed or was late."""
        if self._program is None:
            return None
        base = folder / picture.stem
        program = [self._program, str(picture), str(base), "-l", self._languages, "tsv"]
        one_thread = ["/usr/bin/env", f"{THREADS}=1", *program]  # two cores are shared by all documents
        caged = self._cage.command(one_thread, limits, readable=[picture], writable=[folder])
        ended = await run(caged, limits.seconds)
        made = base.with_suffix(".tsv")
        return made if ended == 0 and made.exists() else None
