"""Which secret lies where: every container gets a folder with its own and no other's (R13).

A file that is named after a setting is that setting (SECRETS_DIR); other names are pointed at by a setting in
docker-compose.yml. In production the same files are mounted from where the operator keeps secrets.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from containers.stack import ContainerStack
from local.keys import write_secret
from local.places import SERVICES
from sikkersak.messaging.topology import EVENTS_VHOST, RPC_VHOST

# Settings of `local.stack` that are secret in themselves, by service.
SECRET_SETTINGS: Final = {
    "cases": ("LOOKUP_KEY", "AUDIT_KEY"),
    "intake": ("SVARINN_PASSWORD",),
    "archiver": ("NOARK_CLIENT_SECRET",),
    "signing": (),
    "notifier": ("SVARUT_INTEGRATION_PASSWORD", "TEAMS_WEBHOOK"),
    "gateway": ("PID_LOOKUP_KEY", "IDPORTEN_KEY", "ACTOR_SIGNING_KEY", "SCIM_TOKEN_HASHES"),
}
# Files and folders of the stack that a service's settings point at.
FILES: Final = {
    "intake": ("secrets/svarinn",),
    "signing": ("secrets/signing/client.pem",),
    "notifier": ("secrets/notifier/maskinporten.pem",),
}
TRUSTED: Final = ("ca.pem", "signing-root.pem")  # of the signing stand-in's authority: never its private keys
STAND_INS: Final = "stand-ins"


def place(stack: ContainerStack, target: Path) -> None:
    """Makes what is missing, then puts every container's part into `target`/NAME. Run again, it changes nothing."""
    stack.prepare()
    stack.memory.password(stack.provision.operator)
    for service in SERVICES:
        stack.provision.database_url(service, is_owner=True)
        _service(stack, service, target / service)
    for server in ("postgres", "rabbitmq"):
        # the server runs under an account of its image's own choosing, and nothing else mounts this folder
        _write(target / server / "password", stack.memory.password(server)).chmod(0o444)
    _stand_ins(stack, target / STAND_INS)


def secret_settings(stack: ContainerStack, service: str) -> dict[str, str]:
    """A service's secret settings, by name."""
    provision = stack.provision
    own = stack.configuration.own()[service]
    return {
        "database_url": provision.database_url(service),
        "rabbitmq_url": provision.rabbitmq_url(service, EVENTS_VHOST),
        "rabbitmq_rpc_url": provision.rabbitmq_url(service, RPC_VHOST),
        **{name.lower(): _text(own[name]) for name in SECRET_SETTINGS[service]},
    }


def _service(stack: ContainerStack, service: str, folder: Path) -> None:
    for name, value in secret_settings(stack, service).items():
        _write(folder / name, value)
    _copy(stack.folder / "secrets" / "vault.json", folder)
    _copy(stack.folder / "secrets" / "identity", folder)
    for name in FILES.get(service, ()):
        _copy(stack.folder / name, folder)
    if service == "signing":
        for name in TRUSTED:
            _copy(stack.folder / "state" / "signing-ca" / name, folder / "signing-ca")


def _stand_ins(stack: ContainerStack, folder: Path) -> None:
    _copy(stack.folder / "register", folder)
    _copy(stack.folder / "state" / "signing-ca", folder)
    for name in ("noark", "teams"):
        _write(folder / f"{name}.secret", stack.memory.password(name))


def _text(value: object) -> str:
    """A secret itself; a key that lies in a file is read from there."""
    return value.read_text() if isinstance(value, Path) else str(value)


def _write(path: Path, content: str) -> Path:
    """Whole or not at all: a service may be starting now."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    write_secret(fresh, content.encode())
    return fresh.replace(path)


def _copy(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, folder / source.name, dirs_exist_ok=True)
    else:
        shutil.copy(source, folder / source.name)
