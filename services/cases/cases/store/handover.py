"""What somebody has on their hands at a school, and giving it to somebody else (M16)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sikkersak.contracts.cases_employees import OpenWork
from sikkersak.persistence.database import Transaction

MOST: Final = 500
OPEN_WORK: Final = """
select s.staff_id, s.name, s.is_active, s.left_at,
  coalesce((select jsonb_agg(jsonb_build_object(
      'case_id', c.case_id, 'number', c.year || '/' || c.running,
      'unfinished', (select count(*) from documents d where d.case_id = c.case_id and d.state <> 'finished'),
      'awaiting_approval',
      (select count(*) from documents d where d.case_id = c.case_id and d.state = 'awaiting_approval')
    ) order by c.case_id)
    from cases c where c.responsible_id = s.staff_id and c.school_id = $1 and c.status = 'open'), '[]') as cases,
  (select count(*) from documents d join cases c using (case_id)
   where d.owner_id = s.staff_id and d.state <> 'finished' and c.school_id = $1 and c.status = 'open'
     and c.responsible_id <> s.staff_id) as drafts_elsewhere,
  (select count(*) from tasks t where t.assigned_to = s.staff_id and t.school_id = $1 and t.done_at is null) as tasks
from staff s
"""


async def open_work(tx: Transaction, school_id: UUID, staff_id: UUID | None) -> tuple[OpenWork, ...]:
    """One person's, or that of everybody who has left something behind."""
    sql = f"""
    select * from ({OPEN_WORK} where case when $2::uuid is null then not s.is_active else s.staff_id = $2 end) w
    where $2::uuid is not null or w.cases <> '[]' or w.drafts_elsewhere > 0 or w.tasks > 0
    order by w.left_at desc nulls last, w.name limit {MOST}"""
    return tuple(OpenWork.model_validate(dict(row)) for row in await tx.fetch(sql, school_id, staff_id))


async def reassign(tx: Transaction, school_id: UUID, from_id: UUID, to_id: UUID, only: list[UUID]) -> list[UUID]:
    """Open cases get another who is responsible, unfinished documents another owner, open tasks another to do them.

    Returns the cases that were touched. Of named cases only the tasks in them go along.
    """
    mine = "c.school_id = $1 and c.status = 'open' and ($4::uuid[] = '{}' or c.case_id = any($4))"
    drafts = f"""
    update documents d set owner_id = $3 from cases c
    where c.case_id = d.case_id and d.owner_id = $2 and d.state <> 'finished' and {mine} returning c.case_id"""
    touched = {row["case_id"] for row in await tx.fetch(drafts, school_id, from_id, to_id, only)}
    cases = f"update cases c set responsible_id = $3 where c.responsible_id = $2 and {mine} returning c.case_id"
    touched |= {row["case_id"] for row in await tx.fetch(cases, school_id, from_id, to_id, only)}
    tasks = """
    update tasks set assigned_to = $3 where assigned_to = $2 and school_id = $1 and done_at is null
      and ($4::uuid[] = '{}' or case_id = any($4)) returning case_id"""
    touched |= {row["case_id"] for row in await tx.fetch(tasks, school_id, from_id, to_id, only) if row["case_id"]}
    return sorted(touched)
