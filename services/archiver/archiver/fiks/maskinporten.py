"""Access tokens from Maskinporten (RFC 7523): a signed assertion for a token that is kept until shortly before it expires."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from archiver.core import AccessRefused
from sikkersak.errors import Transient

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE: Final = "ks:fiks"
ASSERTION_SECONDS: Final = 60  # at most 120
EARLY_SECONDS: Final = 10.0
SERVER_ERROR: Final = 500
TOO_MANY: Final = 429


@dataclass(frozen=True)
class Client:
    """Our client there."""

    issuer: str
    client_id: str
    key: bytes
    key_id: str


class Maskinporten:
    """Tokens for Fiks, shared by all calls; one is fetched at a time."""

    def __init__(self, http: httpx.AsyncClient, client: Client) -> None:
        self._http = http
        self._client = client
        self._key = RSAKey.import_key(client.key, {"kid": client.key_id})
        self._issuer = client.issuer.rstrip("/") + "/"
        self._fetching = asyncio.Lock()
        self._token, self._good_until = "", 0.0

    async def token(self) -> str:
        """A token that is good for at least a moment. Raises `Transient`, `AccessRefused`."""
        async with self._fetching:
            if time.time() >= self._good_until:
                await self._fetch()
            return self._token

    def forget(self) -> None:
        """It was refused: the next call fetches another."""
        self._good_until = 0.0

    async def _fetch(self) -> None:
        asked_at = time.time()
        try:
            form = {"grant_type": GRANT, "assertion": self._assertion(int(asked_at))}
            response = await self._http.post(f"{self._issuer}token", data=form)
        except httpx.TransportError as away:
            raise Transient(f"archive: Maskinporten: {type(away).__name__}") from away
        if response.status_code == TOO_MANY or response.status_code >= SERVER_ERROR:
            raise Transient(f"archive: Maskinporten answered {response.status_code}")
        if not response.is_success:
            raise AccessRefused(f"archive: Maskinporten answered {response.status_code}")
        try:
            answer = response.json()
            self._token, lives = str(answer["access_token"]), float(answer["expires_in"])
        except (ValueError, KeyError, TypeError) as strange:
            raise Transient("archive: Maskinporten's answer holds no token") from strange
        self._good_until = asked_at + max(lives - EARLY_SECONDS, lives / 2)

    def _assertion(self, issued: int) -> str:
        claims = {"aud": self._issuer, "iss": self._client.client_id, "scope": SCOPE, "iat": issued}
        claims |= {"exp": issued + ASSERTION_SECONDS, "jti": str(uuid4())}
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)
