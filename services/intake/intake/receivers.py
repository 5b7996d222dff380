"""What is known of each receiving system: when it was asked, whether it is stopped or stuck, how long mail has waited."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sikkersak.persistence.database import Row, Transaction

STATUS: Final = """
select r.*, coalesce(w.waiting, 0) as waiting, w.oldest, coalesce(extract(epoch from now() - w.oldest), 0)::float as oldest_seconds
from receivers r left join lateral (
  select count(*) as waiting, min(seen_at) as oldest from mail m
  where m.system = r.system and m.state = 'seen' and m.way = 'svarinn' and m.left_queue_at is null and m.refused_at is null
) w on true
order by r.system
"""


async def may_ask(tx: Transaction, system: str, credentials: str) -> bool:
    """Whether it may be asked: not while it refuses these very credentials."""
    await tx.execute("insert into receivers (system) values ($1) on conflict do nothing", system)
    sql = """
    update receivers set stopped_at = null, stopped_code = null, credentials = null
    where system = $1 and (stopped_at is null or credentials is distinct from $2) returning true
    """
    return bool(await tx.fetchval(sql, system, credentials))


async def stop(tx: Transaction, system: str, code: str, credentials: str) -> None:
    """It refuses us: nothing is asked until the credentials differ, or a person says so."""
    sql = "update receivers set stopped_at = now(), stopped_code = $2, credentials = $3 where system = $1"
    await tx.execute(sql, system, code, credentials)


async def resume(tx: Transaction, system: str, by: UUID) -> bool:
    """A person says: try again. False when there is no such system."""
    sql = "update receivers set stopped_at = null, stopped_code = null, credentials = null, resumed_by = $2 where system = $1 returning true"
    return bool(await tx.fetchval(sql, system, by))


async def note_round(tx: Transaction, system: str, listed: int, nameless: int, *, is_stuck: bool) -> None:
    """One listing was worked through."""
    sql = """
    update receivers set polled_at = now(), listed = $2, nameless = $3,
      full_since = case when $4 then coalesce(full_since, now()) end
    where system = $1
    """
    await tx.execute(sql, system, listed, nameless, is_stuck)


async def status(tx: Transaction) -> list[Row]:
    """Every receiving system that was ever asked, with what waits there."""
    return list(await tx.fetch(STATUS))
