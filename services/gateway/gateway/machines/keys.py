"""Maskinporten's published keys: kept for a day, asked for anew when a token names an unknown one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import httpx
from joserfc.jwk import RSAKey

from gateway.login.metadata import Attempts, CacheTimes, fetch_json, keys_of
from sikkersak.errors import Declined, Transient

DESCRIBED: str = ".well-known/oauth-authorization-server"


class IssuerMisconfigured(Declined):
    """The issuer's own description does not hold."""

    def __init__(self) -> None:
        super().__init__(
            "machine-issuer-misconfigured", "Maskinporten kan ikke brukes slik den er satt opp.", status=502
        )


class IssuerKeys:
    """The cached keys of one issuer (RFC 8414). While it cannot be reached, what was known is used on."""

    def __init__(
        self, issuer: str, http: httpx.AsyncClient, clock: Callable[[], datetime], *, allow_http: bool = False
    ) -> None:
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._allow_http = allow_http
        self._times = CacheTimes()
        self._keys: dict[str, RSAKey] = {}
        self._attempts = Attempts()
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> RSAKey | None:
        """The published key of this id, or None; `Transient` when nothing was ever known."""
        async with self._lock:
            now = self._clock()
            is_known = kid in self._keys and self._attempts.is_current(now, self._times)
            if not is_known and (not self._keys or self._attempts.may_try(now, self._times)):
                self._attempts.tried_at = now
                await self._fetch(now)
            return self._keys.get(kid)

    async def _fetch(self, now: datetime) -> None:
        try:
            described = await fetch_json(self._http, f"{self._issuer.rstrip('/')}/{DESCRIBED}")
            address = self._checked(described)
            found = keys_of(await fetch_json(self._http, address))
        except Transient:
            if not self._keys:
                raise
            return
        if not found:
            raise IssuerMisconfigured
        self._keys, self._attempts.fetched_at = found, now

    def _checked(self, described: object) -> str:
        told = described if isinstance(described, dict) else {}
        address = told.get("jwks_uri")
        if told.get("issuer") != self._issuer or not isinstance(address, str):
            raise IssuerMisconfigured
        if not self._allow_http and urlsplit(address).scheme != "https":
            raise IssuerMisconfigured
        return address
