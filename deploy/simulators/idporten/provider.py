"""What the stand-in holds while it runs: sign-on sessions, codes, pushed requests, used assertions, oddities."""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from simulators.idporten.keys import SigningKeys
from simulators.idporten.registry import LEVELS, METHODS, Client, Method, Registry, User

SSO_IDLE_SECONDS = 30 * 60
SSO_TOTAL_SECONDS = 120 * 60
CODE_SECONDS = 60
PUSHED_SECONDS = 120
TOKEN_SECONDS = 120
INTERACTION_SECONDS = 15 * 60


class Quirks(BaseModel):
    """Ways to misbehave, for tests of clients. All off to begin with."""

    model_config = ConfigDict(extra="forbid")

    ignore_prompt: bool = False
    """Sign on with the old session although a new log-in was demanded."""
    ignore_level: bool = False
    """Accept a method below the level asked for."""
    claims: dict[str, Any] = {}
    """Replaces claims of the id_token."""
    omit: list[str] = []
    """Leaves out claims of the id_token."""
    expired: bool = False
    """The id_token ended ten minutes ago."""
    unsigned: bool = False
    """The id_token has `alg` none."""
    forged: bool = False
    """Tokens are signed with a key that is not published."""
    callback_issuer: str | None = None
    """Another `iss` in the callback."""
    logout_claims: dict[str, Any] = {}
    """Replaces claims of the logout token; null leaves one out."""


@dataclass
class SsoSession:
    """One browser's sign-on at the provider. Times are Unix seconds."""

    user: User
    method: Method
    sid: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    created: float = field(default_factory=time.time)
    authenticated: float = field(default_factory=time.time)
    last_used: float = field(default_factory=time.time)
    clients: set[str] = field(default_factory=set)
    only_for: str | None = None

    def is_alive(self) -> bool:
        """Within 30 minutes of the last authorization request and 120 minutes of the first."""
        now = time.time()
        return now - self.last_used <= SSO_IDLE_SECONDS and now - self.created <= SSO_TOTAL_SECONDS


@dataclass(frozen=True)
class AuthorizationRequest:
    """A checked request to log in."""

    client: Client
    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str
    acr: str | None
    forced: bool
    max_age: int | None
    locale: str | None
    login_hint: str | None
    pushed: str | None = None


@dataclass
class Code:
    """An authorization code and the log-in it stands for, as it was when the code was issued."""

    request: AuthorizationRequest
    user: User
    method: Method
    sid: str
    authenticated: int
    expires: float
    access_token: str | None = None


class Provider:
    """The state of one provider. One process, one event loop: no locking."""

    def __init__(self, issuer: str, registry: Registry, keys: SigningKeys) -> None:
        self.issuer = issuer
        self.registry = registry
        self.keys = keys
        self._pairwise_salt = secrets.token_bytes(32)
        self.reset()

    def reset(self) -> None:
        """Forgets everything but persons, clients and keys."""
        self.quirks = Quirks()
        self.sessions: dict[str, SsoSession] = {}
        self.codes: dict[str, Code] = {}
        self.access_tokens: dict[str, tuple[Code, float]] = {}
        self.pushed: dict[str, tuple[str, dict[str, str], float]] = {}
        self.interactions: dict[str, tuple[AuthorizationRequest, float]] = {}
        self.used_assertions: set[tuple[str, str]] = set()
        self.logouts: list[dict[str, Any]] = []
        self.logins = 0

    def session(self, cookie: str | None) -> SsoSession | None:
        """The living session of this cookie."""
        session = self.sessions.get(cookie or "")
        return session if session and session.is_alive() else None

    def may_reuse(self, session: SsoSession, wanted: AuthorizationRequest) -> bool:
        """Whether single sign-on answers the request; else the person must log in (again)."""
        if wanted.forced and not self.quirks.ignore_prompt:
            return False
        if wanted.max_age is not None and time.time() - session.authenticated > wanted.max_age:
            return False
        isolated = wanted.client.client_id if wanted.client.sso_disabled else None
        return session.only_for == isolated and self.reaches(session.method, wanted)

    def reaches(self, method: Method, wanted: AuthorizationRequest) -> bool:
        """Whether the method is as strong as the request asks."""
        return self.quirks.ignore_level or wanted.acr is None or LEVELS[method.acr] >= LEVELS[wanted.acr]

    def log_in(self, user: User, method: str, wanted: AuthorizationRequest | None, cookie: str | None) -> SsoSession:
        """A person has just proved who they are. The same person's session lives on under its old id."""
        self.logins += 1
        old = self.session(cookie)
        only_for = wanted.client.client_id if wanted and wanted.client.sso_disabled else None
        fresh = SsoSession(user, METHODS[method], only_for=only_for)
        if old and old.user == user and old.only_for == only_for:
            fresh.sid, fresh.created, fresh.clients = old.sid, old.created, old.clients
        self.sessions.pop(cookie or "", None)
        self.sessions[fresh.cookie] = fresh
        return fresh

    def issue_code(self, session: SsoSession, wanted: AuthorizationRequest) -> str:
        """A single-use code for this client; spends the pushed request it came from."""
        session.last_used = time.time()
        session.clients.add(wanted.client.client_id)
        if wanted.pushed:
            self.pushed.pop(wanted.pushed, None)
        code = secrets.token_urlsafe(32)
        self.codes[code] = Code(
            wanted, session.user, session.method, session.sid, int(session.authenticated), time.time() + CODE_SECONDS
        )
        return code

    def subject(self, client: Client, user: User) -> str:
        """The pairwise `sub`: the same for one client, different between clients."""
        digest = hmac.new(self._pairwise_salt, f"{client.client_id}|{user.pid}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def age(self, seconds: float) -> None:
        """Lets time pass for every sign-on session, so that limits and `auth_time` can be tried without waiting."""
        for session in self.sessions.values():
            session.created -= seconds
            session.authenticated -= seconds
            session.last_used -= seconds
