"""What a member of staff is here, and what that allows (M15, M16): role × school × being on the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from sikkersak.errors import Declined, Forbidden
from sikkersak.identity.permissions import Permission, default_permissions
from sikkersak.identity.policy.rules import Asker
from sikkersak.identity.roles import Role

__all__ = ["LastAdministrator", "Permission", "Standing"]

P = Permission
REFUSALS: Final = {
    P.OPEN_CASE: "Rollen din gir ikke rett til å opprette saker ved denne skolen.",
    P.WITHDRAW: "Bare skoleleder ved skolen kan sette et dokument til «Utgår».",
    P.APPROVE: "Bare skoleleder ved skolen kan godkjenne.",
    P.GIVE_ACCESS: "Bare skoleleder eller hovedsaksbehandler kan gi tilgang til saken.",
    P.ADMINISTER: "Bare administrator kan gjøre dette.",
    P.KEEP_PUPILS: "Bare administrator eller postfordeler kan registrere elever.",
    P.READ_AUDIT: "Bare skoleleder ved skolen kan se loggen for saken.",
    P.REOPEN_CASE: "Bare skoleleder ved skolen kan gjenåpne saken.",
    P.ANSWER_ACCESS_REQUESTS: "Bare skoleleder ved skolen kan behandle innsynskrav.",
    P.READ_JOURNAL: "Rollen din gir ikke innsyn i postlisten.",
}
ANOTHER: Final = "Rollen din gir ikke rett til dette."


class LastAdministrator(Declined):
    """Nobody would be left who can give the role back."""

    def __init__(self) -> None:
        super().__init__("last-administrator", "Dette er den siste administratoren. Gi rollen til en annen først.")


@dataclass(frozen=True)
class Standing:
    """A person as the owner of the roles knows them now; someone who has left has no roles and no schools."""

    staff_id: UUID
    name: str
    roles: frozenset[Role]
    schools: frozenset[UUID]
    contents: frozenset[Permission] | None = None
    """What the roles hold as administrators have edited them; none of it where they never did."""
    full_access: UUID | None = None
    """The grant of "access to everything" that is in force (M17); it reads, and writes nothing."""
    by_school: Mapping[UUID, frozenset[Permission]] | None = None
    """What is held at each school, where a role is bound to one; none of it where every role counts at all of them."""

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """Everything that the roles hold that are bound to no school."""
        return default_permissions(frozenset(self.roles)) if self.contents is None else self.contents

    @property
    def asker(self) -> Asker:
        """The person as the access policy sees them."""
        is_active = bool(self.roles)
        return Asker(
            self.permissions,
            self.schools,
            is_active=is_active,
            reads_everything=self.reads_everything,
            by_school=self.by_school,
        )

    def holds(self, permission: Permission) -> bool:
        """Whether any of the roles holds it, wherever it is."""
        return permission in self.permissions

    def holds_at(self, permission: Permission, school_id: UUID) -> bool:
        """Whether it is held at this school. No school means nobody (R8)."""
        return self.asker.holds_at(frozenset({permission}), school_id)

    def schools_with(self, permission: Permission) -> list[UUID]:
        """The schools that it is held at."""
        return sorted(school for school in self.schools if self.holds_at(permission, school))

    def demand(self, permission: Permission) -> None:
        """Raises `Forbidden` with what a user can understand."""
        if not self.holds(permission):
            raise Forbidden(REFUSALS.get(permission, ANOTHER))

    def demand_at(self, permission: Permission, school_id: UUID) -> None:
        """The same for one school."""
        if not self.holds_at(permission, school_id):
            raise Forbidden(REFUSALS.get(permission, ANOTHER))

    def demand_opening_at(self, school_id: UUID) -> None:
        """Who may create a case at this school (M7, M10)."""
        if not self.holds(P.OPEN_CASE_ANYWHERE):
            self.demand_at(P.OPEN_CASE, school_id)

    @property
    def led_schools(self) -> list[UUID]:
        """The schools whose every case this person reads."""
        return self.schools_with(P.READ_SCHOOL)

    @property
    def written_schools(self) -> list[UUID]:
        """The schools in whose every case this person writes."""
        return self.schools_with(P.WRITE_SCHOOL)

    @property
    def reads_everything(self) -> bool:
        """Whether "access to everything" is in force for this person."""
        return self.full_access is not None

    @property
    def lists_every_case(self) -> bool:
        """Whether case lists (never their content) span all schools."""
        return self.holds(P.LIST_EVERY_CASE) or self.reads_everything
