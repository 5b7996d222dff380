"""Search, newest first, stopping when the page is full: the access filter stands inside every query (R8).

A search reads the newest entries as they come, and then one stretch of time after the other by the index of words, in
which schools and shelves of time are words too: what it costs follows from the page, not from how many cases there are.
`$1` staff, `$2` the schools the actor leads, `$3` whether the actor lists every case, `$4` query, `$5` school, `$6`
status, `$7` before, `$8` how many, `$9` whether the actor reads everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from cases.domain.shelves import Stretch, made_at, stretch
from cases.domain.standing import Standing
from cases.store.access import VISIBLE
from sikkersak.clock import now
from sikkersak.contracts.cases_search import PutView, SavedView, Search, SearchHit
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault.reference import VaultRef

# So many of the newest entries are read one by one before the index of words is asked.
NEWEST: Final = 200
# Whoever is on so few cases is looked up case by case; beyond `MOST_OWN` not even their schools are counted up.
FEW_OWN: Final = 40
MOST_OWN: Final = 1000
# Somebody who comes to more schools reads what is of every school, and leaves out what is not theirs.
MOST_SCHOOLS: Final = 8
# Who lists every case finds them by title, number and pupil; what a document says is found by those only who may read it.
FOUND: Final = VISIBLE.replace("$3::boolean", "($9::boolean or ($3::boolean and e.document_id is null))")
QUERY: Final = "(websearch_to_tsquery('norwegian', $4) || websearch_to_tsquery('simple', $4))"
FILTERS: Final = f"""{FOUND}
  and ($5::uuid is null or c.school_id = $5) and ($6::text is null or c.status = $6)
  and ($7::uuid is null or e.entry_id < $7)"""
OWN: Final = f"""(
  (select case_id, school_id from cases where responsible_id = $1 limit {MOST_OWN + 1})
  union (select case_id, (select school_id from cases c where c.case_id = m.case_id) from case_members m
         where m.staff_id = $1 limit {MOST_OWN + 1})
  union (select case_id, (select school_id from cases c where c.case_id = m.case_id) from emergency_access m
         where m.staff_id = $1 limit {MOST_OWN + 1})
)"""
# Looking for words reads no table from end to end, whatever the planner believes of a word that is common elsewhere, and
# is too short to be compiled; each word has a plan of its own. What follows in the transaction is planned as ever.
BY_INDEX: Final = "set local enable_seqscan = off; set local jit = off; set local plan_cache_mode = force_custom_plan"
AS_BEFORE: Final = "set local enable_seqscan = on; set local plan_cache_mode = auto"
PLACES: Final = f"""
select count(*) as cases, coalesce(array_agg(distinct school_id), '{{}}') as schools
from (select school_id from {OWN} own limit $2) counted
"""
BY_CASE: Final = f"""
with entries as materialized (
  select e.entry_id from {OWN} own join search_entries e using (case_id)
  where $7::uuid is null or e.entry_id < $7 order by e.entry_id desc
)
select e.entry_id from entries cross join lateral (
  select * from search_entries s where s.entry_id = entries.entry_id and s.words @@ {QUERY} offset 0
) e join cases c using (case_id) where {FILTERS} order by entries.entry_id desc limit $8
"""
# With the one where it stopped, whether that is a hit or not.
AS_THEY_COME: Final = f"""
with newest as materialized (
  select * from search_entries e where $7::uuid is null or e.entry_id < $7 order by e.entry_id desc limit {NEWEST}
)
(select e.entry_id, true as is_hit from newest e join cases c using (case_id)
  where e.words @@ {QUERY} and {FILTERS} order by e.entry_id desc limit $8)
union all
(select e.entry_id, false from newest e where $1::uuid is not null order by e.entry_id offset 0 limit 1)
"""
BY_WORDS: Final = f"""
with matching as materialized (
  select entry_id, case_id, document_id from search_entries e
  where e.words @@ coalesce({QUERY} && $10::text::tsquery, {QUERY}) {{only}}
)
select e.entry_id from matching e join cases c using (case_id) where {FILTERS} order by e.entry_id desc limit $8
"""
PAGE: Final = """
select e.entry_id, e.case_id, e.document_id, c.year, c.running, c.status, c.school_id, coalesce(d.title, c.title) as title,
  case when e.document_id is not null then ts_headline('norwegian', left(coalesce(nullif(d.body, ''), t.text, d.title), 50000),
    websearch_to_tsquery('norwegian', $2), 'StartSel=«, StopSel=», MaxWords=25, MinWords=8') end as excerpt
