"""Who a session's person is among the staff, as cases says; remembered for a minute at most (M15, M29)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from gateway.login.identity import Policy
from gateway.login.session import Session
from sikkersak.contracts.cases_people import Identify, StaffMember
from sikkersak.errors import Declined, Transient
from sikkersak.identity import Actor, ActorKind, Level
from sikkersak.messaging.rpc import RpcClient

ITSELF: Final = Actor(
    staff_id=UUID("00000000-0000-7000-8000-000000000001"), level="high", session="gateway", kind=ActorKind.SYSTEM
)
HIGH: Final = "idporten-loa-high"
REFUSALS: Final = frozenset({"not-staff", "staff-not-found"})
GRACE: Final = timedelta(minutes=5)
MOST_REMEMBERED: Final = 10_000


class NotStaff(Declined):
    """The log-in counts, but the person is not registered here, has no role, or works here no more."""

    def __init__(self) -> None:
        detail = "Du er logget inn hos ID-porten, men har ikke tilgang til Sikker Sak. Kontakt skolens administrator."
        super().__init__("not-staff", detail, status=403)


@dataclass(frozen=True)
class _Known:
    staff: StaffMember
    at: datetime
    version: int


class Identities:
    """Asks cases, and remembers the answer in memory only: it holds a name.

    `version` says how often anybody's roles have changed: what was known before the last time is asked for anew. While
    cases is being redeployed, what was known stands in for `GRACE`; owners of answers check every act anyhow.
    """

    def __init__(
        self, rpc: RpcClient, remembered: timedelta, within: float, version: Callable[[], Awaitable[int]]
    ) -> None:
        self._rpc = rpc
        self._remembered = remembered
        self._within = within
        self._version = version
        self._known: dict[bytes, _Known] = {}

    async def of(self, session: Session, now: datetime, version: int | None = None) -> StaffMember:
        """The member of staff; `NotStaff` for everybody else, `Transient` when cases does not answer.

        Who has just read the version with the session gives it along.
        """
        if version is None:
            version = await self._version()
        known = self._known.get(session.digest)
        if known and known.version != version:
            known = None
        if known and now - known.at < self._remembered:
            return known.staff
        try:
            staff = await self._ask(session)
        except Transient:
            if known and now - known.at < GRACE:
                return known.staff
            raise
        except NotStaff:
            self.forget(session.digest)
            raise
        self._remember(session.digest, _Known(staff, now, version))
        return staff

    def forget(self, digest: bytes) -> None:
        """The session has ended."""
        self._known.pop(digest, None)

    async def _ask(self, session: Session) -> StaffMember:
        asked = Identify(pid_lookup=session.pid_lookup, level=level_of(session), session_id=session_name(session))
        try:
            staff = await self._rpc.ask(asked, actor=ITSELF, within=self._within)
        except Declined as no:
            # by code, not by status: a key that is not trusted is refused with 403 too, and must not end sessions
            if no.code in REFUSALS:
                raise NotStaff from no
            raise
        if not staff.is_active or not staff.roles:
            raise NotStaff
        return staff

    def _remember(self, digest: bytes, known: _Known) -> None:
        """The oldest goes first, so that memory is bounded whatever happens."""
        self._known.pop(digest, None)
        self._known[digest] = known
        if len(self._known) > MOST_REMEMBERED:
            del self._known[next(iter(self._known))]


def level_of(session: Session) -> Level:
    """How surely ID-porten knew the person: the strongest proof of the session."""
    is_high = any(Policy().reaches(proof.level, HIGH) for proof in session.authentications)
    return "high" if is_high else "substantial"


def session_name(session: Session) -> str:
    """What others may call the session: it follows from nothing that opens it, and is the same on every replica."""
    return session.digest.hex()[:32]


def actor_of(session: Session, staff: StaffMember) -> Actor:
    """The actor that owners of answers decide on."""
    return Actor(
        staff_id=staff.staff_id,
        roles=staff.roles,
        permissions=staff.permissions,
        schools=staff.schools,
        by_school=staff.by_school,
        level=level_of(session),
        session=session_name(session),
    )
