"""People as the HR system knows them, and what follows from it for their access (M16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from cases.store.people import TODAY
from sikkersak.contracts.cases_employees import Employee, EmployeeFields, HrRoleCount, ListEmployees
from sikkersak.errors import Declined
from sikkersak.identity.roles import Role
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present

# Who comes back within this time gets back what they had: a mistake in the HR system is mended by mending it there.
SOON: Final = timedelta(days=30)
EMPLOYEE: Final = """
select e.staff_id as employee_id, e.user_name, e.external_id, e.given_name, e.family_name, s.email, s.is_active,
  e.hr_roles, e.organisations as schools, e.version, e.created_at, e.changed_at, s.pid_lookup
from employees e join staff s using (staff_id)
"""
MATCHING: Final = """
where e.removed_at is null
  and ($1::text is null or lower(e.user_name) = lower($1))
  and ($2::text is null or e.external_id = $2)
  and ($3::uuid is null or e.staff_id = $3)
  and ($4::boolean is null or s.is_active = $4)
  and ($5::text is null or e.organisations ? $5)
"""


class EmployeeTaken(Declined):
    """Somebody else has the user name, the external id or the national identity number."""

    def __init__(self) -> None:
        super().__init__("employee-taken", "Brukernavnet, ansattnummeret eller personen er allerede registrert.")


async def employee(tx: Transaction, employee_id: UUID) -> Employee:
    """One; locked, so that two changes of the same person come one after the other."""
    sql = f"{EMPLOYEE} where e.staff_id = $1 and e.removed_at is null for update of e"
    return _employee(present(await tx.fetchrow(sql, employee_id), "employee"))


async def page(tx: Transaction, asked: ListEmployees) -> tuple[list[Employee], int]:
    """Those that match, in the order they came, and how many they are in all."""
    matching = (asked.user_name, asked.external_id, asked.employee_id, asked.is_active, asked.organisation)
    count = f"select count(*) from employees e join staff s using (staff_id) {MATCHING}"
    total: int = await tx.fetchval(count, *matching)
    sql = f"{EMPLOYEE} {MATCHING} order by e.created_at, e.staff_id offset $6 limit $7"
    rows = await tx.fetch(sql, *matching, asked.start - 1, asked.limit)
    return [_employee(row) for row in rows], total


async def by_lookup(tx: Transaction, lookups: list[str]) -> dict[str, Employee]:
    """Those with these keyed hashes that the HR system, or a file, told of before."""
    rows = await tx.fetch(f"{EMPLOYEE} where s.pid_lookup = any($1) and e.removed_at is null", lookups)
    return {row["pid_lookup"]: _employee(row) for row in rows}


async def active_besides(tx: Transaction, lookups: list[str]) -> list[Employee]:
    """Those who work here and are not among these."""
    sql = (
        f"{EMPLOYEE} where e.removed_at is null and s.is_active and not (s.pid_lookup = any($1)) order by e.created_at"
    )
    return [_employee(row) for row in await tx.fetch(sql, lookups)]


async def named(tx: Transaction, user_names: list[str], external_ids: list[str]) -> list[Employee]:
    """Those who have one of these user names or external ids."""
    sql = f"{EMPLOYEE} where e.removed_at is null and (lower(e.user_name) = any($1) or e.external_id = any($2))"
    return [_employee(row) for row in await tx.fetch(sql, [name.lower() for name in user_names], external_ids)]


async def unknown_schools(tx: Transaction, organisations: set[str]) -> set[str]:
    """Those of these organisation numbers that are no school here."""
    rows = await tx.fetch("select organisation from schools where organisation = any($1)", sorted(organisations))
    return organisations - {row["organisation"] for row in rows}


async def create(tx: Transaction, pid_lookup: str, fields: EmployeeFields) -> UUID:
    """Somebody new; staff whom an administrator registered before, and whoever was removed, are the same person."""
    staff = """
    insert into staff (staff_id, pid_lookup, name, email, is_active) values ($1, $2, $3, $4, false)
    on conflict (pid_lookup) do update set name = excluded.name returning staff_id
    """
    staff_id: UUID = await tx.fetchval(staff, new_id(), pid_lookup, _name(fields), fields.email)
    sql = """
    insert into employees (staff_id, user_name, external_id, given_name, family_name) values ($1, $2, $3, $4, $5)
    on conflict (staff_id) do update set removed_at = null, created_at = now(), version = employees.version + 1
      where employees.removed_at is not null
    returning true
    """
    try:
        made = await tx.fetchval(
            sql, staff_id, fields.user_name, fields.external_id, fields.given_name, fields.family_name
        )
        if not made:
            raise EmployeeTaken
        await replace(tx, staff_id, None, fields)
    except asyncpg.UniqueViolationError as taken:
        raise EmployeeTaken from taken
    return staff_id


async def replace(tx: Transaction, employee_id: UUID, pid_lookup: str | None, fields: EmployeeFields) -> bool:
    """Exactly this from now on; false when it was so already."""
    sql = """
    update employees set user_name = $2, external_id = $3, given_name = $4, family_name = $5, hr_roles = $6,
      organisations = $7, version = version + 1, changed_at = now()
    where staff_id = $1 and (user_name, external_id, given_name, family_name, hr_roles, organisations)
      is distinct from ($2, $3, $4, $5, $6::jsonb, $7::jsonb)
    returning true
    """
    roles, schools = sorted(set(fields.hr_roles)), sorted(set(fields.schools))
    names = (fields.user_name, fields.external_id, fields.given_name, fields.family_name)
    person = """
    update staff set name = $2, email = $3, pid_lookup = coalesce($4, pid_lookup)
    where staff_id = $1 and (name, email, pid_lookup) is distinct from ($2, $3, coalesce($4, pid_lookup)) returning true
    """
    try:
        is_other = bool(await tx.fetchval(sql, employee_id, *names, roles, schools))
        is_named = bool(await tx.fetchval(person, employee_id, _name(fields), fields.email, pid_lookup))
    except asyncpg.UniqueViolationError as taken:
        raise EmployeeTaken from taken
    moved = await (arrive(tx, employee_id) if fields.is_active else leave(tx, employee_id))
    if (is_named or moved) and not is_other:
        await tx.execute(
            "update employees set version = version + 1, changed_at = now() where staff_id = $1", employee_id
        )
    return is_other or is_named or moved


async def leave(tx: Transaction, staff_id: UUID) -> bool:
    """Works here no more, and has no access from this moment; false when they had left already."""
    sql = "update staff set is_active = false, left_at = now() where staff_id = $1 and is_active returning true"
    return bool(await tx.fetchval(sql, staff_id))


async def arrive(tx: Transaction, staff_id: UUID) -> bool:
    """Works here; who was away for long begins anew, with what the HR system gives and nothing else."""
    was_away = await tx.fetchval("select left_at < now() - $2::interval from staff where staff_id = $1", staff_id, SOON)
    if was_away:
        sql = f"update staff_roles set valid_to = {TODAY} - 1 where staff_id = $1 and valid_from < {TODAY}"
        await tx.execute(f"{sql} and coalesce(valid_to, 'infinity') >= {TODAY}", staff_id)
        await tx.execute(f"delete from staff_roles where staff_id = $1 and valid_from >= {TODAY}", staff_id)
        sql = "update case_members set valid_to = now() where staff_id = $1 and coalesce(valid_to, 'infinity') > now()"
        await tx.execute(sql, staff_id)
        await tx.execute("delete from staff_schools where staff_id = $1", staff_id)
    sql = "update staff set is_active = true, left_at = null where staff_id = $1 and not is_active returning true"
    return bool(await tx.fetchval(sql, staff_id))


async def remove(tx: Transaction, employee_id: UUID) -> None:
    """Gone as far as the HR system is concerned; the person stays, without access, for what they did here."""
    await leave(tx, employee_id)
    await tx.execute("update employees set removed_at = now() where staff_id = $1", employee_id)


# --- what HR roles give

WANTED: Final = """
select e.staff_id, x.school_id
from employees e join staff s using (staff_id)
cross join lateral (
  select school_id from schools where e.organisations ? organisation
  union all select null where e.organisations = '[]'
) x
where e.removed_at is null and s.is_active and ($1::uuid is null or e.staff_id = $1)
  and exists (select from jsonb_array_elements_text(e.hr_roles) one join hr_roles h on h.hr_role = lower(one))
