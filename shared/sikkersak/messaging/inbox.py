"""The inbox: at-least-once delivery becomes an effect made once (R2, R4)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sikkersak.persistence.database import Transaction

# Longer than anything may sit in parking before a person replays it.
KEPT_FOR = timedelta(days=90)


async def is_first_time(tx: Transaction, consumer: str, message_id: UUID) -> bool:
    """Notes that `consumer` handles this message in this transaction; false when it has been handled already."""
    sql = "insert into inbox (consumer, message_id) values ($1, $2) on conflict do nothing returning true"
    return bool(await tx.fetchval(sql, consumer, message_id))


async def forget_old(tx: Transaction) -> int:
    """Removes what is too old to come again; returns how many rows."""
    done = await tx.fetch("delete from inbox where received_at < now() - $1::interval returning 1", KEPT_FOR)
    return len(done)
