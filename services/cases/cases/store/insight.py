"""Requests for access and what was collected for them (M19). Documents are found through the one filter of cases."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from cases.domain.standing import Standing
from cases.store.access import VISIBLE
from cases.store.documents import JOURNAL, SHOWN
from cases.store.journal import ENTRY
from sikkersak.contracts.cases_access_requests import (
    CollectDocuments,
    EntryKind,
    ListAccessRequests,
    RequestEntry,
)
from sikkersak.contracts.values import File
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present

COUNTS: Final = """
select r.*, (select count(*) from access_request_items i where i.request_id = r.request_id) as items,
  (select count(*) from access_request_items i where i.request_id = r.request_id and i.decision is null) as undecided
from access_requests r
"""
# For content, "every case" of `$3` is "access to everything" only: whoever lists cases does not read them.
COLLECTED: Final = f"""
select i.*, c.year || '/' || c.running as case_number, c.case_id, {VISIBLE} as is_visible,
  d.title, d.files, d.rendition, d.signed, d.withdrawn_at, d.parties, d.record_type,
  c.pupil_id, p.name as pupil, p.dossier, array(select name from case_parties x where x.case_id = c.case_id) as names,
  c.year || '/' || c.running || '-' || {ENTRY} as entry, d.finished_at,
  coalesce(s.access, d.access) as access, coalesce(s.public_title, d.public_title) as public_title
from access_request_items i join documents d using (document_id) join cases c using (case_id)
  left join pupils p using (pupil_id) left join lateral (
  select access, public_title from assessments s where s.document_id = d.document_id order by assessed_at desc limit 1
) s on true
where i.request_id = $4 order by i.item
"""
FOUND: Final = f"""
with wanted as (
  select document_id from documents where case_id = any($5::uuid[])
  union select unnest($6::uuid[])
  union select d.document_id
  from unnest($7::text[]) e
    join cases c on c.year = split_part(e, '/', 1)::int and c.running = split_part(split_part(e, '/', 2), '-', 1)::int
    join documents d using (case_id)
  where {ENTRY} = split_part(e, '-', 2)::bigint
)
select d.document_id, d.case_id, jsonb_array_length(d.files) as files
from wanted join documents d using (document_id) join cases c using (case_id)
where d.state = 'finished' and d.withdrawn_at is null and {VISIBLE} and c.school_id = $4
  and not exists (select from access_request_entries e where e.document_id = d.document_id and e.request_id = $9)
order by d.finished_at, d.document_id limit $8
"""

ENTRIES: Final = f"""
select x.kind, d.document_id, d.case_id, c.year || '/' || c.running as case_number,
  c.year || '/' || c.running || '-' || {ENTRY} as entry, a.state as archive, a.code as archive_code, {JOURNAL} as journal
from access_request_entries x join documents d using (document_id) join cases c using (case_id)
  left join lateral ({SHOWN}) a on true
where x.request_id = $1 order by x.document_id
"""


async def register(tx: Transaction, fields: dict[str, Any]) -> UUID:
    """A new request with the next number of the year."""
    number = """
    insert into access_request_numbers (year, last) values ($1, 1)
    on conflict (year) do update set last = access_request_numbers.last + 1 returning last"""
    running = await tx.fetchval(number, fields["year"])
    request_id, values = new_id(), {**fields, "running": running, "state": "received"}
    places = ", ".join(f"${place}" for place in range(2, len(values) + 2))
    sql = f"insert into access_requests (request_id, {', '.join(values)}) values ($1, {places})"
    await tx.execute(sql, request_id, *values.values())
    return request_id


async def request(tx: Transaction, school_id: UUID, request_id: UUID, *, for_update: bool = False) -> Row:
    """One request of this school; the gate has looked at the school."""
    sql = f"select * from access_requests where request_id = $1 and school_id = $2 {'for update' if for_update else ''}"
    return present(await tx.fetchrow(sql, request_id, school_id), "request")


async def counted(tx: Transaction, request_id: UUID) -> Row:
    """One request with how much was collected."""
    return present(await tx.fetchrow(f"{COUNTS} where r.request_id = $1", request_id), "request")


async def page(tx: Transaction, asked: ListAccessRequests) -> list[Row]:
    """A school's, newest first."""
    sql = f"""{COUNTS} where r.school_id = $1 and ($2::text is null or r.state = $2)
    and ($3::uuid is null or r.request_id < $3) order by r.request_id desc limit $4"""
    state = asked.state.value if asked.state else None
    return await tx.fetch(sql, asked.school_id, state, asked.cursor, asked.limit)


