"""What a member of staff is here, and what that allows (M15, M16): role × school × being on the case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sikkersak.errors import Forbidden
from sikkersak.identity.roles import Role


class Permission(StrEnum):
    """What a role may hold. The second word of each says over what."""

    OPEN_CASE = "open_case"
    OPEN_CASE_ANYWHERE = "open_case_anywhere"
    LIST_EVERY_CASE = "list_every_case"
    READ_SCHOOL = "read_school"
    APPROVE = "approve"
    GIVE_ACCESS = "give_access"
    ADMINISTER = "administer"
    KEEP_PUPILS = "keep_pupils"
    READ_AUDIT = "read_audit"
    REOPEN_CASE = "reopen_case"
    ANSWER_ACCESS_REQUESTS = "answer_access_requests"
    READ_JOURNAL = "read_journal"


P = Permission
HELD_BY: Final[dict[Role, frozenset[Permission]]] = {
    Role.EMPLOYEE: frozenset(),
    Role.EMPLOYEE_CREATE_CASES: frozenset({P.OPEN_CASE}),
    Role.SCHOOL_LEADER: frozenset(
        {
            *(P.OPEN_CASE, P.READ_SCHOOL, P.APPROVE, P.GIVE_ACCESS, P.READ_AUDIT),
            *(P.REOPEN_CASE, P.ANSWER_ACCESS_REQUESTS),
        }
    ),
    Role.MAIL_DISTRIBUTOR: frozenset({P.OPEN_CASE_ANYWHERE, P.LIST_EVERY_CASE, P.KEEP_PUPILS, P.READ_JOURNAL}),
    Role.ADMINISTRATOR: frozenset({P.ADMINISTER, P.KEEP_PUPILS}),
    Role.OPERATIONS: frozenset(),
}
REFUSALS: Final = {
    P.OPEN_CASE: "Rollen din gir ikke rett til å opprette saker ved denne skolen.",
    P.APPROVE: "Bare skoleleder ved skolen kan godkjenne.",
    P.GIVE_ACCESS: "Bare skoleleder eller hovedsaksbehandler kan gi tilgang til saken.",
    P.ADMINISTER: "Bare administrator kan gjøre dette.",
    P.KEEP_PUPILS: "Bare administrator eller postfordeler kan registrere elever.",
    P.READ_AUDIT: "Bare skoleleder ved skolen kan se loggen for saken.",
    P.REOPEN_CASE: "Bare skoleleder ved skolen kan gjenåpne saken.",
    P.ANSWER_ACCESS_REQUESTS: "Bare skoleleder ved skolen kan behandle innsynskrav.",
    P.READ_JOURNAL: "Rollen din gir ikke innsyn i postlisten.",
}


@dataclass(frozen=True)
class Standing:
    """A person as the owner of the roles knows them now; someone who has left has no roles and no schools."""

    staff_id: UUID
    name: str
    roles: frozenset[Role]
    schools: frozenset[UUID]

    def holds(self, permission: Permission) -> bool:
        """Whether any of the roles holds it."""
        return any(permission in HELD_BY[role] for role in self.roles)

    def holds_at(self, permission: Permission, school_id: UUID) -> bool:
        """Whether it is held at this school. No school means nobody (R8)."""
        return self.holds(permission) and school_id in self.schools

    def demand(self, permission: Permission) -> None:
        """Raises `Forbidden` with what a user can understand."""
        if not self.holds(permission):
            raise Forbidden(REFUSALS[permission])

    def demand_at(self, permission: Permission, school_id: UUID) -> None:
        """The same for one school."""
        if not self.holds_at(permission, school_id):
            raise Forbidden(REFUSALS[permission])

    def demand_opening_at(self, school_id: UUID) -> None:
        """Who may create a case at this school (M7, M10)."""
        if not self.holds(P.OPEN_CASE_ANYWHERE):
            self.demand_at(P.OPEN_CASE, school_id)

    @property
    def led_schools(self) -> list[UUID]:
        """The schools whose every case this person reads."""
        return sorted(self.schools) if self.holds(P.READ_SCHOOL) else []

    @property
    def lists_every_case(self) -> bool:
        """Whether case lists (never their content) span all schools."""
        return self.holds(P.LIST_EVERY_CASE)
