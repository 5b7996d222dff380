"""What the provider publishes about itself: addresses for a day, keys until a token names an unknown one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import BaseModel, ConfigDict, ValidationError

from sikkersak.errors import Declined, Transient

TOO_MANY = 429
SERVER_ERROR = 500


class Metadata(BaseModel):
    """The part of the discovery document that is used (OpenID Connect Discovery §3)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str
    pushed_authorization_request_endpoint: str | None = None

    def addresses(self) -> tuple[str, ...]:
        """Every address in it."""
        given = (self.authorization_endpoint, self.token_endpoint, self.jwks_uri, self.end_session_endpoint)
        return given + tuple(filter(None, [self.pushed_authorization_request_endpoint]))


class ProviderMisconfigured(Declined):
    """The issuer's own description does not hold: wrong address in our settings, or someone in between."""

    def __init__(self, detail: str) -> None:
        super().__init__("login-provider-misconfigured", detail, status=502)


@dataclass(frozen=True)
class CacheTimes:
    """How long what was fetched holds.

    Nothing is tried more often than `pause`, once there is something to go on with: neither unknown key ids nor a provider that is away can make every log-in wait for a fetch.
    """

    holds: timedelta = timedelta(hours=24)
    pause: timedelta = timedelta(seconds=30)


@dataclass
class Attempts:
    """When one thing was last tried, and last succeeded."""

    tried_at: datetime | None = None
    fetched_at: datetime | None = None

    def is_current(self, now: datetime, times: CacheTimes) -> bool:
        """Whether what was fetched still holds."""
        return self.fetched_at is not None and now - self.fetched_at < times.holds

    def may_try(self, now: datetime, times: CacheTimes) -> bool:
        """Whether the pause since the last try is over."""
        return self.tried_at is None or now - self.tried_at >= times.pause


class Directory:
    """The cached description and keys of one issuer. Safe for many log-ins at once: one fetch serves all.

    While the provider cannot be reached, what was known before is used on.
    """

    def __init__(
        self,
        issuer: str,
        http: httpx.AsyncClient,
        clock: Callable[[], datetime],
        *,
        allow_http: bool = False,
        times: CacheTimes | None = None,
    ) -> None:
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._allow_http = allow_http
        self._times = times or CacheTimes()
        self._metadata: Metadata | None = None
        self._keys: dict[str, RSAKey] = {}
        self._metadata_attempts = Attempts()
        self._key_attempts = Attempts()
        self._lock = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """Where everything is. Raises `Transient` or `ProviderMisconfigured` when nothing is known yet."""
        async with self._lock:
            return await self._current_metadata()

    async def key(self, kid: str) -> RSAKey | None:
        """The published key of this id, fetched anew if it is unknown; None if the provider has no such key."""
        async with self._lock:
            now = self._clock()
            is_known = kid in self._keys and self._key_attempts.is_current(now, self._times)
            if not is_known and (not self._keys or self._key_attempts.may_try(now, self._times)):
                self._key_attempts.tried_at = now
                await self._fetch_keys(now)
            return self._keys.get(kid)

    async def _current_metadata(self) -> Metadata:
        now, attempts, known = self._clock(), self._metadata_attempts, self._metadata
        if known and (attempts.is_current(now, self._times) or not attempts.may_try(now, self._times)):
            return known
        attempts.tried_at = now
        try:
            body = await fetch_json(self._http, f"{self._issuer}/.well-known/openid-configuration")
        except Transient:
            if known is None:
                raise
            return known
        self._metadata, attempts.fetched_at = self._checked(body), now
        return self._metadata

    def _checked(self, body: object) -> Metadata:
        try:
            found = Metadata.model_validate(body)
        except ValidationError as error:
            raise ProviderMisconfigured("Beskrivelsen fra ID-porten mangler noe vi trenger.") from error
        if found.issuer != self._issuer:
            raise ProviderMisconfigured("Beskrivelsen fra ID-porten gjelder en annen utsteder.")
        if not self._allow_http and any(urlsplit(address).scheme != "https" for address in found.addresses()):
            raise ProviderMisconfigured("ID-porten må nås med https.")
        return found

    async def _fetch_keys(self, now: datetime) -> None:
        try:
            body = await fetch_json(self._http, (await self._current_metadata()).jwks_uri)
        except Transient:
            if not self._keys:
                raise
            return
        keys = keys_of(body)
        if not keys:
            raise ProviderMisconfigured("ID-porten viser ingen nøkler vi kan bruke.")
        self._keys, self._key_attempts.fetched_at = keys, now


def keys_of(body: object) -> dict[str, RSAKey]:
    """The RSA signature keys of a JWK set, by their ids."""
    entries = body.get("keys") if isinstance(body, dict) else None
    return {str(key.kid): key for key in map(_signing_key, entries or []) if key is not None and key.kid}


def _signing_key(entry: Any) -> RSAKey | None:
    """A published RSA signature key; keys of other kinds are passed over, so that new kinds do no harm."""
    if not isinstance(entry, dict) or entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
        return None
    try:
        return RSAKey.import_key({name: value for name, value in entry.items() if name in ("kty", "n", "e", "kid")})
    except (JoseError, ValueError, KeyError):
        return None


async def fetch_json(http: httpx.AsyncClient, address: str) -> object:
    """The JSON at this address; everything that may pass by itself is `Transient`."""
    try:
        answer = await http.get(address, headers={"Accept": "application/json"})
    except httpx.TransportError as error:
        raise Transient(f"ID-porten cannot be reached: {type(error).__name__}") from error
    require_able(answer)
    if not answer.is_success:
        raise ProviderMisconfigured(f"ID-porten svarte {answer.status_code} der beskrivelsen skulle være.")
    try:
        return answer.json()
    except ValueError as error:
        raise Transient("ID-porten answered something that is not JSON") from error


def require_able(answer: httpx.Response) -> None:
    """Raises `Transient` if the provider says that it cannot answer now, with the wait it asks for."""
    if answer.status_code >= SERVER_ERROR or answer.status_code == TOO_MANY:
        wait = answer.headers.get("Retry-After", "")
        asked = timedelta(seconds=int(wait)) if wait.isascii() and wait.isdigit() else None
        raise Transient(f"ID-porten answered {answer.status_code}", retry_after=asked)
