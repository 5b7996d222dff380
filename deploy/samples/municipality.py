"""The invented municipality: schools, staff, pupils with guardians, and those who write to the schools."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from samples.numbers import birth_date

SOURCE: Final = Path(__file__).with_name("municipality.json")
WrittenForm = Literal["nb", "nn"]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Address(_Fact):
    """A postal address; all empty where the address is protected."""

    line: str
    postal_code: str
    city: str


class School(_Fact):
    """A school with an organisation number of its own, and the written form that it uses."""

    key: str
    name: str
    organisation: str
    written_form: WrittenForm
    address: Address


class Correspondent(_Fact):
    """An organisation that writes to the schools. `lines` and `accent` are its letterhead."""

    key: str
    name: str
    organisation: str
    lines: tuple[str, ...]
    accent: str


class StaffMember(_Fact):
    """Someone who works in the municipality. `schools` are organisation numbers, `roles` the product's code words."""

    username: str
    name: str
    title: str
    national_id: str
    email: str
    roles: frozenset[str]
    schools: tuple[str, ...]


class Guardian(_Fact):
    """A parent; one without parental responsibility is no party in the pupil's cases."""

    name: str
    national_id: str
    address: Address
    has_parental_responsibility: bool = True
    has_protected_address: bool = False


class Pupil(_Fact):
    """A pupil. `school` is the organisation number; `key` is what the sample shipments call the pupil."""

    key: str
    name: str
    national_id: str
    school: str
    class_name: str
    written_form: WrittenForm
    address: Address
    has_protected_address: bool
    guardians: tuple[Guardian, ...] = Field(min_length=1)

    @property
    def first_name(self) -> str:
        """What letters call the pupil after the first line."""
        return self.name.split()[0]

    @property
    def born(self) -> date:
        """The date of birth."""
        return birth_date(self.national_id)


class Municipality(_Fact):
    """Everything, found by the keys and numbers that other samples use."""

    name: str
    organisation: str
    mailbox: str
    schools: tuple[School, ...]
    correspondents: tuple[Correspondent, ...]
    staff: tuple[StaffMember, ...]
    pupils: tuple[Pupil, ...]

    def school(self, key_or_number: str) -> School:
        """By key or organisation number."""
        return next(one for one in self.schools if key_or_number in {one.key, one.organisation})

    def pupil(self, key: str) -> Pupil:
        """By key."""
        return next(one for one in self.pupils if one.key == key)

    def correspondent(self, key: str) -> Correspondent:
        """By key."""
        return next(one for one in self.correspondents if one.key == key)

    def staff_with(self, role: str) -> tuple[StaffMember, ...]:
        """Everyone who has the role."""
        return tuple(one for one in self.staff if role in one.roles)


@cache
def municipality() -> Municipality:
    """Sølvfjord kommune, which does not exist."""
    return Municipality.model_validate_json(SOURCE.read_bytes())
