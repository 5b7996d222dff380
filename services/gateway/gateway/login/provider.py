"""The port to an identity provider, and what one log-in must remember between request and answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from gateway.login.identity import Demand, Expectation, VerifiedLogin
from gateway.login.refusals import CallbackNotOurs

PATIENCE = timedelta(minutes=15)


def _random() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


@dataclass(frozen=True)
class PendingLogin:
    """A log-in under way, kept on the server until the browser comes back, at most `PATIENCE`.

    The browser holds `ticket` in a cookie; the row is found by its hash. So a callback in another browser finds
    nothing, and a row from the table cannot be used.
    """

    digest: bytes
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    issuer: str
    demand: Demand
    begun_at: datetime
    return_to: str
    continues: bytes | None = None
    """Digest of the session this log-in is to strengthen, if any."""

    @property
    def expires_at(self) -> datetime:
        """When the person has taken too long."""
        return self.begun_at + PATIENCE

    @property
    def challenge(self) -> str:
        """The PKCE challenge of the verifier (RFC 7636 §4.2)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")

    def expectation(self, client_id: str) -> Expectation:
        """What the id_token must match."""
        return Expectation(self.issuer, client_id, self.nonce, self.begun_at, self.demand)

    def require_own_callback(self, callback: Mapping[str, str], now: datetime) -> None:
        """Refuses a callback with another state or issuer, or after the time (RFC 9207 against mix-up)."""
        state, issuer = callback.get("state", ""), callback.get("iss")
        if now >= self.expires_at or not hmac.compare_digest(state.encode(), self.state.encode()):
            raise CallbackNotOurs
        # Errors do not always name the issuer; a code without one is not taken.
        if issuer != self.issuer and not (issuer is None and "error" in callback):
            raise CallbackNotOurs


def ticket_digest(ticket: str) -> bytes:
    """The stored form of the browser's ticket."""
    return hashlib.sha256(ticket.encode()).digest()


def safe_return(path: str) -> str:
    """A path on our own site to come back to; anything that a browser might read as another site becomes `/`."""
    is_local = path.startswith("/") and not path.startswith("//")
    return path if is_local and "\\" not in path and path.isprintable() else "/"


def new_pending(
    issuer: str, demand: Demand, now: datetime, *, return_to: str = "/", continues: bytes | None = None
) -> tuple[str, PendingLogin]:
    """The ticket for the browser and the log-in to keep, with fresh state, nonce and verifier."""
    ticket = _random()
    pending = PendingLogin(
        digest=ticket_digest(ticket),
        state=_random(),
        nonce=_random(),
        verifier=_random(),
        issuer=issuer,
        demand=demand,
        begun_at=now,
        return_to=safe_return(return_to),
        continues=continues,
    )
    return ticket, pending


@dataclass(frozen=True)
class LogoutNotice:
    """The provider says that a session has ended. `token_id` is seen once."""

    issuer: str
    provider_session: str
    token_id: str
    expires_at: datetime


class LoginProvider(Protocol):
    """Someone who can tell who a person is."""

    @property
    def issuer(self) -> str:
        """The provider's name, as its tokens give it."""

    async def authorization_address(self, pending: PendingLogin, *, language: str = "nb") -> str:
        """Where to send the browser. `Transient` when the provider is away, `ClientRefused` when it refuses us."""

    async def finish(self, pending: PendingLogin, callback: Mapping[str, str], now: datetime) -> VerifiedLogin:
        """The verified log-in behind the callback's parameters; `LoginRefused` with its reason, or `Transient`."""

    async def logout_address(self, id_token: str | None, state: str) -> str:
        """Where to send the browser to end the session at the provider too."""

    async def logout_notice(self, logout_token: str, now: datetime) -> LogoutNotice:
        """The notice in a back-channel logout token; `LogoutNotTrusted` if it does not hold."""
