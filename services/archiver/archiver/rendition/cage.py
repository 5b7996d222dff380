"""The cage: limits for every process that touches somebody else's document, and bubblewrap for whole programs."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import resource
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

MEBIBYTE = 1 << 20
PROCESSOR_SECONDS = 300
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
_LINKED = ("/bin", "/sbin", "/lib", "/lib64")
_READABLE = (
    "/etc/fonts", "/etc/alternatives", "/etc/ghostscript", "/etc/libreoffice", "/etc/ld.so.cache", "/etc/paperspecs",
    "/var/lib/ghostscript", "/var/lib/libreoffice", "/var/cache/fontconfig",
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """What a piece of work may cost: wall clock in seconds, sizes in bytes. `memory` 0 means unlimited."""

    seconds: float = 60.0
    memory: int = 1536 * MEBIBYTE
    file: int = 1024 * MEBIBYTE
    files: int = 128


def die_with_parent() -> None:
    """The calling process is killed when the one that started it is gone."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def leave_network() -> bool:
    """Takes the calling process, which must have one thread, and all it starts off the network for good.

    False where the machine forbids it, as some containers do: what cannot be walled in is for the health check to say.
    """
    system = ctypes.CDLL(None, use_errno=True)
    return any(system.unshare(flags) == 0 for flags in (CLONE_NEWUSER | CLONE_NEWNET, CLONE_NEWNET))


def confine(limits: Limits) -> None:
    """Limits the calling process for good; for a child that has just been forked. It dies with its parent.

    The processor time is for the whole document; whoever started the child stops each piece of work by the clock.
    """
    die_with_parent()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    ceilings = {
        resource.RLIMIT_CPU: PROCESSOR_SECONDS,
        resource.RLIMIT_FSIZE: limits.file,
        resource.RLIMIT_NOFILE: limits.files,
        resource.RLIMIT_CORE: 0,
    }
    if limits.memory:
        ceilings[resource.RLIMIT_AS] = limits.memory
    for kind, ceiling in ceilings.items():
        resource.setrlimit(kind, (ceiling, ceiling))
    os.umask(0o077)


@dataclass(frozen=True)
class Cage:
    """Wraps a command for a foreign program. Without bubblewrap the limits still hold, but not the walls."""

    has_walls: bool
    _bwrap: str = field(default="bwrap", repr=False)

    def command(
        self, program: Sequence[str], limits: Limits, *, readable: Sequence[Path] = (), writable: Sequence[Path] = ()
    ) -> list[str]:
        """The command line that runs `program` caged, seeing only these paths and the system's own files."""
        walls = self._walls(readable, writable) if self.has_walls else []
        return [*_prlimit(limits), *walls, *program]

    def _walls(self, readable: Sequence[Path], writable: Sequence[Path]) -> list[str]:
        """No network, no other processes, no environment, and of the file system only what is named."""
        walls = [self._bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
        walls += ["--setenv", "PATH", "/usr/bin", "--setenv", "LANG", "C.UTF-8", "--ro-bind", "/usr", "/usr"]
        for link in _LINKED:
            if Path(link).is_symlink():
                walls += ["--symlink", str(Path(link).readlink()), link]
            elif Path(link).exists():
                walls += ["--ro-bind", link, link]
        for system in _READABLE:
            walls += ["--ro-bind-try", system, system]
        walls += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 – a private one, inside
        for path in readable:
            walls += ["--ro-bind", str(path), str(path)]
        for path in writable:
            walls += ["--bind", str(path), str(path)]
        return walls


def _prlimit(limits: Limits) -> list[str]:
    memory = [f"--as={limits.memory}"] if limits.memory else []
    return ["prlimit", f"--fsize={limits.file}", f"--nofile={max(limits.files, 1024)}", "--core=0", *memory]


async def detect() -> Cage:
    """Tries bubblewrap for real: some containers forbid what it needs."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return Cage(has_walls=False)
    tried = Cage(has_walls=True, _bwrap=bwrap)
    ended = await run(tried.command(["/usr/bin/true"], Limits(seconds=10.0)), 10.0)
    return tried if ended == 0 else Cage(has_walls=False)


async def run(command: Sequence[str], seconds: float) -> int | None:
    """Runs a program to its end, unheard, and gives its exit code; None when it was killed for being late."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        return None
    finally:
        await end_group(process)


async def end_group(process: asyncio.subprocess.Process) -> None:
    """Kills a process with everything it started, and waits until it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
