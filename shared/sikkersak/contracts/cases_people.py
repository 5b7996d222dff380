"""People and places that administrators keep: schools, staff, pupils and their guardians (M15, M16)."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.values import Party, PostalAddress, TagRead
from sikkersak.versions import tag_of


class School(Contract):
    """A school: a public unit with an organisation number."""

    school_id: UUID
    name: str = Field(min_length=1, max_length=200)
    organisation: str = Field(pattern=r"^\d{9}$")

    @property
    def tag(self) -> str:
        """Its version."""
        return tag_of(self.model_dump(mode="json"))


class SchoolList(Contract):
    """All schools."""

    items: tuple[School, ...]


class ListSchools(Operation[SchoolList], name="cases.list_schools.v1"):
    """All schools; names of schools are public."""


class PutSchool(Operation[School], name="cases.put_school.v1", changes=True):
    """Create or change a school by its organisation number. For administrators."""

    name: str = Field(min_length=1, max_length=200)
    organisation: str = Field(pattern=r"^\d{9}$")
    if_match: TagRead = None


class StaffMember(Contract):
    """Someone who works here. The national identity number is kept only as a keyed hash (M29)."""

    staff_id: UUID
    name: str
    roles: frozenset[str]
    schools: frozenset[UUID]
    is_active: bool
    permissions: frozenset[str] | None = Field(default=None, description="what the roles hold now (M16)")
    by_school: dict[UUID, frozenset[str]] | None = Field(
        default=None, description="what is held at each school, where a role is bound to one"
    )
    version: str | None = Field(default=None, description="what a change says in If-Match")


class PutStaff(Operation[StaffMember], name="cases.put_staff.v1", changes=True):
    """Create or change a member of staff by the keyed hash of the national identity number. For administrators.

    `roles` are those at all of the person's schools; roles at one school are given and taken by their own operations.
    """

    pid_lookup: str = Field(min_length=32, max_length=128)
    name: str = Field(min_length=1, max_length=200)
    email: str | None = None
    roles: frozenset[str]
    schools: frozenset[UUID]
    is_active: bool = True
    if_match: TagRead = None


class StaffPage(Contract):
    """Members of staff, by name."""

    items: tuple[StaffMember, ...]
    next: str | None = None


class ListStaff(Operation[StaffPage], name="cases.list_staff.v1"):
    """Members of staff: everyone for administrators and distributors, the own schools' for others."""

    school_id: UUID | None = None
    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=200)


class Identify(Operation[StaffMember], name="cases.identify.v1"):
    """Who is this, after log-in? Asked by the gateway itself with a system actor; refused logins are audited."""

    pid_lookup: str
    level: str
    session_id: str


class Guardian(Contract):
    """Someone with parental responsibility."""

    party: Party
    has_parental_responsibility: bool = True


class Pupil(Contract):
    """A pupil with those who have parental responsibility."""

    pupil_id: UUID
    name: str
    national_id: str | None = None
    school_id: UUID
    has_protected_address: bool = False
    guardians: tuple[Guardian, ...] = ()
    version: str | None = Field(default=None, description="what a change says in If-Match")


class PutPupil(Operation[Pupil], name="cases.put_pupil.v1", changes=True):
    """Create or change a pupil, found by national identity number. For administrators and distributors."""

    name: str = Field(min_length=1, max_length=200)
    national_id: str = Field(pattern=r"^\d{11}$")
    school_id: UUID
    address: PostalAddress = PostalAddress()
    has_protected_address: bool = False
    guardians: tuple[Guardian, ...] = ()
    if_match: TagRead = None


class PupilPage(Contract):
    """Pupils, by name."""

    items: tuple[Pupil, ...]
    next: str | None = None


class ListPupils(Operation[PupilPage], name="cases.list_pupils.v1"):
    """Pupils of the schools that the actor may create cases for, without national numbers."""

    school_id: UUID | None = None
    query: str | None = Field(default=None, max_length=100)
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)
