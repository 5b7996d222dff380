"""The staff session: opaque to the browser, short-lived, and useless to whoever reads the table.

The browser holds a random secret of 256 bits. The row is found by its SHA-256, and what must be kept but names the
person (the id_token, needed at logout) is sealed with a key derived from that secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.login.identity import Authentication, Policy, VerifiedLogin, is_fresh
from gateway.login.provider import PendingLogin
from gateway.login.refusals import AnotherPerson, LoginTooOld, RequestForged, SessionEnded

_SECRET_BYTES = 32
_NONCE_BYTES = 12


class SessionSecret:
    """What the browser's cookie holds. It does not show itself in logs."""

    __slots__ = ("_bytes",)

    def __init__(self, value: bytes) -> None:
        if len(value) != _SECRET_BYTES:
            raise SessionEnded
        self._bytes = value

    @classmethod
    def new(cls) -> SessionSecret:
        """256 random bits."""
        return cls(secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def from_cookie(cls, text: str) -> SessionSecret:
        """The secret in a cookie; anything else is no session."""
        try:
            return cls(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError as error:
            raise SessionEnded from error

    def cookie(self) -> str:
        """The value for the cookie, 43 characters."""
        return base64.urlsafe_b64encode(self._bytes).decode().rstrip("=")

    def digest(self) -> bytes:
        """SHA-256 of the secret: the only form that is stored. Being random, it needs no salt."""
        return hashlib.sha256(self._bytes).digest()

    def csrf_token(self) -> str:
        """What every changing request must bring along; derived, so that it is stored nowhere."""
        return self._derive(b"sikkersak csrf v1").hex()

    def check_csrf(self, given: str | None) -> None:
        """Refuses a change that does not come from one of our own pages."""
        if not hmac.compare_digest((given or "").encode(), self.csrf_token().encode()):
            raise RequestForged

    def seal(self, text: str) -> bytes:
        """The text, readable only with this secret (AES-256-GCM)."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._derive(b"sikkersak seal v1")).encrypt(nonce, text.encode(), None)

    def unseal(self, sealed: bytes) -> str | None:
        """The text again; None when it was sealed with another secret or is damaged."""
        try:
            cipher = AESGCM(self._derive(b"sikkersak seal v1"))
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
        except (InvalidTag, ValueError):
            return None

    def _derive(self, purpose: bytes) -> bytes:
        return hmac.new(self._bytes, purpose, hashlib.sha256).digest()

    def __repr__(self) -> str:
        """Never the secret."""
        return "SessionSecret(***)"


@dataclass(frozen=True)
class Limits:
    """How long a session lives: after its last use, and in all."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=8)


@dataclass(frozen=True)
class Session:
    """A session as it is stored. `provider_session` is ID-porten's `sid`, by which it ends us."""

    digest: bytes
    pid_lookup: str
    begun_at: datetime
    last_seen_at: datetime
    authentications: tuple[Authentication, ...]
    provider_session: str | None
    sealed_id_token: bytes
    locale: str | None

    def require_alive(self, limits: Limits, now: datetime) -> None:
        """Raises `SessionEnded` outside the limits, and for a row from the future, which no clock of ours wrote."""
        if now - self.last_seen_at >= limits.idle or now - self.begun_at >= limits.absolute:
            raise SessionEnded
        if self.begun_at - now > limits.idle:
            raise SessionEnded

    def touched(self, now: datetime) -> Session:
        """Used just now. Never moves backwards, and never moves the absolute limit."""
        return replace(self, last_seen_at=max(now, self.last_seen_at))

    def ends_at(self, limits: Limits) -> datetime:
        """When it ends if it is not used again; after that the row may be deleted."""
        return min(self.last_seen_at + limits.idle, self.begun_at + limits.absolute)

    def require_fresh(self, level: str, within: timedelta, policy: Policy, now: datetime) -> None:
        """For a protected action: a proof of at least this level within this time, else `LoginTooOld`."""
        proofs = (proof for proof in self.authentications if policy.reaches(proof.level, level))
        if not any(is_fresh(proof, within, policy, now) for proof in proofs):
            raise LoginTooOld


def open_session(login: VerifiedLogin, lookup_key: bytes, now: datetime) -> tuple[SessionSecret, Session]:
    """A new session for a log-in that counts."""
    secret = SessionSecret.new()
    session = Session(
        digest=secret.digest(),
        pid_lookup=login.number.lookup(lookup_key),
        begun_at=now,
        last_seen_at=now,
        authentications=(login.authentication,),
        provider_session=login.provider_session,
        sealed_id_token=secret.seal(login.id_token),
        locale=login.locale,
    )
    return secret, session


def strengthen(
    session: Session, login: VerifiedLogin, lookup_key: bytes, limits: Limits, now: datetime
) -> tuple[SessionSecret, Session]:
    """The same session after a new log-in, under a new secret. The absolute limit stands where it stood.

    Another person's log-in raises `AnotherPerson`: the caller then ends the session as a whole.
    """
    session.require_alive(limits, now)
    if not hmac.compare_digest(session.pid_lookup, login.number.lookup(lookup_key)):
        raise AnotherPerson
    secret, fresh = open_session(login, lookup_key, now)
    proofs = (*session.authentications, login.authentication)
    return secret, replace(fresh, begun_at=session.begun_at, authentications=proofs)


class SessionStore(Protocol):
    """Where sessions and log-ins under way are kept. All moments are UTC."""

    async def add_pending(self, pending: PendingLogin) -> None:
        """Keeps a log-in that has begun, by `pending.digest`, until `pending.expires_at`."""

    async def take_pending(self, digest: bytes) -> PendingLogin | None:
        """Gives it once: a second call, also at the same moment from another replica, gets None."""

    async def add(self, session: Session) -> None:
        """Keeps a new session."""

    async def find(self, digest: bytes) -> Session | None:
        """The session with this digest, alive or not; `Session.require_alive` decides."""

    async def touch(self, session: Session) -> None:
        """Saves `last_seen_at` of a session that still exists; never brings an ended one back."""

    async def replace(self, old: bytes, session: Session) -> bool:
        """Puts the strengthened session in the old one's place in one transaction; False if the old has ended."""

    async def end(self, digest: bytes) -> Session | None:
        """Deletes it and gives what was deleted, for its sealed token; None if it was gone."""

    async def end_by_provider_session(self, issuer: str, provider_session: str) -> int:
        """Deletes every session with this `sid`, as a logout from ID-porten demands; the count."""

    async def first_logout(self, token_id: str, expires_at: datetime) -> bool:
        """True the first time a logout token with this id is seen, False ever after."""
