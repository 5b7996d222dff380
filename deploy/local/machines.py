"""The example of another system: the school system of the sample municipality, which comes with tokens of Maskinporten's.

It is registered at the stand-in with every scope there is, under a key of its own, as an integrator would have it done in
Samarbeidsportalen. `token` is what such a system does: an assertion signed with its key, exchanged for an access token.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from local import keys
from sikkersak.identity.policy.rules import Scope

PREFIX: Final = "sikkersak:"
SCOPES: Final = tuple(f"{PREFIX}{scope.value}" for scope in Scope)
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE_SECONDS: Final = 60


NOT_RUNNING: Final = "Maskinporten's stand-in does not run here. Start it; on this machine: ./dev up"


class NoToken(Exception):
    """Maskinporten gave none; the text is its own, or says that it does not run."""


@dataclass(frozen=True)
class MachineClient:
    """A client at Maskinporten. Its private key lies in `key_file`, which is made where it is missing."""

    client_id: str
    organisation: str
    key_file: Path
    key_id: str = "skolesystem-1"
    scopes: tuple[str, ...] = SCOPES

    def registration(self) -> dict[str, Any]:
        """What Maskinporten knows of it."""
        return {
            "client_id": self.client_id,
            "organisation": self.organisation,
            "scopes": list(self.scopes),
            "kid": self.key_id,
            "public_key_pem": keys.rsa_key(self.key_file),
        }

    def token(self, issuer: str, resource: str, scopes: Sequence[str], *, ahead_seconds: float = 0) -> str:
        """An access token for `resource` with these scopes, as `status`; `NoToken` when there is none.

        `ahead_seconds` is how far the issuer's clock is ahead of ours.
        """
        issued = int(time.time() + ahead_seconds)
        claims = {
            "iss": self.client_id,
            "aud": issuer,
            "resource": resource,
            "scope": " ".join(f"{PREFIX}{scope}" for scope in scopes),
            "jti": str(uuid4()),
            "iat": issued,
            "exp": issued + LIFE_SECONDS,
        }
        try:
            key = RSAKey.import_key(self.key_file.read_bytes())
            assertion = jwt.encode({"alg": "RS256", "kid": self.key_id}, claims, key)
            answer = httpx.post(f"{issuer}token", data={"grant_type": GRANT, "assertion": assertion}, timeout=30)
        except (FileNotFoundError, httpx.ConnectError) as away:
            raise NoToken(NOT_RUNNING) from away
        if answer.is_error:
            raise NoToken(answer.text)
        return str(answer.json()["access_token"])
