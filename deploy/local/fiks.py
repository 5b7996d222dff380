"""Fiks Arkiv in place of the REST interface: what archiver, the archive core's stand-in and the stand-in of KS Fiks IO are told.

`broker`: both parties reach one broker. `fiks-io`: over Maskinporten, the account catalogue, the send API and the
accounts' queues, signed and encrypted both ways. The other party's broker is a virtual host of its own.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local import keys
from local.registers import MUNICIPALITY

if TYPE_CHECKING:
    from local.stack import Stack

HUB: Final = "fiksio"
OWN_ACCOUNT: Final = "3f3c1b0a-8a43-4f3c-9a11-0d0e2b1f5a01"
ARCHIVE_ACCOUNT: Final = "9b1f6a2e-55c4-4d5e-8f67-6a7c1d2e3f02"
INTEGRATION: Final = "5e0c7c1d-0b8e-4c55-8f0a-2f6b1c9d4e03"
ARCHIVES: Final = "310000035"  # a synthetic organisation number
CLIENT: Final = "sikkersak-archive"
KEY_ID: Final = "sikkersak-archive-1"


class Way(StrEnum):
    """What a stack's archiver and its archive speak."""

    NOARK = "noark"
    FIKS_BROKER = "fiks-broker"
    FIKS_IO = "fiks-io"


class Fiks:
    """One stack's two parties of Fiks Arkiv."""

    def __init__(self, stack: Stack, way: Way) -> None:
        self.stack = stack
        self.is_over_fiks_io = way is Way.FIKS_IO
        self.folder = stack.secret("fiks")

    def prepare(self) -> None:
        """Keys of both parties, and the platform's register of accounts: made once."""
        certificates = {name: keys.receiver_key(self.folder, name) for name in (OWN_ACCOUNT, ARCHIVE_ACCOUNT, "seal")}
        integration = {"id": INTEGRATION, "password": self._password(), "organisation": MUNICIPALITY}
        accounts = ((OWN_ACCOUNT, MUNICIPALITY, ARCHIVE_ACCOUNT), (ARCHIVE_ACCOUNT, ARCHIVES, OWN_ACCOUNT))
        register = {
            "integrations": [integration | {"accounts": [OWN_ACCOUNT]}],
            "accounts": [
                {
                    "id": account,
                    "name": account,
                    "identifier": f"ORG_NO.{organisation}",
                    "certificate_pem": certificates[account],
                    "takes_from": [friend],
                }
                for account, organisation, friend in accounts
            ],
        }
        keys.write_secret(self._register, json.dumps(register, indent=1).encode())

    def open(self) -> None:
        """The broker that the archive's account has its queue on."""
        self.stack.provision.open_fiks(is_shared=not self.is_over_fiks_io)

    def client(self) -> dict[str, str]:
        """Archiver's client at Maskinporten."""
        public = keys.rsa_key(self.folder / "maskinporten.pem")
        return {"client_id": CLIENT, "organisation": MUNICIPALITY, "kid": KEY_ID, "public_key_pem": public}

    def archiver(self) -> dict[str, object]:
        """Archiver's settings."""
        told: dict[str, object] = {
            "ARCHIVE_ADAPTER": "fiks-arkiv",
            "FIKS_ACCOUNT": OWN_ACCOUNT,
            "FIKS_KEY": self.folder / f"{OWN_ACCOUNT}.key.pem",
        }
        if not self.is_over_fiks_io:
            certificate = self.folder / f"{ARCHIVE_ACCOUNT}.crt.pem"
            return told | {
                "FIKS_URL": self.stack.provision.fiks_url(is_ours=True),
                "FIKS_ARCHIVE_ACCOUNT": ARCHIVE_ACCOUNT,
                "FIKS_ARCHIVE_CERTIFICATE": certificate,
            }
        return told | {
            "FIKS_TRANSPORT": "fiks-io",
            "FIKS_ARCHIVE_ACCOUNT": f"ORG_NO.{ARCHIVES}",
            "FIKS_IO_API": self.stack.url(HUB),
            "FIKS_IO_AMQP": f"amqp://127.0.0.1:{self.stack.memory.port('fiksio-amqp')}",
            "FIKS_INTEGRATION_ID": INTEGRATION,
            "FIKS_INTEGRATION_PASSWORD": self._password(),
            "FIKS_CERTIFICATE": self.folder / "seal.crt.pem",
            "FIKS_SIGNING_KEY": self.folder / "seal.key.pem",
            "MASKINPORTEN_ISSUER": f"{self.stack.url('maskinporten')}/",
            "MASKINPORTEN_CLIENT_ID": CLIENT,
            "MASKINPORTEN_KEY": self.folder / "maskinporten.pem",
            "MASKINPORTEN_KEY_ID": KEY_ID,
        }

    def core(self) -> tuple[str, ...]:
        """What the archive core's stand-in is told beside the rest."""
        key, certificate = (self.folder / f"{ARCHIVE_ACCOUNT}.{kind}.pem" for kind in ("key", "crt"))
        told = (
            *("--fiks-amqp", self.stack.provision.fiks_url(is_ours=False)),
            *("--fiks-account", ARCHIVE_ACCOUNT, "--fiks-key", str(key)),
            *("--fiks-peer", f"{OWN_ACCOUNT}={self.folder / f'{OWN_ACCOUNT}.crt.pem'}"),
        )
        if not self.is_over_fiks_io:
            return told
        documents = f"{self.stack.url(HUB)}/_control/documents"
        return (*told, "--fiks-certificate", str(certificate), "--fiks-documents", documents)

    def hub(self) -> tuple[str, ...]:
        """What the stand-in of Fiks IO is told."""
        return (
            *("--amqp", self.stack.provision.fiks_url(is_ours=False)),
            *("--amqp-port", str(self.stack.memory.port("fiksio-amqp"))),
            *("--maskinporten", f"{self.stack.url('maskinporten')}/", "--register", str(self._register)),
        )

    @property
    def _register(self) -> Path:
        return self.stack.register("fiksio.json")

    def _password(self) -> str:
        return self.stack.memory.password("fiksio")
