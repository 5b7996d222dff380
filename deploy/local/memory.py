"""What only this machine knows: passwords and ports, made once and kept in `.local/`, readable by its owner alone."""

from __future__ import annotations

import fcntl
import functools
import json
import secrets
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from local.places import LOCAL

FIRST_PORT: Final = 20_000
PORTS: Final = 10_000


class Memory:
    """A small JSON file of what was chosen once, however many processes and threads ask at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Any] = {}
        self._changing = threading.Lock()
        self._read()

    def knows_password(self, name: str) -> bool:
        """Whether the password of that name was made before."""
        return f"password:{name}" in self._known

    def password(self, name: str) -> str:
        """The password of that name, made at the first call."""
        return str(self._kept(f"password:{name}", lambda: secrets.token_urlsafe(24)))

    def hex_key(self, name: str) -> str:
        """A key of 32 bytes in hexadecimal."""
        return str(self._kept(f"key:{name}", lambda: secrets.token_hex(32)))

    def port(self, name: str) -> int:
        """A port on 127.0.0.1 that was free when it was chosen, and is no other name's here."""
        return int(self._kept(f"port:{name}", lambda: free_port(self._ports())))

    def _ports(self) -> set[int]:
        """Those chosen before; they need not be listened on yet."""
        return {int(known) for name, known in self._known.items() if name.startswith("port:")}

    def _kept(self, name: str, make: Callable[[], object]) -> Any:
        with self._changing:
            if name not in self._known:
                with self._alone():
                    self._read()
                    if name not in self._known:
                        self._known[name] = make()
                        self._write()
            return self._known[name]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Another process may be choosing the same thing now; whoever comes second takes what the first chose."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _read(self) -> None:
        if self._path.exists():
            self._known = json.loads(self._path.read_text())

    def _write(self) -> None:
        """Whole or not at all, and never readable by others."""
        fresh = self._path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(self._known, indent=1))
        fresh.replace(self._path)


def free_port(taken: Collection[int] = ()) -> int:
    """A port that nobody listens on now and that is not `taken`, outside the range that outgoing connections are given."""
    for _ in range(200):
        port = FIRST_PORT + secrets.randbelow(PORTS)
        if port in taken:
            continue
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise OSError("no free port was found on 127.0.0.1")


@functools.cache
def memory() -> Memory:
    """This checkout's own."""
    return Memory(LOCAL / "memory.json")
