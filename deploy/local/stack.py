"""The local stack: which processes there are, with which settings, in which order. One declarative place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from local import keys, servers
from local.fiks import HUB, Fiks, Way
from local.memory import Memory, memory
from local.places import LOCAL, REPOSITORY, SERVICES
from local.processes import Process
from local.provision import Provision
from local.servers import Servers
from samples.municipality import municipality
from sikkersak.messaging.topology import EVENTS_VHOST, RPC_VHOST

# The stand-in of the signing portal has a name of its own here: the service is called signing.
SIMULATORS: Final = ("maskinporten", "svarinn", "svarut", "noark", "signing-portal", "idporten", "smtp", "teams")
MUNICIPALITY: Final = "310000027"  # a synthetic organisation number
INTEGRATION: Final = UUID("6d1f0e52-52fb-4ad1-b9a8-7e2f7a3e9c10")
SOCKET_ADDRESS: Final = 100
SVARINN_USER: Final = "sikkersak"
SECRET_SIGNS: Final = (
    "_PASSWORD",
    "_CLIENT_SECRET",
    "DATABASE_URL",
    "_TOKEN_HASHES",
    "RABBITMQ_URL",
    "RPC_URL",
    "LOOKUP_KEY",
    "_WEBHOOK",
    "FIKS_URL",
)
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
        self._write("archive.json", {"way": way.value})

    @property
    def way(self) -> Way:
        """What archiver and its archive speak."""
        kept = self.folder / "register" / "archive.json"
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

    def down(self) -> None:
        """Stops every service and stand-in of this stack."""
        self.stop(*SERVICES)
        self.stop(*self.stand_ins)

    def clear(self) -> None:
        """Takes away everything that this stack holds: processes, database, virtual hosts, content. Servers stay."""
        self.down()
        self._start_servers()
        self.provision.remove()
        for name in ("vault", "state", "register", "logs", "secrets"):
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

    def prepare(self) -> None:
        """Keys, secrets and the stand-ins' registers: made once."""
        keys.vault_keys(self._secret("vault.json"))
        keys.identity_keys(self._secret("gateway/actor.pem"), self._secret("identity"))
        for service in SERVICES:
            self._place_secrets(service)
        keys.audit_key(self._secret("cases/audit.pem"))
        if self.fiks is not None:
            self.fiks.prepare()
        self._register_svarinn()
        self._register_maskinporten()
        self._register_idporten()
        self._write("svarut.json", [self._integration()])
        if not self._secret("signing/client.pem").exists():
            self._secret("signing").mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-m", "simulators", "signing", "--ca-dir", str(self._state("signing-ca"))]
            issue = ["--issue-client", MUNICIPALITY, str(self._secret("signing/client.pem"))]
            subprocess.run([*command, *issue], check=True, cwd=REPOSITORY)

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
        register = self.folder / "register"
        return {
            "maskinporten": ("--clients", str(register / "maskinporten.json")),
            "svarinn": ("--systems", str(register / "svarinn.json"), "--state", str(self._state("svarinn"))),
            "svarut": (
                *("--maskinporten", f"{self.url('maskinporten')}/", "--integrations", str(register / "svarut.json")),
                *("--pace", "1", "--sender", MUNICIPALITY),
            ),
            "noark": ("--state", str(self._state("noark")), "--client", f"sikkersak:{self.memory.password('noark')}")
            + (self.fiks.core() if self.fiks else ()),
            HUB: self.fiks.hub() if self.fiks else (),
            "signing-portal": (
                *("--ca-dir", str(self._state("signing-ca")), "--state", str(self._state("signing"))),
                *("--control-port", str(self.memory.port("signing-control")), "--pace", "1"),
            ),
            "idporten": ("--users", str(register / "users.json"), "--clients", str(register / "idporten.json")),
            "smtp": ("--control-port", str(self.memory.port("smtp-control")), "--state", str(self._state("smtp"))),
            "teams": (f"--sig={self.memory.password('teams')}",),  # it may begin with a dash
        }

    # --- services

    def _service(self, name: str) -> Process:
        environment = self._settings(name) | {"SECRETS_DIR": str(self._secret(name))}
        environment = {key: value for key, value in environment.items() if not _is_secret(key)}
        ready = f"{self.url(name)}/health/ready"
        return Process(name, (sys.executable, "-m", name), environment, ready, self.folder)

    def _settings(self, name: str) -> dict[str, str]:
        return self._common(name) | {key: str(value) for key, value in self._own()[name].items()}

    def _place_secrets(self, service: str) -> None:
        """In files that this account alone reads: an environment is shown by `ps` and inherited by children (R13)."""
        self._secret(service).mkdir(parents=True, exist_ok=True, mode=0o700)
        for key, value in self._settings(service).items():
            if _is_secret(key):
                file = self._secret(f"{service}/{key.lower()}")
                file.touch(mode=0o600)
                file.write_text(value)

    def _common(self, name: str) -> dict[str, str]:
        return {
            "ENVIRONMENT": "development",
            "DATABASE_URL": self.provision.database_url(name),
            "RABBITMQ_URL": self.provision.rabbitmq_url(name, EVENTS_VHOST),
            "RABBITMQ_RPC_URL": self.provision.rabbitmq_url(name, RPC_VHOST),
            "VAULT_URL": f"file://{self.folder / 'vault'}",
            "VAULT_KEYS": str(self._secret("vault.json")),
            "IDENTITY_KEYS": str(self._secret("identity")),
            "HTTP_PORT": str(self.memory.port(name)),
            **self._handover(name),
            "OUTWARD_EFFECTS": "true",
            "LEASE_SECONDS": "5",
        }

    def _own(self) -> dict[str, dict[str, object]]:
        """What each service has beyond what all have. Short intervals: a person is watching."""
        return {
            "cases": {"LOOKUP_KEY": self.memory.hex_key("pupils"), "AUDIT_KEY": self._secret("cases/audit.pem")},
            "intake": {
                "SVARINN_URL": f"{self.url('svarinn')}/api",
                "SVARINN_USERNAME": SVARINN_USER,
                "SVARINN_PASSWORD": self.memory.password("svarinn"),
                "SVARINN_KEYS": self._secret("svarinn"),
                "POLL_SECONDS": 1,
                "UNDO_SECONDS": 0,
                "SCAN_LANGUAGES": os.environ.get("SCAN_LANGUAGES", ""),
            },
            "archiver": {
                "NOARK_URL": f"{self.url('noark')}/",
                "NOARK_CLIENT_ID": "sikkersak",
                "NOARK_CLIENT_SECRET": self.memory.password("noark"),
                "PROBE_SECONDS": 1,
                "SCAN_LANGUAGES": os.environ.get("SCAN_LANGUAGES", ""),
                **(self.fiks.archiver() if self.fiks else {}),
            },
            "signing": {
                "PORTAL_URL": self.url("signing-portal"),
                "PORTAL_ORGANISATION": MUNICIPALITY,
                "PORTAL_CERTIFICATE": self._secret("signing/client.pem"),
                "PORTAL_TRUST": self._state("signing-ca"),
                "POLL_SECONDS": 1,
                "PUBLIC_URL": self.url("gateway"),
            },
            "notifier": {
                "SVARUT_URL": f"{self.url('svarut')}/api",
                "SVARUT_INTEGRATION_ID": INTEGRATION,
                "SVARUT_INTEGRATION_PASSWORD": self.memory.password("svarut"),
                "SVARUT_ACCOUNT": uuid5(INTEGRATION, MUNICIPALITY),
                "MASKINPORTEN_ISSUER": f"{self.url('maskinporten')}/",
                "MASKINPORTEN_CLIENT_ID": "sikkersak",
                "MASKINPORTEN_KEY": self._secret("notifier/maskinporten.pem"),
                "MASKINPORTEN_KEY_ID": "sikkersak-1",
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": self.memory.port("smtp"),
                "SMTP_STARTTLS": "false",
                "SMTP_SENDER": "sikkersak@kommune.example",
                "GENERAL_ARCHIVE_MAILBOX": municipality().mailbox,
                "TEAMS_HOSTS": '["127.0.0.1"]',
                "TEAMS_WEBHOOK": f"{self.url('teams')}/workflows/schools/triggers/manual/paths/invoke?sig={self.memory.password('teams')}",
                "STATUS_SECONDS": 1,
                "STATUS_RHYTHM": 0.001,
                "DIGEST_SECONDS": 2,
                "PUBLIC_URL": self.url("gateway"),
            },
            "gateway": {
                "BASE_URL": self.url("gateway"),
                "IDPORTEN_ISSUER": self.url("idporten"),
                "IDPORTEN_CLIENT_ID": "sikkersak",
                "IDPORTEN_KEY": self._secret("gateway/idporten.pem"),
                "IDPORTEN_KEY_ID": "sikkersak-1",
                "ACTOR_SIGNING_KEY": self._secret("gateway/actor.pem"),
                "PID_LOOKUP_KEY": self.memory.hex_key("staff"),
                # on this machine one person and one address stand for many
                "REQUESTS_A_SECOND": 500,
                "REQUESTS_AT_ONCE": 2000,
                "LOGINS_A_SECOND": 50,
                "SCIM_TOKEN_HASHES": sha256(self.memory.password("scim").encode()).hexdigest(),
            },
        }

    # --- registers of the stand-ins

    def _register_svarinn(self) -> None:
        certificate = keys.receiver_key(self._secret("svarinn"), "2026")
        numbers = [{"number": school.organisation} for school in municipality().schools]
        account = {"username": SVARINN_USER, "password": self.memory.password("svarinn")}
        self._write("svarinn.json", [account | {"certificate_pem": certificate, "organisations": numbers}])

    def _register_maskinporten(self) -> None:
        public = keys.rsa_key(self._secret("notifier/maskinporten.pem"))
        client = {
            "client_id": "sikkersak",
            "organisation": MUNICIPALITY,
            "kid": "sikkersak-1",
            "public_key_pem": public,
        }
        clients = [client, self.fiks.client()] if self.fiks else [client]
        self._write("maskinporten.json", {"clients": clients})

    def _register_idporten(self) -> None:
        users = [
            {"pid": person.national_id, "name": person.name, "username": person.username}
            for person in municipality().staff
        ]
        self._write("users.json", {"users": users})
        public = self.folder / "register" / "idporten-client.pem"
        public.parent.mkdir(parents=True, exist_ok=True)
        public.write_text(keys.rsa_key(self._secret("gateway/idporten.pem")))
        client = {
            "client_id": "sikkersak",
            "name": "Sikker Sak",
            "redirect_uris": [f"{self.url('gateway')}/login/callback"],
            "post_logout_redirect_uris": [f"{self.url('gateway')}/logged-out"],
            "backchannel_logout_uri": f"{self.url('gateway')}/login/backchannel",
            "public_key_file": public.name,
            "kid": "sikkersak-1",
        }
        self._write("idporten.json", {"clients": [client]})

    def _integration(self) -> dict[str, object]:
        return {
            "id": str(INTEGRATION),
            "password": self.memory.password("svarut"),
            "organisation": MUNICIPALITY,
            "accounts": [str(uuid5(INTEGRATION, MUNICIPALITY))],
        }

    def _handover(self, name: str) -> dict[str, str]:
        """Where a successor asks for the port; a folder whose path is too long for a socket's address goes without."""
        path = str(self.folder / "handover" / name)
        return {"HANDOVER": path} if len(path) < SOCKET_ADDRESS else {}

    def _secret(self, name: str) -> Path:
        return self.folder / "secrets" / name

    def _state(self, name: str) -> Path:
        return self.folder / "state" / name

    def _write(self, name: str, content: object) -> None:
        path = self.folder / "register" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, indent=1))


def _is_secret(setting: str) -> bool:
    return setting.endswith(SECRET_SIGNS)
