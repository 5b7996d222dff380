"""The one filter of cases (M15, R8). Whoever lists, counts, searches or reads goes through it; there is no other way.

A case is seen by leaders of its school, its responsible caseworker, and those who were put on it. `$1` staff, `$2` the
schools the actor leads, `$3` whether the actor lists every case (never given to a query that returns content).
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cases.domain.standing import Standing
from sikkersak.contracts.cases import Right
from sikkersak.errors import Forbidden
from sikkersak.persistence.database import Row, Transaction, present

VISIBLE: Final = """(
  $3::boolean
  or c.school_id = any($2::uuid[])
  or c.responsible_id = $1
  or exists (select from case_members m where m.case_id = c.case_id and m.staff_id = $1)
)"""
WRITERS: Final = f"""
select c.*, (
  c.responsible_id = $1 or c.school_id = any($2::uuid[])
  or exists (select from case_members m where m.case_id = c.case_id and m.staff_id = $1 and m."right" = 'write')
) as may_write
from cases c where c.case_id = $4 and {VISIBLE}
"""


async def readable_case(tx: Transaction, standing: Standing, case_id: UUID) -> Row:
    """The case if this person may read it; otherwise as if it did not exist."""
    row = await tx.fetchrow(WRITERS, standing.staff_id, standing.led_schools, False, case_id)
    return present(row, "case")


async def writable_case(tx: Transaction, standing: Standing, case_id: UUID) -> Row:
    """The case if this person may write in it and it is open."""
    row = await readable_case(tx, standing, case_id)
    if not row["may_write"]:
        raise Forbidden("Du har bare lesetilgang til saken.")
    if row["status"] != "open":
        raise Forbidden("Saken er avsluttet.")
    return row


async def put_member(tx: Transaction, case_id: UUID, staff_id: UUID, right: Right | None, given_by: UUID) -> None:
    """Gives, changes or takes away one person's access to one case (M15)."""
    if right is None:
        await tx.execute("delete from case_members where case_id = $1 and staff_id = $2", case_id, staff_id)
        return
    sql = """
    insert into case_members (case_id, staff_id, "right", given_by) values ($1, $2, $3, $4)
    on conflict (case_id, staff_id) do update set "right" = excluded."right", given_by = excluded.given_by, given_at = now()
    """
    await tx.execute(sql, case_id, staff_id, right.value, given_by)


async def members(tx: Transaction, case_id: UUID) -> list[Row]:
    """Who was put on the case."""
    sql = 'select m.staff_id, s.name, m."right" from case_members m join staff s using (staff_id) where case_id = $1 order by name'
    return await tx.fetch(sql, case_id)
