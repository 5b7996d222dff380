"""Orders that carry a decision out: kept beside the mail, and said again while nobody answers them (R2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from sikkersak.contracts.cases import RegisterIncoming
from sikkersak.contracts.message import Message
from sikkersak.contracts.notifier import ForwardToArchive, ForwardToOrganisation
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction

Order: TypeAlias = RegisterIncoming | ForwardToArchive | ForwardToOrganisation
# A message may still be on its way: only what is overdue is said again. A mail server may well be away for an hour.
REGISTERING_ROUNDS: Final = 5
FORWARDING_ROUNDS: Final = 60
STALLED: Final = """
update mail set order_at = now() where mail_id in (
  select mail_id from mail
  where order_body is not null and held_until is null and ((state = 'registering' and order_at < now() - $1::interval)
                                 or (state = 'forwarding' and order_at < now() - $2::interval))
  order by order_at limit 200 for update skip locked)
returning order_type, order_body
"""
HELD: Final = """
update mail set held_until = null, order_at = now() where mail_id in (
  select mail_id from mail where held_until <= now() and state in ('registering', 'forwarding')
  order by held_until limit 200 for update skip locked)
returning order_type, order_body
"""


def kept(order: Order) -> dict[str, Any]:
    """The columns that keep it as long as the mail is where it is. It holds ids and references only (R3)."""
    return {"order_type": order.message_type, "order_body": order.model_dump(mode="json")}


async def give_held(tx: Transaction) -> int:
    """Says the orders whose time to be undone is over."""
    rows = await tx.fetch(HELD)
    for row in rows:
        await say(tx, Message.catalogue[row["order_type"]].model_validate(row["order_body"]))
    return len(rows)


async def take_back(tx: Transaction, mail_id: UUID) -> bool:
    """Takes back an order that has not been said; false when it has. Either this or `give_held` gets the row."""
    sql = """update mail set state = 'stored', held_until = null, order_type = null, order_body = null, school_id = null,
    forwarded_to = null where mail_id = $1 and held_until is not null and state in ('registering', 'forwarding')
    returning true"""
    return bool(await tx.fetchval(sql, mail_id))


async def give_again(tx: Transaction, sweep_seconds: float) -> int:
    """Says the orders again that nobody has answered for too long; their receivers know them by the mail's id."""
    registering = timedelta(seconds=sweep_seconds * REGISTERING_ROUNDS)
    forwarding = timedelta(seconds=sweep_seconds * FORWARDING_ROUNDS)
    rows = await tx.fetch(STALLED, registering, forwarding)
    for row in rows:
        await say(tx, Message.catalogue[row["order_type"]].model_validate(row["order_body"]))
    return len(rows)
