"""The local stack: which processes there are, with which settings, in which order. One declarative place."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final

from local import keys, servers
from local.configuration import Configuration
from local.fiks import HUB, Fiks, Way
from local.machines import MachineClient
from local.memory import Memory, memory
from local.places import LOCAL, SERVICES
from local.processes import Process
from local.provision import Provision
from local.registers import MUNICIPALITY, Registers
from local.servers import Servers

# The stand-in of the signing portal has a name of its own here: the service is called signing.
SIMULATORS: Final = ("maskinporten", "svarinn", "svarut", "noark", "signing-portal", "idporten", "smtp", "teams")
Say = Callable[[str], None]


class Stack:
    """One stack under one folder: the checkout's own by default, a test's own beside it otherwise."""

    def __init__(
        self, folder: Path = LOCAL, name: str = "sikkersak", known: Memory | None = None, given: Servers | None = None
    ) -> None:
        """On the checkout's servers; on `given` ones, the caller starts and stops them."""
        self.folder = folder
        self.name = name
        self.memory = known or memory()
        self._given = given

    # --- what a person or a test does with it

    def up(self, say: Say) -> None:
        """Keys, stand-ins, servers, what they must hold, services; returns when all are ready."""
        say("Starting PostgreSQL, RabbitMQ and the stand-ins …")
        self.prepare()
        for name in SIMULATORS:  # they need no server, and are ready before the broker is
            self.process(name).start()
        self._start_servers()
        say("Making databases, roles, virtual hosts; migrating …")
        self.provision.run()
        if self.fiks is not None:
            self.fiks.open()
        say("Starting the services …")
        self.start(*self.stand_ins, *SERVICES)

    def speak(self, way: Way) -> None:
        """From now on archiver and its archive speak this; who speaks something else is stopped first."""
        if way is not self.way:
            self.stop("archiver", "noark", HUB, "maskinporten")
        self.register("archive.json").write_text(json.dumps({"way": way.value}))

    @property
    def way(self) -> Way:
        """What archiver and its archive speak."""
        kept = self.register("archive.json")
        return Way(json.loads(kept.read_text())["way"]) if kept.exists() else Way.NOARK

    @property
    def fiks(self) -> Fiks | None:
        """The parties of Fiks Arkiv, where that is spoken."""
        return None if self.way is Way.NOARK else Fiks(self, self.way)

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """The stand-ins that this stack has."""
        return (*SIMULATORS, HUB) if self.way is Way.FIKS_IO else SIMULATORS

    def start(self, *names: str) -> None:
        """Starts these side by side; returns when all are ready."""
        processes = [self.process(name) for name in names]
        for process in processes:
            process.start()
        for process in processes:
            process.wait_ready()

    def stop(self, *names: str) -> None:
        """Stops these side by side, each with time to finish what it holds."""
        with ThreadPoolExecutor(len(SERVICES) + len(self.stand_ins)) as all_of_them:
            for stopped in [all_of_them.submit(self.process(name).stop) for name in names]:
                stopped.result()

    @contextmanager
    def standing(self, say: Say) -> Iterator[Stack]:
        """Up with nothing in it yet; afterwards all of it is gone but the logs, for whoever asks what happened."""
        self.clear()
        try:
            self.up(say)
            yield self
        finally:
            self.clear(but_logs=True)

    def down(self) -> None:
        """Stops every service and stand-in of this stack."""
        self.stop(*SERVICES)
        self.stop(*self.stand_ins)

    def clear(self, *, but_logs: bool = False) -> None:
        """Takes away everything that this stack holds: processes, database, virtual hosts, content. Servers stay."""
        self.down()
        self._start_servers()
        self.provision.remove()
        for name in ("vault", "state", "register", "secrets", *(() if but_logs else ("logs",))):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def redeploy(self, service: str) -> None:
        """Migrate beside the old version, start the new one, and the old one leaves when that serves (R14)."""
        process = self.process(service)
        self.provision.migrate(service)
        process.succeed()

    def replace(self, service: str) -> None:
        """Migrate, stop, start: for a while nobody is there, and what comes waits in the service's queues (R14)."""
        process = self.process(service)
        self.provision.migrate(service)
        process.stop()
        process.start()
        process.wait_ready()

    def process(self, name: str) -> Process:
        """One process by its name."""
        return self._simulator(name) if name in (*SIMULATORS, HUB) else self._service(name)

    def processes(self) -> list[Process]:
        """All of them, in the order they start."""
        return [self.process(name) for name in (*self.stand_ins, *SERVICES)]

    def url(self, name: str) -> str:
        """The address to open, or to call."""
        scheme = "https" if name == "signing-portal" else "http"
        return f"{scheme}://127.0.0.1:{self.memory.port(name)}"

    def control(self, name: str) -> str:
        """The address of a stand-in's switches (`/_control/…`)."""
        apart = {"smtp": "smtp-control", "signing": "signing-control", "signing-portal": "signing-control"}
        return self.url(apart.get(name, name))

    @cached_property
    def servers(self) -> Servers:
        """Where the servers are; asking for it starts nothing."""
        return self._given or servers.addresses()

    @cached_property
    def provision(self) -> Provision:
        """What this stack has on the servers; asking for it starts nothing."""
        return Provision(self.servers, self.memory, self.name)

    @property
    def configuration(self) -> Configuration:
        """What its services are told."""
        return Configuration(self)

    @property
    def school_system(self) -> MachineClient:
        """Another system that may come with tokens of Maskinporten's; its key is its own, and no service gets it."""
        return MachineClient("skolesystem", MUNICIPALITY, self.secret("skolesystem/maskinporten.pem"))

    def machine_token(self, scopes: Sequence[str]) -> str:
        """A token of the school system's for this stack's gateway."""
        return self.school_system.token(f"{self.url('maskinporten')}/", self.url("gateway"), scopes)

    def secret(self, name: str) -> Path:
        """Where a key lies, or a service's secrets."""
        return self.folder / "secrets" / name

    def state(self, name: str) -> Path:
        """Where a stand-in keeps what it holds."""
        return self.folder / "state" / name

    def register(self, name: str) -> Path:
        """A file of what the stand-ins know; its folder is there."""
        path = self.folder / "register" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def prepare(self) -> None:
        """Keys, secrets and the stand-ins' registers: made once."""
        keys.vault_keys(self.secret("vault.json"))
        keys.identity_keys(self.secret("gateway/actor.pem"), self.secret("identity"))
        for service in SERVICES:
            self.configuration.place_secrets(service)
        keys.audit_key(self.secret("cases/audit.pem"))
        if self.fiks is not None:
            self.fiks.prepare()
        Registers(self).keep()

    def _start_servers(self) -> None:
        if self._given is None:
            servers.start()

    # --- stand-ins

    def _simulator(self, name: str) -> Process:
        module = "signing" if name == "signing-portal" else name
        command = ("-m", "simulators", module, "--port", str(self.memory.port(name)), *self._arguments()[name])
        ready = f"{self.control(name)}/_control/state"
        return Process(name, (sys.executable, *command), {}, ready, self.folder)

    def _arguments(self) -> dict[str, tuple[str, ...]]:
        return {
            "maskinporten": ("--clients", str(self.register("maskinporten.json"))),
            "svarinn": ("--systems", str(self.register("svarinn.json")), "--state", str(self.state("svarinn"))),
            "svarut": (
                *(
                    "--maskinporten",
                    f"{self.url('maskinporten')}/",
                    "--integrations",
                    str(self.register("svarut.json")),
                ),
                *("--pace", "1", "--sender", MUNICIPALITY),
            ),
            "noark": ("--state", str(self.state("noark")), "--client", f"sikkersak:{self.memory.password('noark')}")
            + (self.fiks.core() if self.fiks else ()),
            HUB: self.fiks.hub() if self.fiks else (),
            "signing-portal": (
                *("--ca-dir", str(self.state("signing-ca")), "--state", str(self.state("signing"))),
                *("--control-port", str(self.memory.port("signing-control")), "--pace", "1"),
            ),
            "idporten": ("--users", str(self.register("users.json")), "--clients", str(self.register("idporten.json"))),
            "smtp": ("--control-port", str(self.memory.port("smtp-control")), "--state", str(self.state("smtp"))),
            "teams": (f"--sig={self.memory.password('teams')}",),  # it may begin with a dash
        }

    # --- services

    def _service(self, name: str) -> Process:
        ready = f"{self.url(name)}/health/ready"
        return Process(name, (sys.executable, "-m", name), self.configuration.environment(name), ready, self.folder)
