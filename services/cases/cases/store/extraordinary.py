"""Emergency access and "access to everything": taken, proposed, confirmed, ended, and what was read by it (M17)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from cases.domain.numbers import year_and_running
from sikkersak.contracts.cases_extraordinary import (
    EmergencyGrant,
    FindUnseenCases,
    FullAccessGrant,
    ListEmergencyAccess,
    ListFullAccess,
    TakeEmergencyAccess,
    UnseenCase,
)
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present

MOST_UNSEEN: Final = 50
PROPOSAL_LASTS: Final = timedelta(hours=24)
ROWS_READ: Final = "(select count(*) from audit a where a.details ? 'grant' and a.details->>'grant' = g.grant_id::text)"
EMERGENCY: Final = f"""
select g.*, c.year || '/' || c.running as number, c.school_id, s.name,
  g.valid_from <= now() and g.valid_to > now() as is_in_force, {ROWS_READ} as rows_read
from emergency_access g join cases c using (case_id) join staff s on s.staff_id = g.staff_id
"""
FULL: Final = f"""
select g.*, s.name, p.name as proposed_by_name, k.name as confirmed_by_name, {ROWS_READ} as rows_read,
  case when g.ended_at is not null then 'ended'
       when g.valid_to is not null then case when g.valid_to > now() then 'in_force' else 'over' end
       when g.proposed_at > now() - interval '{PROPOSAL_LASTS.total_seconds():.0f} seconds' then 'proposed'
       else 'lapsed' end as state
from full_access g join staff s on s.staff_id = g.staff_id join staff p on p.staff_id = g.proposed_by
  left join staff k on k.staff_id = g.confirmed_by
"""


async def unseen_cases(tx: Transaction, asked: FindUnseenCases) -> tuple[UnseenCase, ...]:
    """A school's case by number, or a pupil's cases there; nothing that says what they are about."""
    sql = """
    select case_id, year || '/' || running as number, case_type, status, opened_at from cases
    where school_id = $1 and ($2::integer is null or (year, running) = ($2, $3)) and ($4::uuid is null or pupil_id = $4)
    order by case_id desc limit $5"""
    year, running = year_and_running(asked.number)
    if asked.number is not None and year is None:
        return ()
    rows = await tx.fetch(sql, asked.school_id, year, running, asked.pupil_id, MOST_UNSEEN)
    return tuple(UnseenCase.model_validate(dict(row)) for row in rows)


async def take_emergency(tx: Transaction, staff_id: UUID, asked: TakeEmergencyAccess) -> UUID:
    """Begins now, ends by itself."""
    sql = """
    insert into emergency_access (grant_id, case_id, staff_id, reason, valid_from, valid_to)
    values ($1, $2, $3, $4, now(), now() + make_interval(hours => $5))"""
    grant_id = new_id()
    await tx.execute(sql, grant_id, asked.case_id, staff_id, asked.reason, asked.hours)
    return grant_id


async def emergency(tx: Transaction, grant_id: UUID) -> EmergencyGrant:
    """One."""
    row = await tx.fetchrow(f"{EMERGENCY} where g.grant_id = $1", grant_id)
    return EmergencyGrant.model_validate(dict(present(row, "grant")))


async def emergencies(tx: Transaction, asked: ListEmergencyAccess) -> list[EmergencyGrant]:
    """A school's, newest first."""
    sql = f"""{EMERGENCY} where c.school_id = $1 and ($2::uuid is null or g.grant_id < $2)
    order by g.grant_id desc limit $3"""
    rows = await tx.fetch(sql, asked.school_id, UUID(asked.cursor) if asked.cursor else None, asked.limit)
    return [EmergencyGrant.model_validate(dict(row)) for row in rows]


async def propose(tx: Transaction, staff_id: UUID, reason: str, hours: int, proposed_by: UUID) -> UUID:
    """A proposal gives nothing."""
    sql = "insert into full_access (grant_id, staff_id, reason, hours, proposed_by) values ($1, $2, $3, $4, $5)"
    grant_id = new_id()
    await tx.execute(sql, grant_id, staff_id, reason, hours, proposed_by)
    return grant_id


async def lock_full(tx: Transaction, grant_id: UUID) -> FullAccessGrant:
    """One, for whoever is about to decide: two who do so at once come one after the other."""
    await tx.execute("select from full_access where grant_id = $1 for update", grant_id)
    return await full(tx, grant_id)


async def confirm(tx: Transaction, grant_id: UUID, confirmed_by: UUID) -> None:
    """Begins now, ends by itself."""
    sql = """
    update full_access set confirmed_by = $2, valid_from = now(), valid_to = now() + make_interval(hours => hours)
    where grant_id = $1"""
    await tx.execute(sql, grant_id, confirmed_by)


async def end_full(tx: Transaction, grant_id: UUID, ended_by: UUID) -> None:
    """Gives nothing any more."""
    await tx.execute("update full_access set ended_at = now(), ended_by = $2 where grant_id = $1", grant_id, ended_by)


async def full(tx: Transaction, grant_id: UUID) -> FullAccessGrant:
    """One."""
    return _full(present(await tx.fetchrow(f"{FULL} where g.grant_id = $1", grant_id), "grant"))


async def fulls(tx: Transaction, asked: ListFullAccess) -> list[FullAccessGrant]:
    """All there have been, newest first."""
    sql = f"{FULL} where $1::uuid is null or g.grant_id < $1 order by g.grant_id desc limit $2"
    return [_full(row) for row in await tx.fetch(sql, UUID(asked.cursor) if asked.cursor else None, asked.limit)]


def _full(row: Row) -> FullAccessGrant:
    return FullAccessGrant.model_validate(dict(row))
