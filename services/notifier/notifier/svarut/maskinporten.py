"""Access tokens from Maskinporten: a signed assertion for a token that is kept until shortly before it expires."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import structlog
from joserfc import jwt
from joserfc.jwk import RSAKey

from notifier.trouble import NotLetIn, asked_pause, passes
from sikkersak.errors import Transient

log = structlog.get_logger(__name__)

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_SECONDS: Final = 60  # at most 120
EARLY_SECONDS: Final = 10.0
CODE: Final = re.compile(r"MP-\d{3}")
SKEW: Final = ("MP-130", "Issue time", "issue time")


class ClockSkew(NotLetIn):
    """Our clock and Maskinporten's differ by more than ten seconds."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "clock-skew")


class Maskinporten:
    """One client in Maskinporten. Tokens are shared by all calls; one is fetched at a time."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        issuer: str,
        client_id: str,
        key: RSAKey,
        scope: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._issuer = issuer.rstrip("/") + "/"
        self._client_id = client_id
        self._key = key
        self._scope = scope
        self._clock = clock
        self._fetching = asyncio.Lock()
        self._token = ""
        self._good_until = 0.0

    async def token(self) -> str:
        """A token that is good for at least a moment. Raises `Transient`, `NotLetIn`, `ClockSkew`."""
        async with self._fetching:
            if self._clock() >= self._good_until:
                await self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """The token was refused: the next call fetches another, unless that has happened already."""
        if token == self._token:
            self._good_until = 0.0

    async def _fetch(self) -> None:
        asked_at = self._clock()
        form = {"grant_type": GRANT, "assertion": self._assertion(asked_at)}
        try:
            response = await self._http.post(f"{self._issuer}token", data=form, timeout=20.0)
        except httpx.TransportError as away:
            raise Transient(f"Maskinporten: {type(away).__name__}") from away
        _judge(response)
        try:
            answer = response.json()
            self._token, lives = str(answer["access_token"]), float(answer["expires_in"])
        except (ValueError, KeyError, TypeError) as strange:
            raise Transient("Maskinporten's answer holds no token") from strange
        # always by expires_in; a very short life is used for half of it
        self._good_until = asked_at + max(lives - EARLY_SECONDS, lives / 2)

    def _assertion(self, moment: float) -> str:
        issued = int(moment)
        claims: dict[str, Any] = {
            "aud": self._issuer,
            "iss": self._client_id,
            "scope": self._scope,
            "iat": issued,
            "exp": issued + ASSERTION_SECONDS,
            "jti": str(uuid4()),
        }
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)


def load_key(path: Path, key_id: str) -> RSAKey:
    """The client's private key, under the id its public half is registered with."""
    return RSAKey.import_key(path.read_bytes(), {"kid": key_id})


def _judge(response: httpx.Response) -> None:
    if response.is_success:
        return
    status = response.status_code
    if passes(status):
        raise Transient(f"Maskinporten answered {status}", retry_after=asked_pause(response))
    said = response.text[:2000]
    code = CODE.search(said)
    reason = f"Maskinporten answered {status} {code.group() if code else ''}".strip()
    if any(sign in said for sign in SKEW):
        log.error("maskinporten_clock_skew", their_clock=response.headers.get("date"))
        raise ClockSkew(f"{reason}: the clocks differ")
    log.error("maskinporten_refuses_us", code=code.group() if code else None)
    raise NotLetIn(reason)
