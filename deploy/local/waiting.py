"""Whether a server answers, and waiting until it does."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Final

START_SECONDS: Final = 60


class Unavailable(Exception):
    """A server cannot be had; the text is one sentence with the way out."""


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether anything listens there."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


def wait(is_up: Callable[[], bool], name: str, log: str) -> None:
    """Returns when it is up; raises `Unavailable` after START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    while not is_up():
        if time.monotonic() > deadline:
            raise Unavailable(f"{name} did not start within {START_SECONDS} s; its log is {log}.")
        time.sleep(0.2)
