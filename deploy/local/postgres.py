"""PostgreSQL as a private server: an own folder, an own port on 127.0.0.1, from Debian's package or a container."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.memory import Memory
from local.waiting import Unavailable, answers, wait


@dataclass(frozen=True)
class Postgres:
    """One cluster: where its data is, and whose memory has its port and its password."""

    folder: Path
    memory: Memory

    @property
    def port(self) -> int:
        """On 127.0.0.1."""
        return self.memory.port("postgres")

    @property
    def url(self) -> str:
        """With administrator rights."""
        return f"postgresql://postgres:{self.memory.password('postgres')}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Starts it unless it runs; makes the cluster at the first call. Raises `Unavailable`."""
        if answers(self.port):
            return
        if not is_installed():
            self._keep_container()
            return
        if not ((self.folder / "PG_VERSION").exists() and self.memory.knows_password("postgres")):
            self._make()
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300"
        options += " -c shared_buffers=128MB -c log_min_messages=warning"
        log = str(self.folder.parent / "postgres.log")
        _as_owner([_program("pg_ctl"), "-D", str(self.folder), "-l", log, "-w", "-o", options, "start"])

    def stop(self, how: str = "fast") -> None:
        """Stops it; "immediate" is what a lost machine would be to it."""
        if is_installed() and (self.folder / "PG_VERSION").exists():
            _as_owner([_program("pg_ctl"), "-D", str(self.folder), "-m", how, "stop"], check=False)

    def _make(self) -> None:
        parent = self.folder.parent
        parent.mkdir(parents=True, exist_ok=True)
        if self.folder.exists():  # of a `.local/` that is gone, and its passwords with it
            self.stop("immediate")
            shutil.rmtree(self.folder)
        if os.geteuid() == 0:
            shutil.chown(parent, "postgres")
        password = parent / "password"
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(self.memory.password("postgres"))
        if os.geteuid() == 0:
            shutil.chown(password, "postgres")
        how = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8"]
        _as_owner([_program("initdb"), "-D", str(self.folder), *how])
        password.unlink()

    def _keep_container(self) -> None:
        """Where Debian's package is not here and could not be installed."""
        from local import containers

        account = containers.Account("postgres", self.memory.password("postgres"))
        containers.keep_running(containers.POSTGRES, (self.port,), account)
        wait(lambda: containers.takes_queries(self.url), "PostgreSQL", "the container's own")


def is_installed() -> bool:
    """Whether Debian's package is here."""
    return bool(_programs("pg_ctl"))


def _program(name: str) -> str:
    return str(_programs(name)[-1])


def _programs(name: str) -> list[Path]:
    """Of every installed version, the oldest first."""
    return sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))


def _as_owner(command: list[str], *, check: bool = True) -> None:
    """PostgreSQL's programs refuse root: they run as the account that its package made."""
    prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
    done = subprocess.run([*prefix, *command], check=False, capture_output=True, text=True, cwd="/")
    if check and done.returncode:
        raise Unavailable(f"PostgreSQL did not start: {(done.stderr or done.stdout).strip()[-300:]}")
