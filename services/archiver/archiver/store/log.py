"""The archive log as people read and edit it (M26). All SQL of it; none without the actor's filter (R8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from archiver.domain import RETRYABLE, STANDINGS, words_for
from sikkersak.contracts.archiver import (
    Act,
    AgeBand,
    DeliveryFilter,
    DeliveryGroup,
    DeliveryRow,
    DeliveryState,
    Mending,
)
from sikkersak.persistence.database import Row, Transaction

Schools = list[UUID] | None  # none for those who see every school's; an empty list is nobody's (R8)
VISIBLE: Final = "($1::boolean or school_id = any($2::uuid[]))"
MATCHES: Final = f"""{VISIBLE}
  and ($3::text[] is null or state = any($3)) and ($4::text is null or kind = $4)
  and ($5::uuid is null or document_id = $5) and ($6::uuid is null or case_id = $6)
  and ($7::uuid is null or school_id = $7) and ($8::text is null or code = $8)
  and ($9::timestamptz is null or ordered_at >= $9) and ($10::timestamptz is null or ordered_at < $10)"""
RETRYABLE_SQL: Final = f"state in ({', '.join(repr(state.value) for state in sorted(RETRYABLE))})"
OPEN: Final = "state not in ('archived', 'given_up')"
AGES: Final = """
select case when age < interval '1 hour' then 'under_1_hour' when age < interval '1 day' then 'under_1_day'
            when age < interval '1 week' then 'under_1_week' else 'longer' end as band,
       count(*) as count, min(ordered_at) as oldest
from (select ordered_at, now() - ordered_at as age from deliveries where {visible} and {open}) waiting group by band
"""
BANDS: Final = ("under_1_hour", "under_1_day", "under_1_week", "longer")
SCRUB: Final = (
    "update attempts set detail = null where detail is not null and at < now() - $1::interval",
    "update deliveries set detail = null where detail is not null and changed_at < now() - $1::interval",
    "update mendings set detail = null where detail is not null and at < now() - $1::interval",
)


async def page(
    tx: Transaction, schools: Schools, asked: DeliveryFilter, cursor: UUID | None, limit: int
) -> tuple[list[DeliveryRow], dict[DeliveryState, int]]:
    """What this actor may see, newest first, with the counts of everything they may see."""
    sql = f"""select * from deliveries where {MATCHES} and ($11::uuid is null or delivery_id < $11)
    order by delivery_id desc limit $12"""
    rows = await tx.fetch(sql, *_chosen(schools, asked), cursor, limit)
    counting = f"select state, count(*) from deliveries where {VISIBLE} group by state"
    counts = await tx.fetch(counting, schools is None, schools or [])
    return [shown(row) for row in rows], {DeliveryState(row["state"]): row["count"] for row in counts}


async def groups(tx: Transaction, schools: Schools) -> list[DeliveryGroup]:
    """What is not archived, by cause."""
    sql = f"""select state, code, kind, count(*) as count, count(*) filter (where {RETRYABLE_SQL}) as can_be_retried,
      min(ordered_at) as oldest, max(ordered_at) as newest
    from deliveries where {VISIBLE} and {OPEN} group by state, code, kind order by count(*) desc, oldest"""
    rows = await tx.fetch(sql, schools is None, schools or [])
    return [DeliveryGroup.model_validate(dict(row)) for row in rows]


async def ages(tx: Transaction, schools: Schools) -> tuple[AgeBand, ...]:
    """How long what is not archived has waited."""
    rows = await tx.fetch(AGES.format(visible=VISIBLE, open=OPEN), schools is None, schools or [])
    found = {row["band"]: row for row in rows}
    return tuple(
        AgeBand(band=band, count=found[band]["count"], oldest=found[band]["oldest"])
        if band in found
        else AgeBand(band=band, count=0, oldest=None)
        for band in BANDS
    )


async def meant(
    tx: Transaction, schools: Schools, ids: Sequence[UUID], chosen: DeliveryFilter | None
) -> tuple[int, list[Row]]:
    """How many deliveries a person means, and those of them that can be sent again, locked."""
    if chosen is None:
        where, values = f"{VISIBLE} and delivery_id = any($3::uuid[])", [schools is None, schools or [], list(ids)]
    else:
        where, values = f"{MATCHES} and {OPEN}", _chosen(schools, chosen)
    count: int = await tx.fetchval(f"select count(*) from deliveries where {where}", *values)
    sql = f"select * from deliveries where {where} and {RETRYABLE_SQL} order by ordered_at for update"
    return count, await tx.fetch(sql, *values)


async def note_act(
    tx: Transaction,
    row: Row,
    act: Act,
    by: UUID,
    reason: str,
    *,
    fields: Sequence[str] = (),
    after: dict[str, Any] | None = None,
) -> None:
    """What a person did, and how the delivery stood before; the old dossier is kept where it was changed."""
    sql = """insert into mendings (delivery_id, mended_by, act, reason, code, detail, fields, before, after)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""
    before = row["dossier"] if after is not None else None
    told = (row["delivery_id"], by, act.value, reason, row["code"], row["detail"])
    await tx.execute(sql, *told, list(fields), before, after)


async def mendings(tx: Transaction, delivery_id: UUID) -> tuple[Mending, ...]:
    """What people did to one delivery, oldest first."""
    rows = await tx.fetch("select * from mendings where delivery_id = $1 order by mending_id", delivery_id)
    return tuple(Mending.model_validate(dict(row)) for row in rows)


async def replace_dossier(tx: Transaction, delivery_id: UUID, dossier: dict[str, Any]) -> None:
    """From now on this is what is delivered."""
    await tx.execute("update deliveries set dossier = $2 where delivery_id = $1", delivery_id, dossier)


async def scrub(tx: Transaction, days: float) -> None:
    """Takes away the texts of errors after a set time; codes and times stay (M26)."""
    for statement in SCRUB:
        await tx.execute(statement, timedelta(days=days))


def shown(row: Row) -> DeliveryRow:
    """A row as the archive log shows it."""
    state = DeliveryState(row["state"])
    told = {name: row[name] for name in DeliveryRow.model_fields if name not in {"standing", "words"}}
    words = words_for(state, row["code"], row["held_for"])
    return DeliveryRow.model_validate(told | {"standing": STANDINGS[state], "words": words})


def _chosen(schools: Schools, asked: DeliveryFilter) -> list[Any]:
    states = [state.value for state, standing in STANDINGS.items() if asked.standing in {None, standing}]
    if asked.state is not None:
        states = [state for state in states if state == asked.state.value]
    return [
        schools is None,
        schools or [],
        states,
        asked.kind.value if asked.kind else None,
        asked.document_id,
        asked.case_id,
        asked.school_id,
        asked.code,
        asked.ordered_from,
        asked.ordered_before,
    ]
