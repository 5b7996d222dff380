"""PostgreSQL 17 and RabbitMQ 4 as containers: for `./dev test --containers`, and where Debian's packages cannot be had."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg
import httpx
from docker.errors import APIError, DockerException, NotFound  # type: ignore[import-untyped]
from docker.models.containers import Container  # type: ignore[import-untyped]
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from local.memory import free_port, memory
from local.places import REPOSITORY
from local.servers import Servers
from local.waiting import Unavailable

READY_SECONDS: Final = 120.0  # after the image is here
ACCOUNT: Final = "sikkersak-admin"


@dataclass(frozen=True)
class Image:
    """One server's image, its ports inside, and how it is told the account to make."""

    name: str
    ports: tuple[int, ...]
    user: str
    password: str
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """The administrator that a server is made with."""

    name: str
    password: str


POSTGRES: Final = Image(
    "postgres:17", (5432,), "POSTGRES_USER", "POSTGRES_PASSWORD", ("postgres", "-c", "max_connections=300")
)
RABBITMQ: Final = Image("rabbitmq:4-management", (5672, 15672), "RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS")


def run_tests(arguments: list[str]) -> int:
    """Runs pytest (the integration tests where nothing is named) against containers of its own, removed afterwards.

    Returns pytest's exit code; 2, and one sentence, when the containers cannot be had.
    """
    # No fourth image beside the servers' own, only to tidy up: that is done here.
    testcontainers_config.ryuk_disabled = True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the way out through `finally`, as Ctrl-C has it
    try:
        with ExitStack() as stack:
            database = stack.enter_context(_running(POSTGRES))
            amqp, management = stack.enter_context(_running(RABBITMQ))[:2]
            given = _servers(database[0], amqp, management)
            _wait(given)
            named = [one for one in arguments if (REPOSITORY / one.partition("::")[0]).exists()]
            command = [sys.executable, "-m", "pytest", *arguments, *([] if named else ["tests/integration"])]
            return subprocess.run(command, cwd=REPOSITORY, env=os.environ | given.environment(), check=False).returncode
    except Unavailable as wrong:
        print(wrong, file=sys.stderr)
        return 2


def keep_running(image: Image, outside: tuple[int, ...], account: Account) -> None:
    """Starts the container that this checkout keeps for one server; made at the first call, with its data.

    Raises `Unavailable` when it cannot be had. It takes work some seconds later.
    """
    testcontainers_config.ryuk_disabled = True
    with _understood(image):
        kept = _kept(image)
        if kept is None:
            _container(image, outside, account).with_name(_name(image)).start()
        else:
            kept.start()


def stop_kept() -> None:
    """Stops what `keep_running` started; the data stays in the stopped containers."""
    try:
        for image in (POSTGRES, RABBITMQ):
            kept = _kept(image)
            if kept is not None:
                kept.stop(timeout=60)
    except DockerException:  # no engine, so nothing of ours runs in one
        return


def _kept(image: Image) -> Container | None:
    try:
        return DockerClient().client.containers.get(_name(image))
    except NotFound:
        return None


def _name(image: Image) -> str:
    checkout = hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:12]
    return f"sikkersak-{checkout}-{image.name.partition(':')[0]}"


@contextmanager
def _understood(image: Image) -> Iterator[None]:
    """The engine's errors as one sentence with the way out."""
    try:
        yield
    except APIError as trouble:
        raise Unavailable(f"{image.name} cannot be started: {trouble.explanation}") from trouble
    except DockerException as trouble:
        raise Unavailable(
            "No Docker engine answers, and Debian's packages of the servers are not here: start one, or run this as root"
            " on Debian, or set DATABASE_URL and RABBITMQ_URL."
        ) from trouble


@contextmanager
def _running(image: Image) -> Iterator[tuple[int, ...]]:
    ports: tuple[int, ...] = ()
    for _ in image.ports:
        ports += (free_port(ports),)
    with _understood(image):
        container = _container(image, ports, Account(ACCOUNT, memory().password("containers"))).start()
    try:
        yield ports
    finally:
        container.stop()


def _container(image: Image, ports: tuple[int, ...], account: Account) -> DockerContainer:
    container = DockerContainer(image.name)
    if image.command:
        container.with_command(list(image.command))
    for inside, outside in zip(image.ports, ports, strict=True):
        # the address too, which the stubs leave out: never one that others reach
        container.ports[f"{inside}/tcp"] = ("127.0.0.1", outside)  # type: ignore[assignment]
    return container.with_env(image.user, account.name).with_env(image.password, account.password)


def _servers(database: int, amqp: int, management: int) -> Servers:
    account = f"{ACCOUNT}:{memory().password('containers')}@127.0.0.1"
    return Servers(
        f"postgresql://{account}:{database}/postgres",
        f"amqp://{account}:{amqp}/",
        f"http://127.0.0.1:{management}",
    )


def _wait(given: Servers) -> None:
    """Returns when both take work; the images start their servers twice, so an open port is not enough."""

    def broker() -> bool:
        account = (ACCOUNT, memory().password("containers"))
        return httpx.get(f"{given.management_url}/api/health/checks/virtual-hosts", auth=account, timeout=2).is_success

    _until(broker, "RabbitMQ", httpx.TransportError)
    _until(lambda: takes_queries(given.database_url), "PostgreSQL")


def takes_queries(url: str) -> bool:
    """Whether PostgreSQL does; its image starts it twice, so an open port is not enough."""

    async def connect() -> None:
        await (await asyncpg.connect(url, timeout=2)).close()

    try:
        asyncio.run(connect())
    except (asyncpg.PostgresError, OSError, TimeoutError):  # transient: it is starting
        return False
    return True


def _until(is_up: Callable[[], bool], name: str, *not_yet: type[Exception]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            if is_up():
                return
        except not_yet:  # transient: it is starting
            pass
        if time.monotonic() > deadline:
            raise Unavailable(f"The container of {name} did not become ready within {READY_SECONDS:g} s.")
        time.sleep(0.3)
