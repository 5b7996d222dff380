"""Search: the access filter stands inside the query, and the index serves both of its branches (R8)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from cases.domain.standing import Standing
from cases.store.access import VISIBLE
from sikkersak.contracts.cases_search import PutView, SavedView, Search, SearchHit
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault.reference import VaultRef

# Who lists every case finds them by title, number and pupil; what a document says is found by those only who may read it.
FOUND: Final = VISIBLE.replace("$3::boolean", "($9::boolean or ($3::boolean and e.document_id is null))")
ASKED: Final = "(websearch_to_tsquery('norwegian', $4) || websearch_to_tsquery('simple', $4))"
# The schools that somebody leads are words in the index; the cases that they are on are few, and looked up by case.
BRANCHES: Final = f"""
with asked as (select {ASKED} as query,
  (select string_agg('''school:' || school || '''', ' | ')::tsquery from unnest($2::uuid[]) school) as schools),
found as (
  select e.* from search_entries e, asked where cardinality($2::uuid[]) > 0 and e.words @@ (asked.query && asked.schools)
  union
  select e.* from asked, (
    select case_id from cases where responsible_id = $1 union select case_id from case_members where staff_id = $1
    union select case_id from emergency_access where staff_id = $1
  ) own cross join lateral (select * from search_entries e where e.case_id = own.case_id offset 0) e
  where e.words @@ asked.query
  union
  select e.* from search_entries e, asked where $9::boolean and e.words @@ asked.query
  union
  select e.* from search_entries e, asked where $3::boolean and e.document_id is null and e.words @@ asked.query
), page as (
  select e.entry_id, e.document_id, c.* from found e join cases c using (case_id)
  where {FOUND}
    and ($5::uuid is null or c.school_id = $5) and ($6::text is null or c.status = $6)
    and ($7::uuid is null or e.entry_id < $7)
  order by e.entry_id desc limit $8
)
select page.entry_id, page.case_id, page.document_id, page.year, page.running, page.status, page.school_id,
  coalesce(d.title, page.title) as title,
  case when page.document_id is not null then ts_headline('norwegian', left(coalesce(nullif(d.body, ''), t.text, d.title), 50000),
    websearch_to_tsquery('norwegian', $4), 'StartSel=«, StopSel=», MaxWords=25, MinWords=8') end as excerpt
from page left join documents d on d.document_id = page.document_id
  left join document_texts t on t.document_id = page.document_id
order by page.entry_id desc
"""


async def search(tx: Transaction, standing: Standing, asked: Search) -> tuple[list[SearchHit], UUID | None]:
    """Hits, newest first, and where the next page starts."""
    who = (standing.staff_id, standing.led_schools, standing.lists_every_case)
    after = UUID(asked.cursor) if asked.cursor else None
    status = asked.status.value if asked.status else None
    asks = (asked.query, asked.school_id, status, after, asked.limit)
    rows = await tx.fetch(BRANCHES, *who, *asks, standing.reads_everything)
    return [_hit(row) for row in rows], rows[-1]["entry_id"] if len(rows) == asked.limit else None


def _hit(row: Row) -> SearchHit:
    return SearchHit.model_validate(dict(row) | {"number": f"{row['year']}/{row['running']}"})


# --- texts


async def unread(tx: Transaction, limit: int) -> list[tuple[UUID, VaultRef]]:
    """Renditions that nobody has read yet."""
    sql = """
    select d.document_id, d.rendition from documents d where d.rendition is not null
      and not exists (select from document_texts t where t.document_id = d.document_id) order by d.document_id limit $1"""
    return [(row["document_id"], VaultRef.model_validate(row["rendition"])) for row in await tx.fetch(sql, limit)]


async def keep_text(tx: Transaction, document_id: UUID, text: str) -> None:
    """What a rendition says; read once."""
    sql = "insert into document_texts (document_id, text) values ($1, $2) on conflict do nothing"
    await tx.execute(sql, document_id, text)


# --- saved views


async def views(tx: Transaction, staff_id: UUID) -> tuple[SavedView, ...]:
    """One's own, by name."""
    sql = "select view_id, name, filters from saved_views where staff_id = $1 order by name"
    return tuple(SavedView.model_validate(dict(row)) for row in await tx.fetch(sql, staff_id))


async def put_view(tx: Transaction, staff_id: UUID, wanted: PutView) -> None:
    """Saves or changes a view by its name."""
    sql = """
    insert into saved_views (view_id, staff_id, name, filters) values ($1, $2, $3, $4)
    on conflict (staff_id, name) do update set filters = excluded.filters
    """
    filters: dict[str, Any] = wanted.filters.model_dump(mode="json")
    await tx.execute(sql, new_id(), staff_id, wanted.name, filters)


async def drop_view(tx: Transaction, staff_id: UUID, view_id: UUID) -> bool:
    """False when one has no such view."""
    sql = "delete from saved_views where view_id = $1 and staff_id = $2 returning true"
    return bool(await tx.fetchval(sql, view_id, staff_id))