from search_entries e join cases c using (case_id) left join documents d using (document_id)
  left join document_texts t using (document_id)
where e.entry_id = any($1::uuid[]) order by e.entry_id desc
"""


async def search(tx: Transaction, standing: Standing, asked: Search) -> tuple[list[SearchHit], UUID | None]:
    """Hits, newest first, and where the next page starts."""
    found: set[UUID] = set()
    await tx.execute(BY_INDEX)
    for way in await _ways(tx, standing):
        found |= await way.newest(tx, standing, asked)
    await tx.execute(AS_BEFORE)
    entries = sorted(found, reverse=True)[: asked.limit]
    rows = await tx.fetch(PAGE, entries, asked.query) if entries else []
    return [_hit(row) for row in rows], entries[-1] if len(entries) == asked.limit else None


async def _ways(tx: Transaction, standing: Standing) -> list[Way]:
    """The ways by which this person comes to entries; the filter of each says once more what may be seen."""
    (own,) = await tx.fetch(PLACES, standing.staff_id, MOST_OWN + 1)
    led, cases = set(standing.led_schools), own["cases"]
    if standing.reads_everything or cases > MOST_OWN:
        return [Walk()]
    ways: list[Way] = []
    if cases > FEW_OWN:
        led |= set(own["schools"])
    elif cases:
        ways.append(OwnCases())
    if led:
        ways.append(Walk(tuple(sorted(led)) if len(led) <= MOST_SCHOOLS else ()))
    if standing.lists_every_case:
        ways.append(Walk(is_cases_only=True))
    return ways


class Way(Protocol):
    """A way by which somebody comes to entries."""

    async def newest(self, tx: Transaction, standing: Standing, asked: Search) -> set[UUID]:
        """As many of the newest hits as are asked for, or all that there are."""


class OwnCases:
    """The cases that somebody is on, while they are few."""

    async def newest(self, tx: Transaction, standing: Standing, asked: Search) -> set[UUID]:
        """The newest hits in them."""
        return {row["entry_id"] for row in await tx.fetch(BY_CASE, *_asks(standing, asked))}


@dataclass(frozen=True)
class Walk:
    """Everything, or what belongs to some schools, or one kind of entry only."""

    schools: tuple[UUID, ...] = ()
    is_cases_only: bool = False

    async def newest(self, tx: Transaction, standing: Standing, asked: Search) -> set[UUID]:
        """The newest hits, read until there are as many as wanted or nothing is left."""
        rows = await tx.fetch(AS_THEY_COME, *_asks(standing, asked))
        found = {row["entry_id"] for row in rows if row["is_hit"]}
        if not rows:
            return found
        upto: UUID = next(row["entry_id"] for row in rows if not row["is_hit"])
        start = made_at(UUID(asked.cursor)) if asked.cursor else int(now().timestamp() * 1000)
        oldest: UUID = await tx.fetchval("select entry_id from search_entries order by entry_id limit 1")
        by_words = BY_WORDS.format(only="and e.document_id is null" if self.is_cases_only else "")
        while len(found) < asked.limit and upto > oldest:
            next_one = stretch(max(start, made_at(upto)), upto, len(found), asked.limit)
            is_last = next_one.since <= made_at(oldest)
            asks = _asks(standing, asked, before=upto, limit=asked.limit - len(found))
            narrowed = self._narrowed(None if is_last else next_one, asked.school_id)
            found |= {row["entry_id"] for row in await tx.fetch(by_words, *asks, narrowed)}
            upto = oldest if is_last else next_one.first
        return found

    def _narrowed(self, within: Stretch | None, only_at: UUID | None) -> str | None:
        """What the index is asked for beside the words: the shelves of each school, or those of all."""
        places = [f"school:{school_id}" for school_id in ((only_at,) if only_at else self.schools)]
        if within is not None:
            places = [f"{place}:{shelf}" for place in places or ["shelf"] for shelf in within.shelves]
        return " | ".join(f"'{place}'" for place in places) or None


def _asks(
    standing: Standing, asked: Search, *, before: UUID | None = None, limit: int | None = None
) -> tuple[Any, ...]:
    status = asked.status.value if asked.status else None
    upto = before or (UUID(asked.cursor) if asked.cursor else None)
    who = (standing.staff_id, standing.led_schools, standing.lists_every_case)
    return (*who, asked.query, asked.school_id, status, upto, limit or asked.limit, standing.reads_everything)


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
