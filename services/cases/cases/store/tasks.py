"""Tasks: what a person must do, kept until somebody says how it was done."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cases.domain.standing import Standing
from sikkersak.contracts.cases_casework import Task, TaskKind
from sikkersak.errors import Declined
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction

ARCHIVE_TASKS: Final = [TaskKind.WITHDRAW_IN_ARCHIVE.value, TaskKind.REOPEN_IN_ARCHIVE.value]
SEEN: Final = """(
  t.assigned_to = $1 or t.school_id = any($2::uuid[]) or ($3::boolean and t.kind = any($4::text[]))
)"""


async def add(
    tx: Transaction,
    kind: TaskKind,
    school_id: UUID,
    *,
    case_id: UUID | None = None,
    document_id: UUID | None = None,
    assigned_to: UUID | None = None,
) -> None:
    """Makes a task; the same one about the same document is made once until it is done."""
    sql = """
    insert into tasks (task_id, kind, school_id, case_id, document_id, assigned_to) values ($1, $2, $3, $4, $5, $6)
    on conflict do nothing
    """
    await tx.execute(sql, new_id(), kind.value, school_id, case_id, document_id, assigned_to)


async def page(tx: Transaction, standing: Standing, after: UUID | None, limit: int) -> list[Task]:
    """Open tasks that this person sees, oldest first."""
    sql = f"""
    select t.* from tasks t where t.done_at is null and {SEEN} and ($5::uuid is null or t.task_id > $5)
    order by t.task_id limit $6"""
    return [_task(row) for row in await tx.fetch(sql, *_seer(standing), after, limit)]


async def complete(tx: Transaction, standing: Standing, task_id: UUID, remark: str) -> Task:
    """Notes how it was done; whether a task that is not seen exists, nobody is told."""
    sql = f"""
    update tasks t set done_at = now(), done_by = $1, remark = $6
    where t.task_id = $5 and t.done_at is null and {SEEN} returning t.*"""
    row = await tx.fetchrow(sql, *_seer(standing), task_id, remark)
    if row is None:
        raise Declined("task-gone", "Oppgaven er alt utført, eller den er ikke din.")
    return _task(row)


def _seer(standing: Standing) -> tuple[UUID, list[UUID], bool, list[str]]:
    return standing.staff_id, standing.led_schools, standing.lists_every_case, ARCHIVE_TASKS


def _task(row: Row) -> Task:
    return Task.model_validate(dict(row))
