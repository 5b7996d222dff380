"""The audit log as people look at it: who has seen a case, rows by filter, extracts (M18)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from cases.domain.validity import validity
from sikkersak.contracts.cases_audit import AuditExport, AuditFilter, AuditRecord, CaseReader
from sikkersak.contracts.values import File
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present

# What counts as having seen: acts are named by what was done, and these are the ways of looking.
SEEN: Final = "(act like '%-read' or act like '%-previewed' or act like '%-searched' or act like '%-downloaded')"
LAST: Final = 9223372036854775807
MATCHING: Final = """
where a.sequence < $1
  and ($2::uuid is null or a.actor_id = $2)
  and ($3::text is null or a.act = $3)
  and ($4::uuid is null or a.case_id = $4)
  and ($5::uuid is null or a.document_id = $5)
  and ($6::text is null or (a.details ? 'staff_id' and a.details->>'staff_id' = $6))
  and ($7::text is null or (a.details ? 'grant' and a.details->>'grant' = $7))
  and ($8::timestamptz is null or a.at >= $8)
  and ($9::timestamptz is null or a.at < $9)
"""


async def readers(tx: Transaction, case_id: UUID) -> tuple[CaseReader, ...]:
    """Everybody who has seen the case, by what access, the latest first."""
    sql = f"""
    with seen as (
      select actor_id, document_id, coalesce((details->>'occurred_at')::timestamptz, at) as at, case
          when not details ? 'grant' then 'ordinary'
          when exists (select from full_access f where f.grant_id::text = details->>'grant') then 'full_access'
          else 'emergency' end as by
      from audit where case_id = $1 and {SEEN}
    )
    select seen.actor_id as staff_id, coalesce(s.name, '') as name, by, count(*) as times,
      count(distinct document_id) as documents, min(at) as first_at, max(at) as last_at
    from seen left join staff s on s.staff_id = seen.actor_id
    group by seen.actor_id, s.name, by order by max(at) desc"""
    return tuple(CaseReader.model_validate(dict(row)) for row in await tx.fetch(sql, case_id))


async def page(tx: Transaction, wanted: AuditFilter, before: int | None, limit: int) -> list[AuditRecord]:
    """Rows that match, newest first."""
    sql = f"""
    select a.sequence, a.at, a.actor_id, s.name as actor_name, a.act, a.case_id, a.document_id, a.details,
      encode(a.hash, 'hex') as hash
    from audit a left join staff s on s.staff_id = a.actor_id {MATCHING}
    order by a.sequence desc limit $10"""
    rows = await tx.fetch(sql, LAST if before is None else before, *_values(wanted), limit)
    return [AuditRecord.model_validate(dict(row)) for row in rows]


async def lines(tx: Transaction, wanted: AuditFilter, most: int) -> list[dict[str, Any]]:
    """Rows that match, in order, as they are written to a file; one more than `most` where there are too many."""
    sql = f"""
    select a.sequence, extract(epoch from a.at)::text as at, a.actor_id::text, a.act, a.case_id::text,
      a.document_id::text, a.details::text as details, encode(a.previous, 'hex') as previous,
      encode(a.hash, 'hex') as hash
    from audit a {MATCHING} order by a.sequence limit $10"""
    return [dict(row) for row in await tx.fetch(sql, LAST, *_values(wanted), most + 1)]


def _values(wanted: AuditFilter) -> tuple[Any, ...]:
    staff_id = str(wanted.staff_id) if wanted.staff_id else None
    grant_id = str(wanted.grant_id) if wanted.grant_id else None
    days = validity(wanted.from_date, wanted.to_date)
    return (wanted.actor_id, wanted.act, wanted.case_id, wanted.document_id, staff_id, grant_id, *days)


# --- extracts


async def keep_extract(
    tx: Transaction, made_by: UUID, wanted: AuditFilter, numbers: tuple[int, int, int], file: File, manifest: str
) -> UUID:
    """The file and its manifest; `numbers` are how many rows, the first and the last."""
    extract_id = new_id()
    sql = """
    insert into audit_extracts (extract_id, made_by, wanted, rows, first, last, file, manifest)
    values ($1, $2, $3, $4, $5, $6, $7, $8)"""
    values = (wanted.model_dump(mode="json"), *numbers, file.model_dump(mode="json"), manifest)
    await tx.execute(sql, extract_id, made_by, *values)
    return extract_id


MONTH: Final = """
select to_char(month, 'YYYY-MM') as export, made_at, null::uuid as made_by, last - first + 1 as rows, first, last,
  null::jsonb as wanted, file, manifest from audit_exports
"""
EXTRACT: Final = """
select extract_id::text as export, made_at, made_by, rows, first, last, wanted, file, manifest from audit_extracts
"""


async def exports(tx: Transaction, limit: int) -> tuple[AuditExport, ...]:
    """Months and extracts, newest first."""
    sql = f"select * from ({MONTH} union all {EXTRACT}) every_one order by made_at desc limit $1"
    return tuple(export(row) for row in await tx.fetch(sql, limit))


async def stored(tx: Transaction, name: str) -> Row:
    """One, with its manifest."""
    row = await tx.fetchrow(f"select * from ({MONTH} union all {EXTRACT}) every_one where export = $1", name)
    return present(row, "export")


def export(row: Row) -> AuditExport:
    """A row as others see it, without the file."""
    values = {name: row[name] for name in ("export", "made_at", "made_by", "rows", "first", "last", "wanted")}
    return AuditExport.model_validate(values)
