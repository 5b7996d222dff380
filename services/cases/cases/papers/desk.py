"""Has a PDF read or redacted in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from typing import Any, Final

from sikkersak.errors import Declined

SECONDS: Final = 60
MEMORY: Final = 1536 << 20


class PaperUnreadable(Declined):
    """The PDF could not be opened, or cost more than it may."""

    def __init__(self) -> None:
        super().__init__("paper-unreadable", "PDF-en kan ikke leses. Åpne den og lagre den på nytt, eller skann den.")


async def handle(task: str, pdf: bytes, **wanted: Any) -> bytes:
    """The result of `python -m cases.papers TASK`; raises `PaperUnreadable` when there is none."""
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH", "LANG"}}
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cases.papers", task, "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        preexec_fn=_confine,
    )
    try:
        async with asyncio.timeout(SECONDS):
            made, _ = await started.communicate(json.dumps(wanted).encode() + b"\n" + pdf)
    except TimeoutError:
        raise PaperUnreadable from None
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()
    if started.returncode != 0:
        raise PaperUnreadable
    return made


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
