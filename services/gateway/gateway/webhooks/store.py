"""All SQL of webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from gateway.webhooks.domain import Event, Outcome
from sikkersak.errors import Declined, NotFound
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present
from sikkersak.versions import Stale

MOST: Final = 50
AT_ONCE: Final = 20


@dataclass(frozen=True)
class Hook:
    """What an administrator decides about a webhook."""

    url: str
    description: str
    events: tuple[str, ...]
    is_active: bool = True


async def note_event(tx: Transaction, event: Event, resource_id: UUID, at: datetime) -> None:
    """One delivery for each that wants to hear of it. In the transaction of the fact: its inbox makes twice harmless."""
    wanting = "select webhook_id from webhooks where is_active and $1 = any(events)"
    for row in await tx.fetch(wanting, event.value):
        await order(tx, row["webhook_id"], event, resource_id, at)


async def order(tx: Transaction, webhook_id: UUID, event: Event, resource_id: UUID, at: datetime) -> None:
    """An obligation: this is to be told to this one."""
    await order_as(tx, new_id(), webhook_id, event, resource_id, at)


async def order_as(
    tx: Transaction, delivery_id: UUID, webhook_id: UUID, event: Event, resource_id: UUID, at: datetime
) -> Row:
    """The same under a given id, once."""
    insert = """insert into webhook_deliveries (delivery_id, webhook_id, event, resource_id, occurred_at, next_try_at)
      values ($1, $2, $3, $4, $5, $5) on conflict do nothing"""
    await tx.execute(insert, delivery_id, webhook_id, event.value, resource_id, at)
    kept = await tx.fetchrow("select * from webhook_deliveries where delivery_id = $1", delivery_id)
    return present(kept, "delivery")


async def add(tx: Transaction, hook: Hook, sealed: dict[str, Any], staff_id: UUID, key: str) -> Row:
    """A new one, or what this person made under the same key before."""
    if await tx.fetchval("select count(*) from webhooks") >= MOST:
        raise Declined("too-many-webhooks", "Det er for mange webhooks. Slett en som ikke er i bruk.")
    insert = """insert into webhooks (webhook_id, url, description, events, secrets, created_by, key, changed_by)
      values ($1, $2, $3, $4, $5, $6, $7, $6) on conflict (created_by, key) do nothing"""
    values = (new_id(), hook.url, hook.description, list(hook.events), sealed, staff_id, key)
    await tx.execute(insert, *values)
    kept = await tx.fetchrow("select * from webhooks where created_by = $1 and key = $2", staff_id, key)
    return present(kept, "webhook")


async def every(tx: Transaction) -> list[Row]:
    """All, the newest first."""
    return list(await tx.fetch("select * from webhooks order by webhook_id desc"))


async def one(tx: Transaction, webhook_id: UUID, *, locked: bool = False) -> Row:
    """One; `NotFound`."""
    row = await tx.fetchrow(
        f"select * from webhooks where webhook_id = $1 {'for update' if locked else ''}", webhook_id
    )
    if row is None:
        raise NotFound("webhook")
    return row


async def change(tx: Transaction, webhook_id: UUID, hook: Hook, version: int, staff_id: UUID) -> Row:
    """As it is to be from now on. What waits because it was stopped is tried again at once."""
    row = await one(tx, webhook_id, locked=True)
    if row["version"] != version:
        raise Stale
    sql = """update webhooks set url = $2, description = $3, events = $4, is_active = $5, stopped_at = null,
      stopped_code = null, version = version + 1, changed_by = $6, changed_at = now()
      where webhook_id = $1 returning *"""
    kept = await tx.fetchrow(sql, webhook_id, hook.url, hook.description, list(hook.events), hook.is_active, staff_id)
    if row["stopped_at"] is not None:
        again = "update webhook_deliveries set next_try_at = now() where webhook_id = $1 and state = 'waiting'"
        await tx.execute(again, webhook_id)
    return present(kept, "webhook")


async def change_secrets(tx: Transaction, webhook_id: UUID, sealed: dict[str, Any], staff_id: UUID) -> Row:
    """Another secret, and the one before it for a while."""
    sql = """update webhooks set secrets = $2, version = version + 1, changed_by = $3, changed_at = now()
      where webhook_id = $1 returning *"""
    return present(await tx.fetchrow(sql, webhook_id, sealed, staff_id), "webhook")


async def remove(tx: Transaction, webhook_id: UUID) -> None:
    """With its deliveries. One that is gone is gone already."""
    await tx.execute("delete from webhooks where webhook_id = $1", webhook_id)


async def first_result(tx: Transaction, staff_id: UUID, key: str, webhook_id: UUID, result: UUID) -> UUID:
    """What was done under this key: `result` the first time, what it was then afterwards."""
    insert = """insert into webhook_acts (staff_id, key, webhook_id, result) values ($1, $2, $3, $4)
      on conflict (staff_id, key) do nothing"""
    await tx.execute(insert, staff_id, key, webhook_id, result)
    row = present(
        await tx.fetchrow("select * from webhook_acts where staff_id = $1 and key = $2", staff_id, key), "act"
    )
    if row["webhook_id"] != webhook_id:
        raise Declined("idempotency-key-reused", "Nøkkelen er brukt til en annen forespørsel.", status=422)
    result_then: UUID = row["result"]
    return result_then


async def due(tx: Transaction, at: datetime) -> list[Row]:
    """What is to be sent now, the longest waiting first; nothing to those that are off or stopped."""
    sql = f"""select d.*, w.url, w.secrets from webhook_deliveries d join webhooks w using (webhook_id)
      where d.state = 'waiting' and d.next_try_at <= $1 and w.is_active and w.stopped_at is null
      order by d.next_try_at limit {AT_ONCE}"""
    return list(await tx.fetch(sql, at))


async def note_attempt(
    tx: Transaction, delivery_id: UUID, outcome: Outcome, status: int | None, milliseconds: int, at: datetime
) -> Row | None:
    """One more try; none when the delivery has gone meanwhile."""
    sql = "update webhook_deliveries set attempts = attempts + 1 where delivery_id = $1 returning *"
    row = await tx.fetchrow(sql, delivery_id)
    if row is not None:
        insert = "insert into webhook_attempts values ($1, $2, $3, $4, $5, $6)"
        await tx.execute(insert, delivery_id, row["attempts"], at, outcome.value, status, milliseconds)
    return row


async def end(tx: Transaction, row: Row, state: str, at: datetime) -> None:
    """Delivered, or given up."""
    sql = "update webhook_deliveries set state = $2, ended_at = $3 where delivery_id = $1 and state = 'waiting'"
    await tx.execute(sql, row["delivery_id"], state, at)
    if state == "delivered":
        await tx.execute("update webhooks set last_delivered_at = $2 where webhook_id = $1", row["webhook_id"], at)


async def postpone(tx: Transaction, delivery_id: UUID, until: datetime) -> None:
    """Tried again then."""
    await tx.execute("update webhook_deliveries set next_try_at = $2 where delivery_id = $1", delivery_id, until)


async def stop(tx: Transaction, webhook_id: UUID, code: str, at: datetime, since: datetime) -> bool:
    """Sends no more to a target that has taken nothing since; False when it has, or is stopped already."""
    sql = """update webhooks set stopped_at = $2, stopped_code = $3, version = version + 1
      where webhook_id = $1 and stopped_at is null and (last_delivered_at is null or last_delivered_at < $4)
      returning true"""
    return await tx.fetchval(sql, webhook_id, at, code, since) is not None


async def deliveries(tx: Transaction, webhook_id: UUID, before: UUID | None, limit: int) -> list[Row]:
    """The newest first, each with its tries."""
    sql = """select d.*, coalesce((select jsonb_agg(jsonb_build_object('number', a.number, 'at', a.at,
        'outcome', a.outcome, 'status', a.status, 'milliseconds', a.milliseconds) order by a.number)
        from webhook_attempts a where a.delivery_id = d.delivery_id), '[]') as tries
      from webhook_deliveries d where d.webhook_id = $1 and ($2::uuid is null or d.delivery_id < $2)
      order by d.delivery_id desc limit $3"""
    return list(await tx.fetch(sql, webhook_id, before, limit))


async def prune(tx: Transaction, before: datetime) -> None:
    """What ended long ago goes."""
    await tx.execute("delete from webhook_acts where at <= $1", before)
    await tx.execute("delete from webhook_deliveries where state <> 'waiting' and ended_at <= $1", before)
