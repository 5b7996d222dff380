"""The audit log (M18, R9): one row per act, in the transaction of the act. The database chains and guards it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sikkersak.persistence.database import Row, Transaction

BROKEN = """
select sequence from (
  select *, lag(hash, 1, sha256('audit')) over (order by sequence) as before,
         row_number() over (order by sequence) as position from audit
) rows
where previous <> before or sequence <> position
   or hash <> audit_hash(sequence, at, actor_id, act, case_id, document_id, details, previous)
order by sequence limit 1
"""


async def note(
    tx: Transaction,
    actor_id: UUID | None,
    act: str,
    *,
    case_id: UUID | None = None,
    document_id: UUID | None = None,
    **details: Any,
) -> None:
    """Adds a row. `act` is a stable code such as `case-read`; details are ids and codes, never names or content."""
    sql = "insert into audit (actor_id, act, case_id, document_id, details) values ($1, $2, $3, $4, $5)"
    await tx.execute(sql, actor_id, act, case_id, document_id, details)


async def has_login(tx: Transaction, act: str, session: str) -> bool:
    """Whether this session's log-in stands in the log already: identity is read again while a session lives."""
    sql = "select exists (select from audit where act = $1 and details->>'session' = $2)"
    return bool(await tx.fetchval(sql, act, session))


async def of_case(tx: Transaction, case_id: UUID, before: int | None, limit: int) -> list[Row]:
    """The rows of one case, newest first."""
    sql = "select * from audit where case_id = $1 and sequence < coalesce($2, 9223372036854775807) order by sequence desc limit $3"
    return await tx.fetch(sql, case_id, before, limit)


async def first_broken(tx: Transaction) -> int | None:
    """The first row that was changed, or after which one is missing; none when the chain holds."""
    sequence: int | None = await tx.fetchval(BROKEN)
    return sequence
