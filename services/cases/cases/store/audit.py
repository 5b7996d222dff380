"""The audit log (M18, R9): one row per act, in the transaction of the act. The database chains and guards it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from cases.domain.chain import Link
from cases.seals import Sealer
from sikkersak.clock import now
from sikkersak.contracts.values import File
from sikkersak.persistence.database import Row, Transaction

# A session lives twelve hours at most: its log-in need not be looked for further back.
LONGEST_SESSION: Final = timedelta(days=1)


async def note(
    tx: Transaction,
    actor_id: UUID | None,
    act: str,
    *,
    case_id: UUID | None = None,
    document_id: UUID | None = None,
    **details: Any,
) -> None:
    """Adds a row. `act` is a stable code such as `case-read`; details are ids and codes, never names or content.

    The chain has one end: whoever adds a row holds it until the commit, so notes come last in what an operation does.
    """
    await tx.execute("select note_audit($1, $2, $3, $4, $5)", actor_id, act, case_id, document_id, details)


async def mark(tx: Transaction, grant_id: UUID) -> None:
    """Every row that is added in this transaction from now on says by which extraordinary access it was (M17)."""
    await tx.execute("select set_config('sikkersak.audit_grant', $1, true)", str(grant_id))


async def has_login(tx: Transaction, act: str, session: str) -> bool:
    """Whether this session's log-in stands in the log already: identity is read again while a session lives."""
    sql = "select exists (select from audit where act = $1 and details->>'session' = $2 and at > now() - $3::interval)"
    return bool(await tx.fetchval(sql, act, session, LONGEST_SESSION))


async def of_case(tx: Transaction, case_id: UUID, before: int | None, limit: int) -> list[Row]:
    """The rows of one case, newest first."""
    sql = "select * from audit where case_id = $1 and sequence < coalesce($2, 9223372036854775807) order by sequence desc limit $3"
    return await tx.fetch(sql, case_id, before, limit)


# --- the chain as a whole


async def end(tx: Transaction) -> tuple[int, bytes]:
    """The last number and hash, as they are kept apart from the rows."""
    row = await tx.fetchrow("select sequence, hash from audit_end")
    return (row["sequence"], row["hash"]) if row else (0, b"")


async def links(tx: Transaction, at_a_time: int) -> AsyncIterator[Link]:
    """Every row, from the first; what it says is put together here, not by a function of the database."""
    sql = """
    select sequence, previous, hash,
      extract(epoch from at) || '|' || coalesce(actor_id::text, '-') || '|' || act || '|' || coalesce(case_id::text, '-')
        || '|' || coalesce(document_id::text, '-') || '|' || details::text as said
    from audit order by sequence
    """
    async for row in tx.cursor(sql, prefetch=at_a_time):
        yield Link(row["sequence"], row["said"], row["previous"], row["hash"])


async def add_seal(tx: Transaction, sealer: Sealer) -> bool:
    """Seals the end of the chain; false when nothing was added since the last seal."""
    sequence, last = await end(tx)
    if sequence == 0 or await tx.fetchval("select exists (select from audit_seals where sequence = $1)", sequence):
        return False
    seal = sealer.seal({"sequence": sequence, "hash": last.hex(), "at": now().isoformat()})
    sql = "insert into audit_seals (sequence, hash, seal) values ($1, $2, $3) on conflict do nothing"
    await tx.execute(sql, sequence, last, seal)
    return True


async def seals(tx: Transaction) -> list[tuple[int, str]]:
    """Every seal with the number of its row."""
    rows = await tx.fetch("select sequence, seal from audit_seals order by sequence")
    return [(row["sequence"], row["seal"]) for row in rows]


async def manifests(tx: Transaction) -> list[tuple[int, str]]:
    """The signed manifest of every exported month and extract, with the number of its last row."""
    sql = "select last, manifest from audit_exports union all select last, manifest from audit_extracts where rows > 0"
    rows = await tx.fetch(f"{sql} order by last")
    return [(row["last"], row["manifest"]) for row in rows]


async def prepare_months(tx: Transaction, ahead: int) -> int:
    """Makes the partitions of the months to come; how many were missing."""
    made: int = await tx.fetchval("select prepare_audit_months($1)", ahead)
    return made


# --- months as files


async def months_to_export(tx: Transaction) -> list[date]:
    """The first days of the months that are over (by UTC, as the partitions are), have rows, and have no file."""
    sql = """
    select distinct date_trunc('month', at at time zone 'UTC')::date as month from audit
    where at < date_trunc('month', now() at time zone 'UTC') at time zone 'UTC'
      and not exists (select from audit_exports e where e.month = date_trunc('month', audit.at at time zone 'UTC')::date)
    order by month
    """
    return [row["month"] for row in await tx.fetch(sql)]


async def rows_of_month(tx: Transaction, month: date, at_a_time: int) -> AsyncIterator[dict[str, Any]]:
    """The rows of one month, in order, as they are written to its file."""
    sql = """
    select sequence, extract(epoch from at)::text as at, actor_id::text, act, case_id::text, document_id::text,
      details::text as details, encode(previous, 'hex') as previous, encode(hash, 'hex') as hash
    from audit
    where at >= $1::timestamp at time zone 'UTC' and at < ($1::timestamp + interval '1 month') at time zone 'UTC'
    order by sequence
    """
    async for row in tx.cursor(sql, datetime.combine(month, time()), prefetch=at_a_time):
        yield dict(row)


async def keep_export(tx: Transaction, month: date, numbers: tuple[int, int], file: File, manifest: str) -> None:
    """The file and its signed manifest; a month has one."""
    sql = "insert into audit_exports (month, first, last, file, manifest) values ($1, $2, $3, $4, $5)"
    await tx.execute(sql, month, *numbers, file.model_dump(mode="json"), manifest)


async def exports(tx: Transaction) -> list[Row]:
    """The months that have a file, newest first."""
    return await tx.fetch("select * from audit_exports order by month desc")
