"""Orders that carry a decision out: kept beside the mail, and said again while nobody answers them (R2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sikkersak.contracts.cases import RegisterIncoming
from sikkersak.contracts.message import Message
from sikkersak.contracts.notifier import ForwardToArchive
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction

# A message may still be on its way: only what is overdue is said again. A mail server may well be away for an hour.
REGISTERING_ROUNDS: Final = 5
FORWARDING_ROUNDS: Final = 60
STALLED: Final = """
update mail set order_at = now() where mail_id in (
  select mail_id from mail
  where order_body is not null and ((state = 'registering' and order_at < now() - $1::interval)
                                 or (state = 'forwarding' and order_at < now() - $2::interval))
  order by order_at limit 200 for update skip locked)
returning order_type, order_body
"""


async def give(tx: Transaction, order: RegisterIncoming | ForwardToArchive) -> None:
    """Says it, and keeps it as long as the mail is where it is. It holds ids and references only (R3)."""
    await say(tx, order)
    sql = "update mail set order_type = $2, order_body = $3 where mail_id = $1"
    await tx.execute(sql, order.mail_id, order.message_type, order.model_dump(mode="json"))


async def give_again(tx: Transaction, sweep_seconds: float) -> int:
    """Says the orders again that nobody has answered for too long; their receivers know them by the mail's id."""
    registering = timedelta(seconds=sweep_seconds * REGISTERING_ROUNDS)
    forwarding = timedelta(seconds=sweep_seconds * FORWARDING_ROUNDS)
    rows = await tx.fetch(STALLED, registering, forwarding)
    for row in rows:
        await say(tx, Message.catalogue[row["order_type"]].model_validate(row["order_body"]))
    return len(rows)
