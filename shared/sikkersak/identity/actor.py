# pydantic reads these annotations at run time, so they are not postponed in this module.
"""Who asks: what a service knows about the person, machine or system behind a request."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from sikkersak.identity.permissions import Permission, default_permissions


class ActorKind(StrEnum):
    """What an actor is."""

    PERSON = "person"
    """Somebody who has logged in."""

    MACHINE = "machine"
    """An API client with credentials of its own, e.g. the HR system."""

    SYSTEM = "system"
    """The product itself, on nobody's behalf."""


Level = Literal["substantial", "high"]


class Actor(BaseModel):
    """A verified actor. No name and no national number: the owner of staff looks those up (R3).

    `schools` are those the roles are held at. Empty means no school, never every school (R8).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    staff_id: UUID = Field(description="the actor's own id, also for machines")
    roles: frozenset[str] = Field(
        default=frozenset(), description="values of Role; one this version does not know is kept"
    )
    permissions: frozenset[str] | None = Field(
        default=None, description="what the roles hold now; none from a gateway that is older than role contents"
    )
    schools: frozenset[UUID] = Field(default=frozenset(), description="schools the roles are held at")
    by_school: dict[UUID, frozenset[str]] | None = Field(
        default=None, description="what is held at each school, where it is not the same at all of them"
    )
    scopes: frozenset[str] = Field(
        default=frozenset(),
        description="what a machine was granted at Maskinporten, without the prefix; none for others",
    )
    level: Level = Field(description="how surely ID-porten knew the person (M29): substantial is two factors")
    session: str = Field(min_length=1, max_length=200, description="opaque; ties what was done to one login")
    kind: ActorKind = Field(default=ActorKind.PERSON, description="person, machine or system")

    def holds(self, *any_of: Permission) -> bool:
        """Whether one of these is held, wherever it is. What a role gives at one school only does not count."""
        return bool(self.held & frozenset(any_of))

    def schools_with(self, permission: Permission) -> list[UUID]:
        """The schools that the permission is held at. No school means nobody (R8)."""
        if self.by_school is None:
            return sorted(self.schools) if self.holds(permission) else []
        return sorted(school for school in self.schools if permission in self.by_school.get(school, ()))

    @property
    def held(self) -> frozenset[str]:
        """The permissions; until a gateway sends them, what the roles hold by default."""
        return default_permissions(self.roles) if self.permissions is None else self.permissions
