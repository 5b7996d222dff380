"""What the HR system asks: create, change, leave; and which of its roles give access (M16)."""

from __future__ import annotations

from uuid import UUID

from cases.office import Office
from cases.operations import operations
from cases.store import audit, employees
from sikkersak.contracts.cases_employees import (
    Employee,
    EmployeeFields,
    EmployeePage,
    HrRoleList,
    ListEmployees,
    ListHrRoles,
    PutEmployee,
    PutHrRoles,
    ReadEmployee,
    RemoveEmployee,
)
from sikkersak.contracts.cases_roles import RolesChanged
from sikkersak.contracts.message import Empty
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction
from sikkersak.persistence.unchanged import demand_unchanged


class UnknownSchool(Declined):
    """An organisation number that is no school here."""

    def __init__(self) -> None:
        super().__init__("unknown-school", "Organisasjonsnummeret er ikke en skole her.", status=422)


class StaleEmployee(Declined):
    """Somebody changed the employee since it was read."""

    def __init__(self) -> None:
        super().__init__("stale-employee", "Den ansatte er endret av andre i mellomtiden. Les på nytt.", status=412)


@operations.answers(ReadEmployee)
async def read_employee(asked: ReadEmployee, ask: Ask, office: Office) -> Employee:
    """One."""
    del office
    return await employees.employee(ask.tx, asked.employee_id)


@operations.answers(ListEmployees)
async def list_employees(asked: ListEmployees, ask: Ask, office: Office) -> EmployeePage:
    """Those that match."""
    del office
    found, total = await employees.page(ask.tx, asked)
    return EmployeePage(items=tuple(found), total=total)


@operations.answers(PutEmployee)
async def put_employee(asked: PutEmployee, ask: Ask, office: Office) -> Employee:
    """Creates, or replaces with exactly this; the same once more changes nothing and leaves no row."""
    del office
    if await employees.unknown_schools(ask.tx, set(asked.fields.schools)):
        raise UnknownSchool
    if asked.employee_id is None:
        if asked.pid_lookup is None:
            raise Declined("national-id-missing", "Fødselsnummeret mangler.", status=422)
        employee_id = await employees.create(ask.tx, asked.pid_lookup, asked.fields)
        await followed(ask.tx, employee_id, "employee-created", asked.fields, ask.actor.staff_id)
        return await employees.employee(ask.tx, employee_id)
    known = await employees.employee(ask.tx, asked.employee_id)
    if asked.version is not None and asked.version != known.version:
        raise StaleEmployee
    if await employees.replace(ask.tx, asked.employee_id, asked.pid_lookup, asked.fields):
        has_left = known.is_active and not asked.fields.is_active
        act = "employee-left" if has_left else "employee-changed"
        await followed(ask.tx, asked.employee_id, act, asked.fields, ask.actor.staff_id)
    return await employees.employee(ask.tx, asked.employee_id)


@operations.answers(RemoveEmployee)
async def remove_employee(asked: RemoveEmployee, ask: Ask, office: Office) -> Empty:
    """Access ends; what the person did stays, and under their name."""
    del office
    known = await employees.employee(ask.tx, asked.employee_id)
    await employees.remove(ask.tx, asked.employee_id)
    await followed(ask.tx, asked.employee_id, "employee-removed", known, ask.actor.staff_id)
    return Empty()


@operations.answers(ListHrRoles)
async def list_hr_roles(asked: ListHrRoles, ask: Ask, office: Office) -> HrRoleList:
    """Those that give access, and those that were seen and give nothing."""
    del asked, office
    return HrRoleList(items=await employees.hr_roles(ask.tx))


@operations.answers(PutHrRoles)
async def put_hr_roles(asked: PutHrRoles, ask: Ask, office: Office) -> HrRoleList:
    """Everybody's "ansatt basis" follows in the same transaction."""
    del office

    async def tag() -> str:
        return HrRoleList(items=await employees.hr_roles(ask.tx)).tag

    await demand_unchanged(ask.tx, "hr-roles", asked.if_match, tag)
    wanted = sorted({one.strip().lower() for one in asked.hr_roles})
    await employees.put_hr_roles(ask.tx, wanted)
    await employees.follow(ask.tx)
    await say(ask.tx, RolesChanged())
    await audit.note(ask.tx, ask.actor.staff_id, "hr-roles-edited", hr_roles=wanted)
    return HrRoleList(items=await employees.hr_roles(ask.tx))


async def followed(tx: Transaction, employee_id: UUID, act: str, fields: EmployeeFields, by: UUID) -> None:
    """What follows for the person's access, and the row in the log."""
    await employees.follow(tx, employee_id)
    await say(tx, RolesChanged(staff_id=employee_id))
    await note(tx, employee_id, act, fields, by)


async def note(tx: Transaction, employee_id: UUID, act: str, fields: EmployeeFields, by: UUID) -> None:
    """The row in the log: ids and codes, no names."""
    schools, hr_roles = sorted(fields.schools), sorted(fields.hr_roles)
    await audit.note(
        tx, by, act, staff_id=str(employee_id), is_active=fields.is_active, schools=schools, hr_roles=hr_roles
    )
