"""What each service of a stack is told: settings in its environment, secrets in files."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from local.registers import ACCOUNT, INTEGRATION, MUNICIPALITY, SVARINN_USER
from samples.municipality import municipality
from sikkersak.messaging.topology import EVENTS_VHOST, RPC_VHOST

if TYPE_CHECKING:
    from local.stack import Stack

SOCKET_ADDRESS: Final = 100
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


class Configuration:
    """One stack's services as they are set up."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def of(self, service: str) -> dict[str, str]:
        """Every setting of a service, the secret ones too."""
        return self._common(service) | {key: str(value) for key, value in self.own()[service].items()}

    def environment(self, service: str) -> dict[str, str]:
        """What its process is started with: nothing secret, and where the secrets lie."""
        told = self.of(service) | {"SECRETS_DIR": str(self.stack.secret(service))}
        return {key: value for key, value in told.items() if not _is_secret(key)}

    def place_secrets(self, service: str) -> None:
        """In files that this account alone reads: an environment is shown by `ps` and inherited by children (R13)."""
        self.stack.secret(service).mkdir(parents=True, exist_ok=True, mode=0o700)
        for key, value in self.of(service).items():
            if _is_secret(key):
                file = self.stack.secret(f"{service}/{key.lower()}")
                file.touch(mode=0o600)
                file.write_text(value)

    def own(self) -> dict[str, dict[str, object]]:
        """What each service has beyond what all have. Short intervals: a person is watching."""
        return {
            "cases": {
                "LOOKUP_KEY": self.stack.memory.hex_key("pupils"),
                "AUDIT_KEY": self.stack.secret("cases/audit.pem"),
            },
            "intake": {
                "SVARINN_URL": f"{self.stack.url('svarinn')}/api",
                "SVARINN_USERNAME": SVARINN_USER,
                "SVARINN_PASSWORD": self.stack.memory.password("svarinn"),
                "SVARINN_KEYS": self.stack.secret("svarinn"),
                "POLL_SECONDS": 1,
                "UNDO_SECONDS": 0,
                "SCAN_LANGUAGES": os.environ.get("SCAN_LANGUAGES", ""),
            },
            "archiver": {
                "NOARK_URL": f"{self.stack.url('noark')}/",
                "NOARK_CLIENT_ID": "sikkersak",
                "NOARK_CLIENT_SECRET": self.stack.memory.password("noark"),
                "PROBE_SECONDS": 1,
                "SCAN_LANGUAGES": os.environ.get("SCAN_LANGUAGES", ""),
                **(self.stack.fiks.archiver() if self.stack.fiks else {}),
            },
            "signing": {
                "PORTAL_URL": self.stack.url("signing-portal"),
                "PORTAL_ORGANISATION": MUNICIPALITY,
                "PORTAL_CERTIFICATE": self.stack.secret("signing/client.pem"),
                "PORTAL_TRUST": self.stack.state("signing-ca"),
                "POLL_SECONDS": 1,
                "PUBLIC_URL": self.stack.url("gateway"),
            },
            "notifier": {
                "SVARUT_URL": f"{self.stack.url('svarut')}/api",
                "SVARUT_INTEGRATION_ID": INTEGRATION,
                "SVARUT_INTEGRATION_PASSWORD": self.stack.memory.password("svarut"),
                "SVARUT_ACCOUNT": ACCOUNT,
                "MASKINPORTEN_ISSUER": f"{self.stack.url('maskinporten')}/",
                "MASKINPORTEN_CLIENT_ID": "sikkersak",
                "MASKINPORTEN_KEY": self.stack.secret("notifier/maskinporten.pem"),
                "MASKINPORTEN_KEY_ID": "sikkersak-1",
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": self.stack.memory.port("smtp"),
                "SMTP_STARTTLS": "false",
                "SMTP_SENDER": "sikkersak@kommune.example",
                "GENERAL_ARCHIVE_MAILBOX": municipality().mailbox,
                "TEAMS_HOSTS": '["127.0.0.1"]',
                "TEAMS_WEBHOOK": f"{self.stack.url('teams')}/workflows/schools/triggers/manual/paths/invoke?sig={self.stack.memory.password('teams')}",
                "STATUS_SECONDS": 1,
                "STATUS_RHYTHM": 0.001,
                "DIGEST_SECONDS": 2,
                "PUBLIC_URL": self.stack.url("gateway"),
            },
            "gateway": {
                "BASE_URL": self.stack.url("gateway"),
                "IDPORTEN_ISSUER": self.stack.url("idporten"),
                "IDPORTEN_CLIENT_ID": "sikkersak",
                "IDPORTEN_KEY": self.stack.secret("gateway/idporten.pem"),
                "IDPORTEN_KEY_ID": "sikkersak-1",
                "ACTOR_SIGNING_KEY": self.stack.secret("gateway/actor.pem"),
                "PID_LOOKUP_KEY": self.stack.memory.hex_key("staff"),
                # on this machine one person and one address stand for many
                "REQUESTS_A_SECOND": 500,
                "REQUESTS_AT_ONCE": 2000,
                "LOGINS_A_SECOND": 50,
                "MASKINPORTEN_ISSUER": f"{self.stack.url('maskinporten')}/",
                "MACHINE_CONSUMERS": MUNICIPALITY,
                "SCIM_TOKEN_HASHES": sha256(self.stack.memory.password("scim").encode()).hexdigest(),
            },
        }

    def _common(self, name: str) -> dict[str, str]:
        return {
            "ENVIRONMENT": "development",
            "DATABASE_URL": self.stack.provision.database_url(name),
            "RABBITMQ_URL": self.stack.provision.rabbitmq_url(name, EVENTS_VHOST),
            "RABBITMQ_RPC_URL": self.stack.provision.rabbitmq_url(name, RPC_VHOST),
            "VAULT_URL": f"file://{self.stack.folder / 'vault'}",
            "VAULT_KEYS": str(self.stack.secret("vault.json")),
            "IDENTITY_KEYS": str(self.stack.secret("identity")),
            "HTTP_PORT": str(self.stack.memory.port(name)),
            **self._handover(name),
            "OUTWARD_EFFECTS": "true",
            "LEASE_SECONDS": "5",
        }

    def _handover(self, name: str) -> dict[str, str]:
        """Where a successor asks for the port; a folder whose path is too long for a socket's address goes without."""
        path = str(self.stack.folder / "handover" / name)
        return {"HANDOVER": path} if len(path) < SOCKET_ADDRESS else {}


def _is_secret(setting: str) -> bool:
    return setting.endswith(SECRET_SIGNS)
