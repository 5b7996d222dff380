"""The one filter of cases (M15, R8). Whoever lists, counts, searches or reads goes through it; there is no other way.

A case is seen by leaders of its school, its responsible caseworker, and those who were put on it, while that lasts. `$1`
staff, `$2` the schools the actor leads, `$3` whether the actor lists every case (for content: reads everything, M17).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from cases.domain.standing import Standing
from sikkersak.contracts.cases import Right
from sikkersak.errors import Declined, Forbidden
from sikkersak.identity.policy import Need, Place, Subject
from sikkersak.persistence.database import Row, Transaction, present

IN_FORCE: Final = "m.valid_from <= now() and (m.valid_to is null or m.valid_to > now())"
VISIBLE: Final = f"""(
  $3::boolean
  or c.school_id = any($2::uuid[])
  or c.responsible_id = $1
  or exists (select from case_members m where m.case_id = c.case_id and m.staff_id = $1 and {IN_FORCE})
  or exists (select from emergency_access m where m.case_id = c.case_id and m.staff_id = $1 and {IN_FORCE})
)"""
WRITERS: Final = f"""
select c.*, (
  c.responsible_id = $1 or c.school_id = any($5::uuid[])
  or exists (select from case_members m where m.case_id = c.case_id and m.staff_id = $1 and m."right" = 'write' and {IN_FORCE})
) as may_write
from cases c where c.case_id = $4 and {VISIBLE}
"""
PLACE: Final = f"""
select c.school_id, c.status, c.responsible_id = $1 as is_responsible,
  (select m."right" from case_members m where m.case_id = c.case_id and m.staff_id = $1 and {IN_FORCE}) as "right",
  (select m.grant_id from emergency_access m where m.case_id = c.case_id and m.staff_id = $1 and {IN_FORCE}
   order by m.valid_to desc limit 1) as emergency
from cases c
"""
# How the case of a thing in it is found.
CASE_OF: Final = {
    Subject.CASE: "where c.case_id = $2",
    Subject.DOCUMENT: "where c.case_id = (select case_id from documents where document_id = $2)",
}


class CaseClosed(Declined):
    """Nothing is written in a closed case."""

    def __init__(self) -> None:
        super().__init__("case-closed", "Saken er avsluttet.")


@dataclass(frozen=True)
class Situation:
    """One person before one case: the place as the policy sees it, and the emergency access that was taken, if any."""

    place: Place
    emergency: UUID | None


async def situation(tx: Transaction, staff_id: UUID, subject: Subject, subject_id: UUID) -> Situation:
    """Where the subject is, for this person; `NotFound` when there is no such thing."""
    row = await tx.fetchrow(f"{PLACE} {CASE_OF[subject]}", staff_id, subject_id)
    row = present(row, subject.value)
    given = Need.NONE
    if row["is_responsible"]:
        given = Need.MANAGE
    elif row["right"] is not None:
        given = Need.WRITE if row["right"] == Right.WRITE.value else Need.READ
    return Situation(Place(row["school_id"], given, is_open=row["status"] == "open"), row["emergency"])


async def readable_case(tx: Transaction, standing: Standing, case_id: UUID) -> Row:
    """The case if this person may read it; otherwise as if it did not exist."""
    who = (standing.staff_id, standing.led_schools, standing.reads_everything)
    row = await tx.fetchrow(WRITERS, *who, case_id, standing.written_schools)
    return present(row, "case")


async def writable_case(tx: Transaction, standing: Standing, case_id: UUID) -> Row:
    """The case if this person may write in it and it is open."""
    row = await readable_case(tx, standing, case_id)
    if not row["may_write"]:
        raise Forbidden("Du har bare lesetilgang til saken.")
    if row["status"] != "open":
        raise CaseClosed
    return row


async def put_member(
    tx: Transaction,
    case_id: UUID,
    staff_id: UUID,
    right: Right | None,
    given_by: UUID,
    valid: tuple[datetime | None, datetime | None] = (None, None),
) -> None:
    """Gives, changes or takes away one person's access to one case (M15), from now or later, for ever or not."""
    if right is None:
        await tx.execute("delete from case_members where case_id = $1 and staff_id = $2", case_id, staff_id)
        ending = """
        update emergency_access set valid_to = greatest(now(), valid_from + interval '1 microsecond')
        where case_id = $1 and staff_id = $2 and valid_to > now()"""
        await tx.execute(ending, case_id, staff_id)
        return
    sql = """
    insert into case_members (case_id, staff_id, "right", given_by, valid_from, valid_to)
    values ($1, $2, $3, $4, coalesce($5, now()), $6)
    on conflict (case_id, staff_id) do update set "right" = excluded."right", given_by = excluded.given_by,
      given_at = now(), valid_from = excluded.valid_from, valid_to = excluded.valid_to
    """
    await tx.execute(sql, case_id, staff_id, right.value, given_by, *valid)


async def members(tx: Transaction, case_id: UUID) -> list[Row]:
    """Who was put on the case, also those whose time has not come or is over."""
    sql = """
    select m.staff_id, s.name, m."right", m.valid_from, m.valid_to
    from case_members m join staff s using (staff_id) where case_id = $1 order by name
    """
    return await tx.fetch(sql, case_id)
