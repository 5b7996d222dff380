"""PostgreSQL and RabbitMQ: private instances from Debian's packages, or the ones that the environment names.

Nothing on the machine is touched: own folders, own free ports on 127.0.0.1, an own Erlang port mapper.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from local.memory import memory
from local.places import DATA, LOCAL

START_SECONDS: Final = 60
RABBITMQ: Final = Path("/usr/lib/rabbitmq/bin")


class Unavailable(Exception):
    """A server cannot be had; the text is one sentence with the way out."""


@dataclass(frozen=True)
class Servers:
    """Addresses with administrator rights."""

    database_url: str
    rabbitmq_url: str
    management_url: str

    def environment(self) -> dict[str, str]:
        """As tests and tools read them."""
        return {
            "DATABASE_URL": self.database_url,
            "RABBITMQ_URL": self.rabbitmq_url,
            "RABBITMQ_MANAGEMENT_URL": self.management_url,
        }


def start() -> Servers:
    """The servers, running: those that are named by DATABASE_URL and RABBITMQ_URL, else our own."""
    starts = [start for name, start in _STARTS.items() if name not in os.environ]
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "servers.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # whoever comes second finds them running
        with ThreadPoolExecutor() as both:
            for started in [both.submit(start) for start in starts]:
                started.result()
    servers = addresses()
    _require(servers)
    return servers


def addresses() -> Servers:
    """Where the servers are, or will be; nothing is started."""
    given = os.environ.get("RABBITMQ_URL")
    return Servers(os.environ.get("DATABASE_URL") or _postgres_url(), given or _rabbitmq_url(), _management_url(given))


def stop() -> None:
    """Stops what was started here, and nothing else."""
    with ThreadPoolExecutor() as both:
        both.submit(_stop_postgres)
        both.submit(_stop_rabbitmq)


def are_running() -> dict[str, bool]:
    """Which of our own servers answer."""
    ports = {"postgres": memory().port("postgres"), "rabbitmq": memory().port("rabbitmq")}
    return {name: _answers(port) for name, port in ports.items()}


# --- PostgreSQL


def _postgres_url() -> str:
    return f"postgresql://postgres:{memory().password('postgres')}@127.0.0.1:{memory().port('postgres')}/postgres"


def _start_postgres() -> None:
    folder, port = DATA / "postgres", memory().port("postgres")
    if _answers(port):
        return
    if not ((folder / "PG_VERSION").exists() and memory().knows_password("postgres")):
        _make_cluster(folder)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300"
    options += " -c shared_buffers=128MB -c log_min_messages=warning"
    log = folder.parent / "postgres.log"
    _as_owner([_postgres_program("pg_ctl"), "-D", str(folder), "-l", str(log), "-w", "-o", options, "start"])


def _stop_postgres() -> None:
    folder = DATA / "postgres"
    if (folder / "PG_VERSION").exists():
        _as_owner([_postgres_program("pg_ctl"), "-D", str(folder), "-m", "fast", "stop"], check=False)


def _make_cluster(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():  # of a `.local/` that is gone, and its passwords with it
        _as_owner([_postgres_program("pg_ctl"), "-D", str(folder), "-m", "immediate", "stop"], check=False)
        shutil.rmtree(folder)
    if os.geteuid() == 0:
        shutil.chown(folder.parent, "postgres")
    password = folder.parent / "password"
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(memory().password("postgres"))
    if os.geteuid() == 0:
        shutil.chown(password, "postgres")
    how = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8"]
    _as_owner([_postgres_program("initdb"), "-D", str(folder), *how])
    password.unlink()


def _postgres_program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise Unavailable(
            "PostgreSQL is not installed: run ./dev as root on Debian, or set DATABASE_URL; ./dev test --containers needs Docker alone."
        )
    return str(found[-1])


def _as_owner(command: list[str], *, check: bool = True) -> None:
    """PostgreSQL's programs refuse root: they run as the account that its package made."""
    prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
    done = subprocess.run([*prefix, *command], check=False, capture_output=True, text=True, cwd="/")
    if check and done.returncode:
        raise Unavailable(f"PostgreSQL did not start: {(done.stderr or done.stdout).strip()[-300:]}")


