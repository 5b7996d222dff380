"""Has a PDF read or redacted in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
from typing import Any, Final

from cases.papers.__main__ import TOO_MUCH
from cases.papers.redaction import MOST_PAGES
from sikkersak.errors import Declined, Transient

SECONDS: Final = 60
DRAWING_SECONDS: Final = 150
MEMORY: Final = 1536 << 20
DRAWN_AT_A_TIME: Final = 2  # each holds a transaction and a core meanwhile; a third is told to come back
DRAWING: Final = frozenset({"redact", "shield"})
_drawing: Final = asyncio.Semaphore(DRAWN_AT_A_TIME)


class PaperUnreadable(Declined):
    """The PDF could not be opened, or cost more than it may."""

    def __init__(self) -> None:
        super().__init__("paper-unreadable", "PDF-en kan ikke leses. Åpne den og lagre den på nytt, eller skann den.")


class PaperTooLarge(Declined):
    """More than is drawn anew at a time; nothing is made by halves."""

    def __init__(self) -> None:
        super().__init__(
            "paper-too-large",
            f"PDF-en er for stor til å sladdes i ett. Del den: høyst {MOST_PAGES} sider, færre når det er mange bilder.",
        )


async def handle(task: str, pdf: bytes, **wanted: Any) -> bytes:
    """The result of `python -m cases.papers TASK`; raises `PaperUnreadable` or `PaperTooLarge` when there is none.

    Drawing is `Transient` refused while as many are drawn as may be: it must not hold up what others ask of the service.
    """
    if task not in DRAWING:
        return await _handled(task, pdf, SECONDS, wanted)
    if _drawing.locked():
        raise Transient("papers are being drawn")
    async with _drawing:
        return await _handled(task, pdf, DRAWING_SECONDS, wanted)


async def _handled(task: str, pdf: bytes, seconds: int, wanted: dict[str, Any]) -> bytes:
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH", "LANG"}}
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cases.papers", task, "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        preexec_fn=lambda: _confine(seconds),
    )
    try:
        async with asyncio.timeout(seconds * 2):
            made, _ = await started.communicate(json.dumps(wanted).encode() + b"\n" + pdf)
    except TimeoutError:
        raise (PaperTooLarge if task in DRAWING else PaperUnreadable) from None
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()
    if task in DRAWING and started.returncode in (TOO_MUCH, -signal.SIGXCPU, -signal.SIGKILL):
        raise PaperTooLarge
    if started.returncode != 0:
        raise PaperUnreadable
    return made


def _confine(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
