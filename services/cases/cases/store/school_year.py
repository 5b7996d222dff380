"""What the school-year assistant looks at: roles from a day on, and what is not finished at the schools (M16)."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from cases.domain.school_year import MANAGED, Held
from sikkersak.contracts.cases_roles import SchoolFunction
from sikkersak.contracts.cases_school_year import CaseToFollowUp, LeftBehind
from sikkersak.identity.roles import role_of
from sikkersak.persistence.database import Row, Transaction

MOST: Final = 1000
NUMBER: Final = "c.case_id, c.year || '/' || c.running as number, c.school_id"


async def lock_roles(tx: Transaction) -> None:
    """Nobody gives or takes roles until this transaction is over; reading goes on."""
    await tx.execute("lock table staff_roles in share row exclusive mode")


async def held(tx: Transaction, school_ids: list[UUID], from_date: date) -> list[Held]:
    """The roles that a plan is about and that count at these schools on the day or later."""
    sql = """
    select r.assignment_id, r.staff_id, r.role, r.school_id, r.function, r.valid_from, r.valid_to, own.schools
    from staff_roles r join staff s using (staff_id)
    cross join lateral (select array(select x.school_id from staff_schools x where x.staff_id = r.staff_id) as schools) own
    where s.is_active and r.role = any($1) and r.source <> 'hr' and coalesce(r.valid_to, 'infinity') >= $3
      and (r.school_id = any($2) or (r.school_id is null and own.schools && $2))
    order by r.assignment_id"""
    rows = await tx.fetch(sql, sorted(role.value for role in MANAGED), school_ids, from_date)
    return [_held(row) for row in rows]


def _held(row: Row) -> Held:
    return Held(
        assignment_id=row["assignment_id"],
        staff_id=row["staff_id"],
        role=role_of(row["role"]),
        school_id=row["school_id"],
        function=SchoolFunction(row["function"]) if row["function"] else None,
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        own_schools=frozenset(row["schools"]),
    )


async def working(tx: Transaction, staff_ids: list[UUID]) -> set[UUID]:
    """Those of these who work here."""
    rows = await tx.fetch("select staff_id from staff where is_active and staff_id = any($1)", staff_ids)
    return {row["staff_id"] for row in rows}


async def names(tx: Transaction, staff_ids: list[UUID]) -> dict[UUID, str]:
    """What these are called."""
    rows = await tx.fetch("select staff_id, name from staff where staff_id = any($1)", staff_ids)
    return {row["staff_id"]: row["name"] for row in rows}


async def leavers(tx: Transaction, school_ids: list[UUID]) -> tuple[LeftBehind, ...]:
    """Who has left and is still responsible for open cases there."""
    sql = f"""
    select s.staff_id, s.name, c.school_id, s.left_at, count(*) as open_cases
    from cases c join staff s on s.staff_id = c.responsible_id
    where c.school_id = any($1) and c.status = 'open' and not s.is_active
    group by s.staff_id, c.school_id order by s.name, c.school_id limit {MOST}"""
    return tuple(LeftBehind.model_validate(dict(row)) for row in await tx.fetch(sql, school_ids))


async def moved_pupils(tx: Transaction, school_ids: list[UUID]) -> tuple[CaseToFollowUp, ...]:
    """Open cases of pupils who go to another school now."""
    sql = f"""
    select {NUMBER}, p.school_id as pupil_school_id from cases c join pupils p using (pupil_id)
    where c.school_id = any($1) and c.status = 'open' and p.school_id <> c.school_id order by c.case_id limit {MOST}"""
    return await _cases(tx, sql, school_ids)


async def open_approvals(tx: Transaction, school_ids: list[UUID]) -> tuple[CaseToFollowUp, ...]:
    """Cases with documents that wait for a leader."""
    sql = f"""
    select {NUMBER}, count(*) from cases c join documents d using (case_id)
    where c.school_id = any($1) and d.state = 'awaiting_approval' group by c.case_id order by c.case_id limit {MOST}"""
    return await _cases(tx, sql, school_ids)


async def not_archived(tx: Transaction, school_ids: list[UUID]) -> tuple[CaseToFollowUp, ...]:
    """Cases with something that is not in the archive yet."""
    sql = f"""
    select {NUMBER}, count(*) from cases c join archive_obligations o using (case_id)
    where c.school_id = any($1) and o.state <> 'archived' group by c.case_id order by c.case_id limit {MOST}"""
    return await _cases(tx, sql, school_ids)


async def _cases(tx: Transaction, sql: str, school_ids: list[UUID]) -> tuple[CaseToFollowUp, ...]:
    return tuple(CaseToFollowUp.model_validate(dict(row)) for row in await tx.fetch(sql, school_ids))
