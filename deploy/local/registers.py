"""What the stand-ins of the national services know of us: accounts, clients, certificates. Kept once a stack."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from local import keys
from local.places import REPOSITORY
from samples.municipality import municipality

if TYPE_CHECKING:
    from local.stack import Stack

MUNICIPALITY: Final = "310000027"  # a synthetic organisation number
INTEGRATION: Final = UUID("6d1f0e52-52fb-4ad1-b9a8-7e2f7a3e9c10")
ACCOUNT: Final = uuid5(INTEGRATION, MUNICIPALITY)
SVARINN_USER: Final = "sikkersak"


class Registers:
    """One stack's registers, a file for each stand-in that asks who comes."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def keep(self) -> None:
        """All of them. Keys that are missing are made."""
        self.svarinn()
        self.maskinporten()
        self.idporten()
        self.svarut()
        self.signing_portal()

    def svarinn(self) -> None:
        """The municipality's account, the organisations it fetches for, and the certificate that mail is encrypted for."""
        certificate = keys.receiver_key(self.stack.secret("svarinn"), "2026")
        numbers = [{"number": school.organisation} for school in municipality().schools]
        account = {"username": SVARINN_USER, "password": self.stack.memory.password("svarinn")}
        self._keep("svarinn.json", [account | {"certificate_pem": certificate, "organisations": numbers}])

    def maskinporten(self) -> None:
        """Notifier's client, the school system's, and archiver's where Fiks IO is spoken."""
        public = keys.rsa_key(self.stack.secret("notifier/maskinporten.pem"))
        client = {
            "client_id": "sikkersak",
            "organisation": MUNICIPALITY,
            "kid": "sikkersak-1",
            "public_key_pem": public,
        }
        archive = [self.stack.fiks.client()] if self.stack.fiks else []
        clients = [client, self.stack.school_system.registration(), *archive]
        self._keep("maskinporten.json", {"clients": clients})

    def idporten(self) -> None:
        """Who can log in, and the gateway's client."""
        users = [
            {"pid": person.national_id, "name": person.name, "username": person.username}
            for person in municipality().staff
        ]
        self._keep("users.json", {"users": users})
        public = self.stack.register("idporten-client.pem")
        public.write_text(keys.rsa_key(self.stack.secret("gateway/idporten.pem")))
        client = {
            "client_id": "sikkersak",
            "name": "Sikker Sak",
            "redirect_uris": [f"{self.stack.url('gateway')}/login/callback"],
            "post_logout_redirect_uris": [f"{self.stack.url('gateway')}/logged-out"],
            "backchannel_logout_uri": f"{self.stack.url('gateway')}/login/backchannel",
            "public_key_file": public.name,
            "kid": "sikkersak-1",
        }
        self._keep("idporten.json", {"clients": [client]})

    def svarut(self) -> None:
        """Notifier's integration, and the account that it sends from."""
        integration = {
            "id": str(INTEGRATION),
            "password": self.stack.memory.password("svarut"),
            "organisation": MUNICIPALITY,
            "accounts": [str(ACCOUNT)],
        }
        self._keep("svarut.json", [integration])

    def signing_portal(self) -> None:
        """Signing's client certificate, which the stand-in's own authority issues once."""
        certificate = self.stack.secret("signing/client.pem")
        if certificate.exists():
            return
        certificate.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "simulators", "signing", "--ca-dir", str(self.stack.state("signing-ca"))]
        subprocess.run([*command, "--issue-client", MUNICIPALITY, str(certificate)], check=True, cwd=REPOSITORY)

    def _keep(self, name: str, content: object) -> None:
        path = self.stack.register(name)
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, indent=1))