# --- RabbitMQ


def _rabbitmq_url() -> str:
    return f"amqp://sikkersak-admin:{memory().password('rabbitmq')}@127.0.0.1:{memory().port('rabbitmq')}/"


def _management_url(given: str | None) -> str:
    if given is None:
        return f"http://127.0.0.1:{memory().port('rabbitmq-management')}"
    return os.environ.get("RABBITMQ_MANAGEMENT_URL", f"http://{urlsplit(given).hostname}:15672")


def _rabbitmq_environment() -> dict[str, str]:
    home = LOCAL / "rabbitmq"
    return {
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"sikkersak-{memory().port('rabbitmq')}@localhost",
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_DIST_PORT": str(memory().port("rabbitmq-distribution")),
        "RABBITMQ_CTL_DIST_PORT_MIN": str(memory().port("rabbitmq-control")),
        "RABBITMQ_CTL_DIST_PORT_MAX": str(memory().port("rabbitmq-control") + 10),
        "ERL_EPMD_PORT": str(memory().port("rabbitmq-names")),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }


def _start_rabbitmq() -> None:
    if _answers(memory().port("rabbitmq")):
        _wait(_rabbitmq_is_up, "RabbitMQ", LOCAL / "rabbitmq" / "output.log")  # another ./dev may have just started it
        return
    program = RABBITMQ / "rabbitmq-server"
    if not program.exists():
        raise Unavailable(
            "RabbitMQ is not installed: run ./dev as root on Debian, or set RABBITMQ_URL; ./dev test --containers needs Docker alone."
        )
    home = LOCAL / "rabbitmq"
    home.mkdir(parents=True, exist_ok=True)
    (home / "rabbitmq.conf").touch(mode=0o600)
    (home / "rabbitmq.conf").write_text(
        f"listeners.tcp.default = 127.0.0.1:{memory().port('rabbitmq')}\n"
        f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {memory().port('rabbitmq-management')}\n"
        f"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {memory().port('rabbitmq-prometheus')}\n"
        f"default_user = sikkersak-admin\ndefault_pass = {memory().password('rabbitmq')}\n"
        "disk_free_limit.absolute = 200MB\nvm_memory_high_watermark.absolute = 1GB\n"
    )
    (home / "enabled_plugins").write_text("[rabbitmq_management, rabbitmq_prometheus].\n")
    with (home / "output.log").open("ab") as log:
        subprocess.Popen(
            [str(program)],
            env=os.environ | _rabbitmq_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # the management pages are up before the port for messages is open
    _wait(lambda: _answers(memory().port("rabbitmq")) and _rabbitmq_is_up(), "RabbitMQ", home / "output.log")


def _stop_rabbitmq() -> None:
    if not (LOCAL / "rabbitmq").exists():
        return
    environment = os.environ | _rabbitmq_environment()
    # the port mapper outlives its last node; it leaves when told to, and only ours listens on this port
    for command in ([str(RABBITMQ / "rabbitmqctl"), "-q", "shutdown"], ["epmd", "-kill"]):
        subprocess.run(command, env=environment, check=False, capture_output=True)


def _rabbitmq_is_up() -> bool:
    try:
        account = ("sikkersak-admin", memory().password("rabbitmq"))
        url = f"{_management_url(None)}/api/health/checks/virtual-hosts"
        return httpx.get(url, auth=account, timeout=2).is_success
    except httpx.TransportError:
        return False


_STARTS: Final = {"DATABASE_URL": _start_postgres, "RABBITMQ_URL": _start_rabbitmq}


# --- both


def _require(servers: Servers) -> None:
    for name, url in (("PostgreSQL", servers.database_url), ("RabbitMQ", servers.rabbitmq_url)):
        parts = urlsplit(url)
        if not _answers(parts.port or 0, parts.hostname or "127.0.0.1"):
            raise Unavailable(f"{name} does not answer at {parts.hostname}:{parts.port}.")


def _answers(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


def _wait(is_up: Callable[[], bool], name: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_up():
        if time.monotonic() > deadline:
            raise Unavailable(f"{name} did not start within {START_SECONDS} s; its log is {log.name} in .local/.")
        time.sleep(0.2)