async def change(tx: Transaction, request_id: UUID, **fields: Any) -> None:
    """Changes it, and makes a new version of it."""
    changes = "".join(f", {name} = ${place}" for place, name in enumerate(fields, start=2))
    sql = f"update access_requests set version = version + 1{changes} where request_id = $1"
    await tx.execute(sql, request_id, *fields.values())


async def find(
    tx: Transaction,
    standing: Standing,
    asked: CollectDocuments,
    document_ids: tuple[UUID, ...],
    limit: int,
) -> list[Row]:
    """Finished documents of cases, by id, or by entries of the journal; only what this person may see, at this school.

    The request itself, which is a registry entry too, is nothing that it asks for.
    """
    who = (standing.staff_id, standing.led_schools, standing.reads_everything)
    wanted = map(list, (asked.case_ids, document_ids, asked.entries))
    return await tx.fetch(FOUND, *who, asked.school_id, *wanted, limit, asked.request_id)


async def add_items(tx: Transaction, request_id: UUID, rows: list[Row], by: UUID, last: int) -> int:
    """Every file of these documents, after those that are there already. Returns the last number."""
    sql = """
    insert into access_request_items (request_id, item, document_id, position, collected_by)
    values ($1, $2, $3, $4, $5) on conflict (request_id, document_id, position) do nothing returning item"""
    for row in rows:
        for position in range(row["files"]):
            if await tx.fetchval(sql, request_id, last + 1, row["document_id"], position, by):
                last += 1
    return last


async def items(tx: Transaction, standing: Standing, request_id: UUID) -> list[dict[str, Any]]:
    """What was collected, each with whether this person may see it."""
    who = (standing.staff_id, standing.led_schools, standing.reads_everything)
    return [dict(row) for row in await tx.fetch(COLLECTED, *who, request_id)]


async def remove_item(tx: Transaction, request_id: UUID, item: int) -> None:
    """Out of the collection; the document itself is where it was."""
    await tx.execute("delete from access_request_items where request_id = $1 and item = $2", request_id, item)


async def decide(tx: Transaction, request_id: UUID, item: int, **fields: Any) -> None:
    """What is decided of one file."""
    changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(fields, start=3))
    sql = f"update access_request_items set {changes}, decided_at = now() where request_id = $1 and item = $2"
    await tx.execute(sql, request_id, item, *fields.values())


async def keep_redacted(tx: Transaction, request_id: UUID, item: int, file: File, made_from: str, by: UUID) -> None:
    """The redacted file beside the original."""
    sql = """
    update access_request_items set redacted = $3, redacted_from = $4, redacted_by = $5
    where request_id = $1 and item = $2"""
    await tx.execute(sql, request_id, item, file.model_dump(mode="json"), made_from, by)


# --- registry entries


async def entries(tx: Transaction, request_id: UUID) -> tuple[RequestEntry, ...]:
    """The registry entries of a request, and how far each is on its way into the archive."""
    return tuple(RequestEntry.model_validate(dict(row)) for row in await tx.fetch(ENTRIES, request_id))


async def keep_entry(tx: Transaction, request_id: UUID, kind: EntryKind, document_id: UUID) -> None:
    """This document is the registry entry; the database takes one of each kind."""
    sql = "insert into access_request_entries (request_id, kind, document_id) values ($1, $2, $3)"
    await tx.execute(sql, request_id, kind.value, document_id)
