"""The reception: what the gateway's pages, API and handlers work with, as the composition root put it together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from pydantic import BaseModel

from gateway.cookies import Cookies
from gateway.identities import Identities, NotStaff, actor_of
from gateway.limits import Brake
from gateway.login.identity import Policy
from gateway.login.provider import LoginProvider
from gateway.login.refusals import LoginTooOld
from gateway.login.session import Limits, Session, SessionSecret
from gateway.machines.tokens import MachineTokens
from gateway.store import SqlSessionStore
from gateway.watch import Watch
from gateway.webhooks.sending import Webhooks
from sikkersak.clock import now
from sikkersak.contracts.cases_people import StaffMember
from sikkersak.contracts.message import Operation
from sikkersak.errors import Declined
from sikkersak.identity import Actor
from sikkersak.messaging.rpc import RpcClient
from sikkersak.persistence.database import Database
from sikkersak.vault import Vault

Answer = TypeVar("Answer", bound=BaseModel)
TOUCH_AFTER = timedelta(seconds=15)
DANGEROUS: Final = frozenset(
    {
        # who may do what: with these, whoever finds an open screen could let themselves in for good
        "cases.put_staff.v1",
        "cases.put_role.v1",
        "cases.give_role.v1",
        "cases.put_hr_roles.v1",
        "cases.import_staff.v1",
        "cases.apply_school_year.v1",
        "cases.take_emergency_access.v1",
        "cases.propose_full_access.v1",
        "cases.confirm_full_access.v1",
        # what takes much out of the house, or decides that something never gets into the archive
        "cases.export_audit.v1",
        "archiver.give_up_delivery.v1",
    }
)
"""Operations that ask for a log-in of just now. A name that no version knows does no harm."""


class LoginRequired(Declined):
    """There is no session, or it has ended: the browser goes to `/login`, an API client logs in again."""

    def __init__(self) -> None:
        super().__init__("login-required", "Du må logge inn.", status=401)


@dataclass(frozen=True)
class Person:
    """Somebody with a living session. The name is for the own screen only."""

    secret: SessionSecret
    session: Session
    staff: StaffMember

    @property
    def actor(self) -> Actor:
        """How owners of answers see them."""
        return actor_of(self.session, self.staff)


class FreshLoginRequired(Declined):
    """The session lives, but this act asks for a log-in of just now: the browser goes to `/login?strengthen=true`."""

    def __init__(self) -> None:
        super().__init__(
            "fresh-login-required", "Bekreft hvem du er ved å logge inn på nytt. Prøv så igjen.", status=401
        )


@dataclass(frozen=True)
class Freshness:
    """How sure and how recent the log-in must be for acts that do much harm in wrong hands."""

    level: str
    within: timedelta

    def require(self, session: Session, moment: datetime) -> None:
        """Raises `FreshLoginRequired` when no log-in of the session is enough."""
        try:
            session.require_fresh(self.level, self.within, Policy(), moment)
        except LoginTooOld as old:
            raise FreshLoginRequired from old


@dataclass(frozen=True)
class Reception:
    """What stands behind the counter."""

    database: Database
    vault: Vault
    sessions: SqlSessionStore
    provider: LoginProvider
    identities: Identities
    rpc: RpcClient
    cookies: Cookies
    limits: Limits
    freshness: Freshness
    watch: Watch
    requests: Brake
    logins: Brake
    lookup_key: bytes
    request_seconds: float
    largest_body: int
    largest_upload: int
    keep_changes: timedelta
    prune_seconds: float
    webhooks: Webhooks
    base_url: str = ""
    machines: MachineTokens | None = None
    """None: no other system comes with a token of Maskinporten's."""
    scim_tokens: tuple[str, ...] = ()
    """SHA-256 of the tokens that the HR system may come with; none means that it may not come."""

    async def ask(self, person: Person, operation: Operation[Answer], key: str | None = None) -> Answer:
        """The owner's answer to this person; `Declined`, `DeadlinePassed` or `Overloaded` as the owner or broker says.

        What does much harm in wrong hands asks for a log-in of just now first: `FreshLoginRequired`.
        """
        if operation.operation in DANGEROUS:
            self.freshness.require(person.session, now())
        return await self.rpc.ask(operation, actor=person.actor, idempotency_key=key, within=self.request_seconds)

    async def recognise(self, cookie: str | None) -> Person | None:
        """Whose session the cookie opens; None when it opens none. `NotStaff` when the person may no longer be here.

        `TooMany` when the person asks too often, before anybody else is asked.
        """
        secret = _secret(cookie)
        found = await self.sessions.look_up(secret.digest()) if secret else None
        if secret is None or found is None:
            return None
        session, staff_version = found
        moment = now()
        if not _is_alive(session, self.limits, moment):
            await self.end(session.digest)
            return None
        self.requests.take(session.pid_lookup)
        try:
            staff = await self.identities.of(session, moment, staff_version)
        except NotStaff:
            await self.end(session.digest)
            raise
        if moment - session.last_seen_at >= TOUCH_AFTER:
            session = session.touched(moment)
            await self.sessions.touch(session)
        return Person(secret, session, staff)

    async def end_all(self, pid_lookup: str, but: bytes | None = None) -> int:
        """Ends every session of a person, except one where it is named; the count. Other replicas find them gone."""
        digests = await self.sessions.end_of_person(pid_lookup, but)
        for digest in digests:
            self.identities.forget(digest)
        return len(digests)

    async def end(self, digest: bytes) -> Session | None:
        """Ends a session; what it was, or None if it had ended."""
        self.identities.forget(digest)
        return await self.sessions.end(digest)


def _secret(cookie: str | None) -> SessionSecret | None:
    if not cookie:
        return None
    try:
        return SessionSecret.from_cookie(cookie)
    except Declined:  # a cookie that is none of ours is no session
        return None


def _is_alive(session: Session, limits: Limits, moment: datetime) -> bool:
    try:
        session.require_alive(limits, moment)
    except Declined:  # SessionEnded
        return False
    return True
