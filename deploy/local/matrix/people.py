"""Who tries: one person for every role and for none, the same as leavers, one without a school, one with everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from samples.numbers import is_synthetic_birth_number
from sikkersak.identity import Actor, ActorKind
from sikkersak.identity.national_number import lookup
from sikkersak.identity.permissions import default_permissions
from sikkersak.identity.policy import Asker
from sikkersak.identity.policy.rules import Scope
from sikkersak.identity.roles import Role

EVERYTHING: Final = "access to everything"


@dataclass
class Person:
    """Somebody who tries, and what they are."""

    name: str
    number: str
    roles: frozenset[str]
    has_school: bool = True
    is_leaver: bool = False
    reads_everything: bool = False
    kind: ActorKind = ActorKind.PERSON
    scopes: frozenset[str] = frozenset()
    staff_id: UUID = field(default_factory=lambda: UUID(int=0))
    schools: frozenset[UUID] = frozenset()

    @property
    def username(self) -> str:
        """What the stand-in of ID-porten calls them."""
        return f"matrix.{self.number[6:9]}"

    def lookup(self, key: bytes) -> str:
        """How cases finds them."""
        return lookup(self.number, key)

    @property
    def asker(self) -> Asker:
        """Who they are to the policy; a leaver is nobody."""
        held = frozenset() if self.is_leaver else default_permissions(self.roles)
        is_active = bool(self.roles) and not self.is_leaver
        return Asker(
            held,
            self.schools,
            self.kind,
            is_active=is_active,
            reads_everything=self.reads_everything,
            scopes=self.scopes,
        )

    def actor(self, owner: str) -> Actor:
        """What the gateway would vouch for. Only cases knows leavers by itself: it is shown what they were before."""
        is_known_as_before = not self.is_leaver or owner == "cases"
        roles = self.roles if is_known_as_before else frozenset()
        permissions = frozenset(held.value for held in default_permissions(roles))
        fields = {"roles": roles, "permissions": permissions, "schools": self.schools, "level": "high"}
        fields |= {"kind": self.kind, "scopes": self.scopes}
        return Actor(staff_id=self.staff_id, session="access-matrix", **fields)


def everybody() -> list[Person]:
    """All who try."""
    numbers = iter(synthetic_numbers(40))
    people = [Person(role.value, next(numbers), frozenset({role.value})) for role in Role]
    people += [Person(f"{one.name} who left", next(numbers), one.roles, is_leaver=True) for one in list(people)]
    leader = frozenset({Role.SCHOOL_LEADER.value})
    people.append(Person("school_leader of no school", next(numbers), leader, has_school=False))
    people.append(Person("without a role", next(numbers), frozenset()))
    employee = frozenset({Role.EMPLOYEE.value})
    people.append(Person(EVERYTHING, next(numbers), employee, reads_everything=True))
    people.append(Person("the HR system", next(numbers), frozenset(), has_school=False, kind=ActorKind.MACHINE))
    for scope in Scope:
        granted = frozenset({scope.value})
        machine = Person(
            f"a machine granted {scope.value}", next(numbers), frozenset(), has_school=False, scopes=granted
        )
        machine.kind = ActorKind.MACHINE
        people.append(machine)
    return people


def synthetic_numbers(count: int) -> list[str]:
    """Numbers that belong to nobody: the month has 80 added."""
    found: list[str] = []
    for individual in range(500, 1000):
        for check in range(100):
            number = f"018190{individual:03d}{check:02d}"
            if is_synthetic_birth_number(number):
                found.append(number)
        if len(found) >= count:
            break
    return found[:count]
