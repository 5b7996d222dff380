"""PostgreSQL and RabbitMQ: the ones that the environment names, else private instances.

Private ones come from Debian's packages, or from containers where those cannot be had and a Docker engine runs.
Nothing on the machine is touched: own folders, own free ports on 127.0.0.1.
"""

from __future__ import annotations

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local import postgres, rabbitmq
from local.memory import Memory, memory
from local.places import DATA, LOCAL
from local.postgres import Postgres
from local.rabbitmq import RabbitMQ
from local.waiting import Unavailable, answers


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
    own: dict[str, Postgres | RabbitMQ] = {"DATABASE_URL": own_postgres(), "RABBITMQ_URL": own_rabbitmq()}
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "servers.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # whoever comes second finds them running
        with ThreadPoolExecutor() as both:
            for started in [both.submit(server.start) for name, server in own.items() if name not in os.environ]:
                started.result()
    servers = addresses()
    _require(servers)
    return servers


def addresses() -> Servers:
    """Where the servers are, or will be; nothing is started."""
    broker, given = own_rabbitmq(), os.environ.get("RABBITMQ_URL")
    management = broker.management_url
    if given is not None:
        management = os.environ.get("RABBITMQ_MANAGEMENT_URL", f"http://{urlsplit(given).hostname}:15672")
    return Servers(os.environ.get("DATABASE_URL") or own_postgres().url, given or broker.url, management)


def stop() -> None:
    """Stops what was started here, and nothing else."""
    with ThreadPoolExecutor() as all_of_them:
        all_of_them.submit(own_postgres().stop)
        all_of_them.submit(own_rabbitmq().stop)
        if not (postgres.is_installed() and rabbitmq.is_installed()):
            all_of_them.submit(_stop_containers)


def are_running() -> dict[str, bool]:
    """Which of our own servers answer."""
    return {"postgres": answers(own_postgres().port), "rabbitmq": answers(own_rabbitmq().port)}


def own_postgres(name: str = "postgres", known: Memory | None = None) -> Postgres:
    """This checkout's own; with a name and a memory of its own, one beside it that may be killed."""
    return Postgres(DATA / name, known or memory())


def own_rabbitmq(home: Path = LOCAL / "rabbitmq", known: Memory | None = None) -> RabbitMQ:
    """This checkout's own; with a home and a memory of its own, one beside it that may be killed."""
    return RabbitMQ(home, known or memory())


def _stop_containers() -> None:
    from local import containers

    containers.stop_kept()


def _require(servers: Servers) -> None:
    for name, url in (("PostgreSQL", servers.database_url), ("RabbitMQ", servers.rabbitmq_url)):
        parts = urlsplit(url)
        if not answers(parts.port or 0, parts.hostname or "127.0.0.1"):
            raise Unavailable(f"{name} does not answer at {parts.hostname}:{parts.port}.")
