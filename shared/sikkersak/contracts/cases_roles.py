"""What cases answers about roles: what each may do, who has it, at which school, from when to when (M16)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.values import TagRead
from sikkersak.versions import tag_of


class RolesChanged(Message, type="cases.roles.changed.v1"):
    """Fact: what somebody may do is different from now on, or that they have left. Key: the message's id."""

    staff_id: UUID | None = Field(default=None, description="none: it may be anybody")


class RoleSource(StrEnum):
    """Where it comes from that somebody has a role."""

    MANUAL = "manual"  # an administrator gave it
    HR = "hr"  # the HR system, which can give "ansatt basis" only
    SCHOOL_YEAR = "school_year"  # the school-year assistant


class SchoolFunction(StrEnum):
    """What somebody is at a school for a school year."""

    LEADER = "leader"  # principal, inspector, head of TPO
    COUNSELLOR = "counsellor"  # TPO, counsellor
    FORM_TEACHER = "form_teacher"  # kontaktlærer


class PermissionText(Contract):
    """A permission and what it means, by language: nb, nn, en."""

    permission: str
    explanation: dict[str, str]
    is_held: bool
    is_kept: bool = Field(description="the role cannot lose it: without it nobody could put right a mistake")


class RoleContent(Contract):
    """A role with every permission there is, held or not."""

    role: str
    display: str
    is_edited: bool
    changed_by: UUID | None = None
    changed_at: datetime | None = None
    people: int = Field(description="how many have it today")
    permissions: tuple[PermissionText, ...]

    @property
    def tag(self) -> str:
        """The version of what was decided; how many have the role is no part of it."""
        return tag_of(sorted(one.permission for one in self.permissions if one.is_held))


class RoleList(Contract):
    """All roles."""

    items: tuple[RoleContent, ...]


class ListRoles(Operation[RoleList], name="cases.list_roles.v1"):
    """What every role may do, each permission with its explanation. For all staff: anybody may know what others may do."""


class PutRole(Operation[RoleContent], name="cases.put_role.v1", changes=True):
    """Decide what a role may do; counts at once. For those who may edit roles."""

    role: str = Field(min_length=1, max_length=60)
    permissions: frozenset[str] = Field(max_length=100)
    if_match: TagRead = None


class Assignment(Contract):
    """Somebody has a role, at one school or at all of the person's, from its first day to its last."""

    assignment_id: UUID
    staff_id: UUID
    name: str
    role: str
    school_id: UUID | None = Field(description="none: at every school of the person's")
    function: SchoolFunction | None
    source: RoleSource
    from_date: date
    to_date: date | None
    is_in_force: bool


class AssignmentPage(Contract):
    """Who has which role, by name."""

    items: tuple[Assignment, ...]
    next: str | None = None


class ListAssignments(Operation[AssignmentPage], name="cases.list_assignments.v1"):
    """Who has, had or will have which role. For those who may edit roles."""

    staff_id: UUID | None = None
    school_id: UUID | None = None
    role: str | None = Field(default=None, max_length=60)
    with_past: bool = Field(default=False, description="also those whose last day is over")
    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=200)


class GiveRole(Operation[Assignment], name="cases.give_role.v1", changes=True):
    """Give somebody a role, at one school or at all of the person's, from a day to a day."""

    staff_id: UUID
    role: str = Field(min_length=1, max_length=60)
    school_id: UUID | None = Field(description="none: at every school of the person's")
    from_date: date | None = Field(default=None, description="the first day that it counts; none means today")
    to_date: date | None = Field(default=None, description="the last day that it counts; none means until it is taken")


class TakeRole(Operation[AssignmentPage], name="cases.take_role.v1", changes=True):
    """Take a role from somebody: at once, or after a last day. Answers with what the person has left."""

    assignment_id: UUID
    to_date: date | None = Field(default=None, description="the last day that it counts; none means at once")
