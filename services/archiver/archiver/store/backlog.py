"""What waits for something else than its own next try: the archive, the case, an earlier record. All SQL of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sikkersak.persistence.database import Database, Row, Transaction

SETTLED: Final = "('archived', 'declined', 'given_up')"
HOLD: Final = f"""
update deliveries set held_for = $2, held_at = now(), released_at = null, next_try_at = null
where delivery_id = $1 and state not in {SETTLED}
"""
# A person who waits comes first, the newest of them before all; the others as they came: `$1` of them, and never more
# than `$2` under way. Of one case the first is ordered; the others of it follow one another.
RELEASE: Final = """
with under_way as (
  select count(*) as n from deliveries
  where released_at > now() - interval '5 minutes' and held_for is null and state in ('waiting', 'delivering')
), chosen as (
  select delivery_id, case_id, is_urgent, ordered_at from deliveries where held_for = 'archive'
  order by is_urgent desc, case when is_urgent then ordered_at end desc nulls last, ordered_at
  limit greatest(least($1::bigint, $2::bigint - (select n from under_way)), 0)
  for update skip locked
), placed as (
  select delivery_id, row_number() over (
    partition by case_id
    order by is_urgent desc, case when is_urgent then ordered_at end desc nulls last, ordered_at) = 1 as is_first
  from chosen
)
update deliveries set released_at = now(), changed_at = now(),
  held_for = case when delivery_id = any(array(select delivery_id from placed where is_first)) then null else 'case' end,
  held_at = case when delivery_id = any(array(select delivery_id from placed where is_first)) then null else now() end
where delivery_id = any(array(select delivery_id from placed)) returning *
"""
# What must come first in the same case: the record before what is added to it or changed of it, and that in its order;
# everything before a closing and a reopening, and a reopening before what comes after it. Ids tell the order: they are
# made where the orders are (UUIDv7), and two orders may come here the other way round.
BLOCKED: Final = """(case
  when held.kind in ('evidence', 'correction', 'withdrawal', 'shielded') then not exists (
    select from deliveries record
    where record.document_id = held.document_id and record.kind = 'record' and record.state = 'archived')
  else false end
or exists (
  select from deliveries earlier
  where earlier.case_id = held.case_id
    and earlier.delivery_id < held.delivery_id and earlier.state not in ('archived', 'given_up')
    and (held.kind in ('closing', 'reopening') or earlier.kind = 'reopening'
      or (earlier.document_id = held.document_id and held.kind in ('correction', 'withdrawal'))))
)"""
# One of each case: the oldest that nothing stands before any more. Where no case is named, none of a case that one is
# under way of: it orders the next itself, and one that died is not waited for long.
RELEASE_CASES: Final = f"""
with free as (
  select distinct on (held.case_id) held.delivery_id from deliveries held
  where held.held_for in ('case', 'record') and ($1::uuid is null or held.case_id = $1) and not {BLOCKED}
    and ($1::uuid is not null or not exists (
      select from deliveries busy
      where busy.case_id = held.case_id and busy.held_for is null and busy.changed_at > now() - interval '30 seconds'
        and (busy.state = 'delivering' or busy.state = 'waiting' and busy.released_at is not null)))
  order by held.case_id, held.delivery_id limit 200
), chosen as (
  select delivery_id from deliveries where delivery_id in (select delivery_id from free) for update skip locked
)
update deliveries set held_for = null, held_at = null, released_at = now(), changed_at = now()
where delivery_id in (select delivery_id from chosen) returning *
"""
# Each is returned once, then left until it is too long again.
STUCK: Final = f"""
update deliveries set changed_at = now(), next_try_at = null
where state not in {SETTLED} and held_for is null
  and greatest(coalesce(next_try_at, changed_at), changed_at) < now() - $1::interval
returning *
"""
BEFORE: Final = f"select {BLOCKED} from deliveries held where held.delivery_id = $1"


class Waiting(StrEnum):
    """What a held delivery waits for."""

    ARCHIVE = "archive"
    CASE = "case"
    RECORD = "record"


async def hold(tx: Transaction, delivery_id: UUID, waiting: Waiting) -> None:
    """Sets a delivery aside until `release` or `release_cases` takes it up: no message moves it meanwhile."""
    await tx.execute(HOLD, delivery_id, waiting.value)


async def release(tx: Transaction, at_once: int, under_way: int) -> list[Row]:
    """At most `at_once` that waited for the archive, and never more than `under_way` unfinished: no herd (M25)."""
    rows = [row for row in await tx.fetch(RELEASE, at_once, under_way) if row["held_for"] is None]
    urgent = sorted((row for row in rows if row["is_urgent"]), key=_ordered_at, reverse=True)
    return urgent + sorted((row for row in rows if not row["is_urgent"]), key=_ordered_at)


async def release_cases(tx: Transaction, case_id: UUID | None = None) -> list[Row]:
    """The next of each case whose turn has come; of one case where it is named."""
    return await tx.fetch(RELEASE_CASES, case_id)


async def has_before(database: Database, row: Row) -> bool:
    """Whether something of the same case comes first."""
    found = await database.one(BEFORE, row["delivery_id"])
    return found is not None and bool(found[0])


async def stuck(tx: Transaction, quiet_seconds: float) -> list[Row]:
    """What nothing has moved for too long after its time."""
    return await tx.fetch(STUCK, timedelta(seconds=quiet_seconds))


def _ordered_at(row: Row) -> datetime:
    moment: datetime = row["ordered_at"]
    return moment
