"""What cases answers the HR system, and the administrators when they import people from a file (M16).

National identity numbers come as keyed hashes only; the gateway makes them and forgets the number (M29).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from sikkersak.contracts.message import Contract, Empty, Operation
from sikkersak.contracts.values import TagRead
from sikkersak.versions import tag_of

HrRole = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Organisation = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]
LOOKUP = r"^[0-9a-f]{64}$"


class EmployeeFields(Contract):
    """Somebody as the HR system knows them."""

    user_name: str = Field(min_length=1, max_length=200)
    external_id: str | None = Field(default=None, min_length=1, max_length=200)
    given_name: str = Field(min_length=1, max_length=100)
    family_name: str = Field(min_length=1, max_length=100)
    email: str | None = Field(default=None, max_length=320)
    is_active: bool = True
    hr_roles: tuple[HrRole, ...] = Field(default=(), max_length=50)
    schools: tuple[Organisation, ...] = Field(default=(), max_length=100, description="organisation numbers")


class Employee(EmployeeFields):
    """The same as it is kept here."""

    employee_id: UUID = Field(description="the staff id")
    version: int
    created_at: datetime
    changed_at: datetime


class ReadEmployee(Operation[Employee], name="cases.read_employee.v1"):
    """One employee. For the HR system."""

    employee_id: UUID


class EmployeePage(Contract):
    """Employees in the order they came, from `start`, and how many match in all."""

    items: tuple[Employee, ...]
    total: int


class ListEmployees(Operation[EmployeePage], name="cases.list_employees.v1"):
    """Employees that match everything that is given. For the HR system."""

    user_name: str | None = Field(default=None, max_length=200)
    external_id: str | None = Field(default=None, max_length=200)
    employee_id: UUID | None = None
    is_active: bool | None = None
    organisation: str | None = Field(default=None, max_length=9, description="only those at this school")
    start: int = Field(default=1, ge=1, description="the first one's place, from 1")
    limit: int = Field(default=100, ge=0, le=200)


class PutEmployee(Operation[Employee], name="cases.put_employee.v1", changes=True):
    """Create an employee, or replace one with exactly this. Who is not active loses access at once. For the HR system."""

    employee_id: UUID | None = Field(default=None, description="none creates")
    version: int | None = Field(default=None, description="refused when another version is kept by now")
    pid_lookup: str | None = Field(
        default=None, pattern=LOOKUP, description="needed to create; none keeps what is known"
    )
    fields: EmployeeFields


class RemoveEmployee(Operation[Empty], name="cases.remove_employee.v1", changes=True):
    """The HR system knows the person no more: access is lost at once; what they did stays. For the HR system."""

    employee_id: UUID


# --- which HR roles make somebody "ansatt basis"


class HrRoleCount(Contract):
    """A role of the HR system, and how many of its active people have it."""

    hr_role: str
    gives_access: bool
    people: int


class HrRoleList(Contract):
    """The HR roles that give "ansatt basis", and those that were seen and give nothing."""

    items: tuple[HrRoleCount, ...]

    @property
    def tag(self) -> str:
        """The version of what was decided; how many have which role is no part of it."""
        return tag_of(sorted(one.hr_role for one in self.items if one.gives_access))


class ListHrRoles(Operation[HrRoleList], name="cases.list_hr_roles.v1"):
    """Which roles of the HR system give access to the module. For those who may edit roles."""


class PutHrRoles(Operation[HrRoleList], name="cases.put_hr_roles.v1", changes=True):
    """Exactly these give "ansatt basis" from now on; everybody's roles follow at once. For those who may edit roles."""

    hr_roles: tuple[HrRole, ...] = Field(max_length=200)
    if_match: TagRead = None


# --- import from a file


class ImportRow(Contract):
    """One line of the file."""

    line: int = Field(ge=1)
    pid_lookup: str = Field(pattern=LOOKUP)
    fields: EmployeeFields


class ImportFault(Contract):
    """What is wrong with one line; the value is not repeated."""

    line: int
    column: str
    detail: str


class ImportAct(StrEnum):
    """What a line would do, or did."""

    CREATE = "create"
    CHANGE = "change"
    LEAVE = "leave"


class ImportChange(Contract):
    """One person who is different afterwards."""

    act: ImportAct
    line: int | None = Field(description="none: the person is not in the file")
    employee_id: UUID | None
    name: str
    fields: tuple[str, ...] = Field(description="what is different, by field")


class ImportResult(Contract):
    """The difference. With errors nothing is applied."""

    errors: tuple[ImportFault, ...]
    changes: tuple[ImportChange, ...]
    unchanged: int
    is_applied: bool


class ImportStaff(Operation[ImportResult], name="cases.import_staff.v1", changes=True):
    """Employees from a file: all of it or nothing. For administrators, where the HR system cannot synchronise."""

    rows: tuple[ImportRow, ...] = Field(min_length=1, max_length=2000)
    is_trial: bool = Field(default=True, description="show the difference, change nothing")
    is_whole: bool = Field(default=False, description="who is not in the file has left")


# --- what a leaver leaves behind


class CaseInHand(Contract):
    """A case that somebody is responsible for; its number only."""

    case_id: UUID
    number: str
    unfinished: int = Field(description="documents that are not finished")
    awaiting_approval: int


class OpenWork(Contract):
    """What one person has on their hands at a school."""

    staff_id: UUID
    name: str
    is_active: bool
    left_at: datetime | None
    cases: tuple[CaseInHand, ...]
    drafts_elsewhere: int = Field(description="own unfinished documents in others' cases there")
    tasks: int = Field(default=0, description="open tasks there that are theirs to do")


class OpenWorkList(Contract):
    """Whose work waits for somebody else."""

    items: tuple[OpenWork, ...]


class ListOpenWork(Operation[OpenWorkList], name="cases.list_open_work.v1"):
    """What leavers left at a school, or what one person has there. For the school's leaders, and administrators."""

    school_id: UUID
    staff_id: UUID | None = Field(default=None, description="none: everybody who has left")


class ReassignWork(Operation[OpenWorkList], name="cases.reassign_work.v1", changes=True):
    """Give somebody's open cases and unfinished documents at a school to another who works there."""

    school_id: UUID
    from_staff_id: UUID
    to_staff_id: UUID
    case_ids: tuple[UUID, ...] = Field(default=(), max_length=500, description="none: all of them")
