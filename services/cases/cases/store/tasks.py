"""Tasks: what a person must do, kept until somebody says how it was done."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cases.domain.standing import Standing
from sikkersak.contracts.cases_casework import Task, TaskKind
from sikkersak.contracts.notifier import ConsignmentState
from sikkersak.errors import Declined
from sikkersak.guidance.letters import letter_choices, letter_detail
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction

ARCHIVE_TASKS: Final = [TaskKind.WITHDRAW_IN_ARCHIVE.value, TaskKind.REOPEN_IN_ARCHIVE.value]
PROTECTED: Final = "protected-address"
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
    letter_id: UUID | None = None,
    request_id: UUID | None = None,
) -> None:
    """Makes a task; the same one about the same document or letter is made once until it is done."""
    sql = """
    insert into tasks (task_id, kind, school_id, case_id, document_id, assigned_to, letter_id, request_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
    """
    await tx.execute(sql, new_id(), kind.value, school_id, case_id, document_id, assigned_to, letter_id, request_id)


async def settle_request(tx: Transaction, request_id: UUID, by: UUID, remark: str) -> None:
    """The request for access was answered, or taken back."""
    sql = "update tasks set done_at = now(), done_by = $2, remark = $3 where request_id = $1 and done_at is null"
    await tx.execute(sql, request_id, by, remark)


async def settle(tx: Transaction, letter_id: UUID, remark: str) -> None:
    """The letter is on its way again, or was brought: nothing is left to decide."""
    sql = "update tasks set done_at = now(), remark = $2 where letter_id = $1 and done_at is null"
    await tx.execute(sql, letter_id, remark)


async def page(
    tx: Transaction, standing: Standing, kind: TaskKind | None, after: UUID | None, limit: int
) -> list[Task]:
    """Open tasks that this person sees, oldest first."""
    sql = f"""
    select t.*, l.state as letter_state, l.code from tasks t left join letters l using (letter_id)
    where t.done_at is null and {SEEN} and ($5::uuid is null or t.task_id > $5) and ($6::text is null or t.kind = $6)
    order by t.task_id limit $7"""
    return [_task(row) for row in await tx.fetch(sql, *_seer(standing), after, kind, limit)]


async def complete(tx: Transaction, standing: Standing, task_id: UUID, remark: str) -> Task:
    """Notes how it was done; whether a task that is not seen exists, nobody is told."""
    sql = f"""
    update tasks t set done_at = now(), done_by = $1, remark = $6
    where t.task_id = $5 and t.done_at is null and {SEEN} returning t.*, null as letter_state, null as code"""
    row = await tx.fetchrow(sql, *_seer(standing), task_id, remark)
    if row is None:
        raise Declined("task-gone", "Oppgaven er alt utført, eller den er ikke din.")
    if row["kind"] == TaskKind.LETTER_UNDELIVERED:  # a remark alone would leave the letter undecided
        raise Declined("letter-undecided", "Velg hva som skal gjøres med brevet. Da er oppgaven utført.")
    if row["kind"] == TaskKind.ACCESS_REQUEST:
        raise Declined("request-unanswered", "Besvar innsynskravet. Da er oppgaven utført.")
    return _task(row)


def _seer(standing: Standing) -> tuple[UUID, list[UUID], bool, list[str]]:
    return standing.staff_id, standing.led_schools, standing.lists_every_case, ARCHIVE_TASKS


def _task(row: Row) -> Task:
    made: dict[str, object] = {}
    if row["kind"] == TaskKind.SEND_OTHERWISE:
        made = {"code": PROTECTED, "detail": letter_detail(ConsignmentState.DECLINED, PROTECTED)}
    if row["letter_state"] is not None:
        state = ConsignmentState(row["letter_state"])
        made = {"detail": letter_detail(state, row["code"]), "choices": letter_choices(state, row["code"])}
    return Task.model_validate(dict(row) | made)
