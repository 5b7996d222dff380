"""What roles hold, and who has which, where, from when to when (M16)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from cases.store.people import TODAY
from sikkersak.contracts.cases_roles import Assignment, ListAssignments, RoleSource, SchoolFunction
from sikkersak.identity.permissions import Permission
from sikkersak.identity.roles import Role
from sikkersak.persistence.database import Row, Transaction, present

IN_FORCE: Final = f"{TODAY} between r.valid_from and coalesce(r.valid_to, 'infinity')"
ASSIGNMENT: Final = f"""
select r.assignment_id, r.staff_id, s.name, r.role, r.school_id, r.function, r.source, r.valid_from as from_date,
  r.valid_to as to_date, s.is_active and {IN_FORCE} as is_in_force
from staff_roles r join staff s using (staff_id)
"""


async def contents(tx: Transaction) -> dict[str, Row]:
    """The roles that administrators have edited."""
    return {row["role"]: row for row in await tx.fetch("select * from role_contents")}


async def people(tx: Transaction) -> dict[str, int]:
    """How many have each role today."""
    sql = f"""
    select r.role, count(distinct r.staff_id) as people from staff_roles r join staff s using (staff_id)
    where s.is_active and {IN_FORCE} group by r.role"""
    return {row["role"]: row["people"] for row in await tx.fetch(sql)}


async def put_content(tx: Transaction, role: Role, held: frozenset[Permission], changed_by: UUID) -> datetime:
    """What the role holds from now on."""
    sql = """
    insert into role_contents (role, permissions, changed_by) values ($1, $2, $3)
    on conflict (role) do update set permissions = excluded.permissions, changed_by = excluded.changed_by, changed_at = now()
    returning changed_at
    """
    values = sorted(permission.value for permission in held)
    changed_at: datetime = await tx.fetchval(sql, role.value, values, changed_by)
    return changed_at


async def page(tx: Transaction, asked: ListAssignments) -> list[Assignment]:
    """Who has which role, by name."""
    sql = f"""{ASSIGNMENT}
    where ($1::uuid is null or r.staff_id = $1)
      and ($2::uuid is null or r.school_id = $2 or (r.school_id is null and exists (
           select from staff_schools x where x.staff_id = r.staff_id and x.school_id = $2)))
      and ($3::text is null or r.role = $3)
      and ($4::boolean or coalesce(r.valid_to, 'infinity') >= {TODAY})
      and ($5::text is null or (s.name, r.assignment_id::text) > (split_part($5, '|', 1), split_part($5, '|', 2)))
    order by s.name, r.assignment_id::text limit $6"""
    values = (asked.staff_id, asked.school_id, asked.role, asked.with_past, asked.cursor, asked.limit)
    return [_assignment(row) for row in await tx.fetch(sql, *values)]


async def assignment(tx: Transaction, assignment_id: UUID) -> Assignment:
    """One; locked, so that two who end it do so one after the other."""
    row = await tx.fetchrow(f"{ASSIGNMENT} where r.assignment_id = $1 for update of r", assignment_id)
    return _assignment(present(row, "assignment"))


async def overlapping(
    tx: Transaction, staff_id: UUID, role: Role, school_id: UUID | None, days: tuple[date, date | None]
) -> bool:
    """Whether the person has the same role at the same place on any of these days."""
    sql = """
    select exists (select from staff_roles where staff_id = $1 and role = $2 and school_id is not distinct from $3
      and function is null and source = 'manual'
      and daterange(valid_from, valid_to, '[]') && daterange($4, $5, '[]'))"""
    return bool(await tx.fetchval(sql, staff_id, role.value, school_id, *days))


async def add(
    tx: Transaction,
    staff_id: UUID,
    role: Role,
    school_id: UUID | None,
    days: tuple[date, date | None],
    given_by: UUID | None,
    *,
    source: RoleSource = RoleSource.MANUAL,
    function: SchoolFunction | None = None,
) -> UUID:
    """Gives a role."""
    sql = """
    insert into staff_roles (staff_id, role, school_id, valid_from, valid_to, given_by, source, function)
    values ($1, $2, $3, $4, $5, $6, $7, $8) returning assignment_id
    """
    kind = function.value if function else None
    made: UUID = await tx.fetchval(sql, staff_id, role.value, school_id, *days, given_by, source.value, kind)
    return made


async def end(tx: Transaction, assignment_id: UUID, last: date) -> None:
    """The last day that it counts; one that had not begun by then never does."""
    await tx.execute("delete from staff_roles where assignment_id = $1 and valid_from > $2", assignment_id, last)
    sql = """
    update staff_roles set valid_to = $2 where assignment_id = $1 and (valid_to is null or valid_to > $2)"""
    await tx.execute(sql, assignment_id, last)


async def has_another_administrator(tx: Transaction, besides: UUID) -> bool:
    """Whether somebody can administer, today and until further notice, without this assignment."""
    sql = f"""
    select exists (select from staff_roles r join staff s using (staff_id) where r.role = $1 and s.is_active
      and r.school_id is null and r.valid_to is null and {IN_FORCE} and r.assignment_id <> $2)"""
    return bool(await tx.fetchval(sql, Role.ADMINISTRATOR.value, besides))


def _assignment(row: Row) -> Assignment:
    return Assignment.model_validate(dict(row))
