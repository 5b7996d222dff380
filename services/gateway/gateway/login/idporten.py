"""The adapter to ID-porten: OpenID Connect code flow with PKCE, pushed requests and `private_key_jwt`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

import httpx

from gateway.login.identity import Policy, VerifiedLogin, judge, moment
from gateway.login.metadata import Directory, require_able
from gateway.login.provider import LogoutNotice, PendingLogin
from gateway.login.refusals import (
    ClientRefused,
    CodeRefused,
    LoginCancelled,
    LoginRefused,
    LogoutNotTrusted,
    TokenNotTrusted,
)
from gateway.login.signatures import ClientKey, read_signed
from sikkersak.clock import now as present
from sikkersak.errors import Transient

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
PATIENCE = httpx.Timeout(10.0, connect=3.0)


@dataclass(frozen=True)
class Registration:
    """How this product is registered at ID-porten (Samarbeidsportalen)."""

    issuer: str
    client_id: str
    redirect_uri: str
    post_logout_redirect_uri: str
    allow_http: bool = False
    """Only in development, where the stand-in speaks plain http."""
    policy: Policy = field(default_factory=Policy)


class IdPorten:
    """Log-in through ID-porten. Holds no state of any log-in, so that any replica may finish what another began."""

    def __init__(
        self,
        registration: Registration,
        key: ClientKey,
        http: httpx.AsyncClient,
        *,
        clock: Callable[[], datetime] = present,
        directory: Directory | None = None,
    ) -> None:
        self._own = registration
        self._key = key
        self._http = http
        self._clock = clock
        self._directory = directory or Directory(registration.issuer, http, clock, allow_http=registration.allow_http)

    @property
    def issuer(self) -> str:
        """The provider's name, as its tokens give it."""
        return self._own.issuer

    async def authorization_address(self, pending: PendingLogin, *, language: str = "nb") -> str:
        """The address for the browser.

        The request is pushed where that is offered, so that nobody can edit out `prompt=login` on the way.
        """
        metadata = await self._directory.metadata()
        wanted = self._request(pending, language)
        if metadata.pushed_authorization_request_endpoint:
            answer = await self._call(metadata.pushed_authorization_request_endpoint, wanted)
            uri = answer.get("request_uri")
            if not isinstance(uri, str):
                raise ClientRefused
            wanted = {"client_id": self._own.client_id, "request_uri": uri}
        return f"{metadata.authorization_endpoint}?{urlencode(wanted)}"

    def _request(self, pending: PendingLogin, language: str) -> dict[str, str]:
        wanted = {
            "response_type": "code",
            "client_id": self._own.client_id,
            "redirect_uri": self._own.redirect_uri,
            "scope": "openid profile",
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": pending.challenge,
            "code_challenge_method": "S256",
            "acr_values": pending.demand.level,
            "ui_locales": language,
        }
        if pending.demand.forced:
            wanted["prompt"] = "login"
        if pending.demand.max_age is not None:
            wanted["max_age"] = str(int(pending.demand.max_age.total_seconds()))
        return wanted

    async def finish(self, pending: PendingLogin, callback: Mapping[str, str], now: datetime) -> VerifiedLogin:
        """The verified log-in. The code is exchanged once and never tried again: a second try would look like theft."""
        pending.require_own_callback(callback, now)
        if "error" in callback:
            raise _callback_error(callback["error"])
        if not callback.get("code"):
            raise CodeRefused
        metadata = await self._directory.metadata()
        order = {
            "grant_type": "authorization_code",
            "code": callback["code"],
            "redirect_uri": self._own.redirect_uri,
            "code_verifier": pending.verifier,
        }
        id_token = (await self._call(metadata.token_endpoint, order)).get("id_token")
        if not isinstance(id_token, str):
            raise TokenNotTrusted
        signed = await read_signed(id_token, self._directory)
        if signed is None or signed.kind not in ("", "jwt"):
            raise TokenNotTrusted
        return judge(signed.claims, id_token, pending.expectation(self._own.client_id), self._own.policy, self._clock())

    async def logout_address(self, id_token: str | None, state: str) -> str:
        """The address for the browser; without the token the person stays at ID-porten afterwards."""
        metadata = await self._directory.metadata()
        if id_token is None:
            return metadata.end_session_endpoint
        fields = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": self._own.post_logout_redirect_uri,
            "state": state,
            "client_id": self._own.client_id,
        }
        return f"{metadata.end_session_endpoint}?{urlencode(fields)}"

    async def logout_notice(self, logout_token: str, now: datetime) -> LogoutNotice:
        """The notice, checked as OpenID Connect Back-Channel Logout §2.6 says. The caller sees to `token_id` once."""
        signed = await read_signed(logout_token, self._directory)
        if signed is None or signed.kind != "logout+jwt":
            raise LogoutNotTrusted
        claims = signed.claims
        audience, events = claims.get("aud"), claims.get("events")
        issued, expires = moment(claims.get("iat")), moment(claims.get("exp"))
        sid, token_id = claims.get("sid"), claims.get("jti")
        is_ours = claims.get("iss") == self._own.issuer and audience in (self._own.client_id, [self._own.client_id])
        is_logout = isinstance(events, dict) and isinstance(events.get(LOGOUT_EVENT), dict) and "nonce" not in claims
        if not is_ours or not is_logout or issued is None or expires is None:
            raise LogoutNotTrusted
        if now >= expires + self._own.policy.skew or issued > now + self._own.policy.skew:
            raise LogoutNotTrusted
        if not isinstance(sid, str) or not sid or not isinstance(token_id, str) or not token_id:
            raise LogoutNotTrusted
        return LogoutNotice(self._own.issuer, sid, token_id, expires)

    async def _call(self, address: str, fields: dict[str, str]) -> dict[str, object]:
        """One authenticated POST; never repeated here, since codes and assertions are single-use."""
        assertion = self._key.assertion(self._own.client_id, self._own.issuer, self._clock())
        form = fields | {
            "client_id": self._own.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        try:
            answer = await self._http.post(address, data=form, headers={"Accept": "application/json"})
        except httpx.TransportError as error:
            raise Transient(f"ID-porten cannot be reached: {type(error).__name__}") from error
        require_able(answer)
        try:
            body = answer.json()
        except ValueError as error:
            raise Transient("ID-porten answered something that is not JSON") from error
        if not isinstance(body, dict):
            raise TokenNotTrusted
        if not answer.is_success:
            raise CodeRefused if body.get("error") == "invalid_grant" else ClientRefused
        return body


def _callback_error(error: str) -> LoginRefused | Transient:
    """What an error in the callback means. Its description comes through the browser and is not trusted as text."""
    if error in ("server_error", "temporarily_unavailable"):
        return Transient("ID-porten says that it cannot log anyone in now")
    return LoginCancelled() if error in ("access_denied", "user_cancel", "login_cancelled") else ClientRefused()


def http_client() -> httpx.AsyncClient:
    """The client to give the adapter: bounded waits, no redirects, no proxies or credentials from the environment."""
    return httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False)
