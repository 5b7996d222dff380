"""The listening socket of a process, and how its successor on the same machine gets it (R14).

A successor asks the one that runs for its socket, begins to serve from it, and says so; only then does the predecessor
stop. The kernel's queue of connections belongs to the socket, not to a process, so that none is refused or dropped
between the two. Where nobody is asked, or nobody answers, the socket is made anew.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

BACKLOG: Final = 2048
PATIENCE_SECONDS: Final = 5.0
SERVING: Final = b"serving"


@dataclass
class Entrance:
    """Where a process takes connections. `predecessor` is told when somebody serves here."""

    listening: socket.socket
    predecessor: socket.socket | None = None

    def is_served(self) -> None:
        """From here on the predecessor may go."""
        if self.predecessor is not None:
            with suppress(OSError):  # it has gone by itself
                self.predecessor.sendall(SERVING)
            self.predecessor.close()
            self.predecessor = None


def open_entrance(host: str, port: int, handover: Path | None) -> Entrance:
    """The predecessor's socket where one is handed over, else a new one; `OSError` when the port is taken."""
    taken = _taken_over(handover) if handover is not None else None
    if taken is not None and taken.listening.getsockname()[1] == port:
        log.info("socket_taken_over", port=port)
        return taken
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return Entrance(socket.create_server((host.strip("[]"), port), family=family, backlog=BACKLOG))


def _taken_over(handover: Path) -> Entrance | None:
    asking = socket.socket(socket.AF_UNIX)
    asking.settimeout(PATIENCE_SECONDS)
    try:
        asking.connect(str(handover))
        _, handed, _, _ = socket.recv_fds(asking, 16, 1)
    except OSError:  # nobody is there any more, or nobody who answers
        asking.close()
        return None
    if not handed:
        asking.close()
        return None
    return Entrance(socket.socket(fileno=handed[0]), asking)


async def offer_entrance(entrance: Entrance, handover: Path, leave: Callable[[], None]) -> None:
    """Hands the socket to whoever asks at `handover`, and calls `leave` once a successor serves; runs until cancelled.

    A successor that ends before it serves changes nothing. Only this account can ask: the folder is its own.
    """
    with _door(handover) as door:
        while True:
            successor, _ = await asyncio.get_running_loop().sock_accept(door)
            with successor:
                if await _is_succeeded(successor, entrance.listening):
                    log.info("socket_handed_over")
                    leave()
                    return


def _door(handover: Path) -> socket.socket:
    handover.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handover.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(handover))
    handover.chmod(0o600)
    door.listen(1)
    door.setblocking(False)
    return door


async def _is_succeeded(successor: socket.socket, listening: socket.socket) -> bool:
    try:
        socket.send_fds(successor, [b"socket"], [listening.fileno()])
        successor.setblocking(False)
        return await asyncio.get_running_loop().sock_recv(successor, len(SERVING)) == SERVING
    except OSError:  # the successor died on the way; we go on
        return False