"""
HELD: Final = (
    f"r.source = 'hr' and ($1::uuid is null or r.staff_id = $1) and coalesce(r.valid_to, 'infinity') >= {TODAY}"
)
STILL: Final = "(select from wanted w where w.staff_id = r.staff_id and w.school_id is not distinct from r.school_id)"


async def follow(tx: Transaction, staff_id: UUID | None = None) -> None:
    """One person's "ansatt basis", or everybody's, is what the HR system's roles and schools give, and no more."""
    begun = (
        f"delete from staff_roles r using staff s where s.staff_id = r.staff_id and {HELD} and r.valid_from >= {TODAY}"
    )
    await tx.execute(f"with wanted as ({WANTED}) {begun} and not exists {STILL}", staff_id)
    ending = f"update staff_roles r set valid_to = {TODAY} - 1 where {HELD} and r.valid_from < {TODAY}"
    await tx.execute(f"with wanted as ({WANTED}) {ending} and not exists {STILL}", staff_id)
    giving = f"""
    insert into staff_roles (staff_id, role, school_id, valid_from, source)
    select w.staff_id, $2, w.school_id, {TODAY}, 'hr' from wanted w
    where not exists (select from staff_roles r where {HELD} and r.staff_id = w.staff_id
                      and r.school_id is not distinct from w.school_id)"""
    await tx.execute(f"with wanted as ({WANTED}) {giving}", staff_id, Role.EMPLOYEE.value)


async def hr_roles(tx: Transaction) -> tuple[HrRoleCount, ...]:
    """Those that give access, and those that were seen and give nothing."""
    sql = """
    with seen as (
      select lower(one) as hr_role, count(distinct e.staff_id) as people
      from employees e join staff s using (staff_id), jsonb_array_elements_text(e.hr_roles) one
      where e.removed_at is null and s.is_active group by 1
    )
    select hr_role, h.hr_role is not null as gives_access, coalesce(people, 0) as people
    from seen full join hr_roles h using (hr_role) order by hr_role"""
    return tuple(HrRoleCount.model_validate(dict(row)) for row in await tx.fetch(sql))


async def put_hr_roles(tx: Transaction, wanted: list[str]) -> None:
    """Exactly these from now on."""
    await tx.execute("delete from hr_roles where not (hr_role = any($1))", wanted)
    await tx.execute("insert into hr_roles (hr_role) select unnest($1::text[]) on conflict do nothing", wanted)


def _name(fields: EmployeeFields) -> str:
    return f"{fields.given_name} {fields.family_name}"[:200]


def _employee(row: Row) -> Employee:
    values: dict[str, Any] = dict(row)
    return Employee.model_validate(values)
