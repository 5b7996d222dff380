"""Programs as processes beside a test or a bench: the stand-ins, and a service on a sandbox.

A service is started when it is first needed and lives on for the next one that wants the same settings, because a
start takes longer than most of what is to be seen.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sikkersak.identity import ActorSigner
from sikkersak.persistence.migrate import migrate
from sikkersak.testing.sandbox import Sandbox

REPOSITORY: Final = Path(__file__).resolve().parents[3]
STOP_SECONDS: Final = 40


def start(
    command: list[str], environment: dict[str, str], log: Path, *, service: str = "", talks: bool = False
) -> subprocess.Popen[str]:
    """Starts a program of this repository. What it says on its errors, or all of it, stands in `log`."""
    roots = ["deploy", "shared", *([f"services/{service}"] if service else [])]
    paths = os.pathsep.join(str(REPOSITORY / root) for root in roots)
    with log.open("a") as errors:
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE if talks else errors,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONPATH": paths, **environment},
        )


def stop(started: subprocess.Popen[str]) -> None:
    """Ends a program as a redeploy would, and waits for it."""
    started.terminate()
    try:
        started.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        started.kill()
        started.communicate()


class Programs:
    """Stand-ins of one test module or bench; all end with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[subprocess.Popen[str]] = []

    def stand_in(self, name: str, *arguments: str) -> list[str]:
        """Starts one and returns its addresses, once it listens."""
        log = self.folder / f"{name}.log"
        command = [sys.executable, "-m", "simulators", name, "--port", "0", *arguments]
        started = start(command, {}, log, talks=True)
        self._running.append(started)
        assert started.stdout is not None
        line = started.stdout.readline()
        if not line.startswith("ready "):
            raise AssertionError(f"{name} did not become ready: {line!r} {log.read_text()[-2000:]}")
        return line.split()[1:]

    def stop(self) -> None:
        """Ends them all."""
        for started in self._running:
            stop(started)


class ServiceProcess:
    """One service, as a process that is kept while the same settings are wanted."""

    def __init__(self, name: str, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.environment = environment
        self.log = log
        self._running: subprocess.Popen[str] | None = None
        self._with: dict[str, str] = {}

    @contextmanager
    def wanted(self, **changed: str | None) -> Iterator[subprocess.Popen[str]]:
        """The running process, started anew only where it ended or had other settings. It is not ended afterwards.

        A setting that is None is left out.
        """
        given = {**self.environment, **changed}
        environment = {name: value for name, value in given.items() if value is not None}
        if self._running is None or self._running.poll() is not None or environment != self._with:
            self.stop()
            command = [sys.executable, "-m", self.name]
            ported = {**environment, "HTTP_PORT": str(free_port())}
            self._running, self._with = start(command, ported, self.log, service=self.name), environment
        yield self._running

    def kill(self) -> None:
        """Ends it as a power cut would."""
        if self._running is not None:
            self._running.send_signal(signal.SIGKILL)
            self._running.wait()

    def stop(self) -> None:
        """Ends it as a redeploy would."""
        if self._running is not None and self._running.poll() is None:
            stop(self._running)
        self._running = None


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def make_schema(place: Sandbox, service: str) -> None:
    """Gives the sandbox's database the service's own schema, where everybody who connects then works."""
    connection = await asyncpg.connect(place.database_url)
    await connection.execute(f"create schema {service}")
    await connection.execute(f'alter database "{place.vhost}" set search_path = {service}')
    await connection.close()
    await asyncio.to_thread(migrate, service, place.database_url, REPOSITORY / "services" / service / "migrations")


def make_keys(folder: Path) -> ActorSigner:
    """The vault's key and the gateway's key pair, in `folder`; returns who signs for actors."""
    (folder / "vault").mkdir(exist_ok=True)
    (folder / "identity").mkdir()
    keys = {"current": "k1", "keys": {"k1": base64.b64encode(b"v" * 32).decode()}}
    (folder / "vault_keys.json").write_text(json.dumps(keys))
    actor = Ed25519PrivateKey.generate()
    public = actor.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "identity" / "gateway.pem").write_bytes(public)
    return ActorSigner(actor.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def service_environment(place: Sandbox, folder: Path) -> dict[str, str]:
    """What every service is told, for a sandbox and the keys of `make_keys`."""
    return {
        "ENVIRONMENT": "development",
        "DATABASE_URL": place.database_url,
        "RABBITMQ_URL": place.rabbitmq_url,
        "RABBITMQ_RPC_URL": place.rabbitmq_rpc_url,
        "VAULT_URL": f"file://{folder}/vault",
        "VAULT_KEYS": str(folder / "vault_keys.json"),
        "IDENTITY_KEYS": str(folder / "identity"),
        "OUTWARD_EFFECTS": "on",
        "DRAIN_SECONDS": "5",
    }
