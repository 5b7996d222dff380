"""How a consignment's state changes: by the table of moves, with its fact, and a notice where somebody must act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from notifier.audience import AUDIENCES
from notifier.domain import FINAL, PRICES, Standing, move
from notifier.store import consignments, staff
from notifier.store.staff import News
from sikkersak.clock import now
from sikkersak.contracts.message import Message
from sikkersak.contracts.notifier import (
    Carry,
    ConsignmentKind,
    ConsignmentState,
    ForwardingChanged,
    LetterChanged,
    Notice,
)
from sikkersak.guidance.letters import FAILED
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row, Transaction

# A notice that fails is not told of by another one.
ABOUT_OTHERS: Final = frozenset({ConsignmentKind.NOTICE, ConsignmentKind.STAFF_MAIL, ConsignmentKind.STAFF_CARD})


async def change(
    tx: Transaction, row: Row, to: Standing, digest_wait: timedelta, *, shown: Row | None = None, **also: Any
) -> Row:
    """Moves it and says so, in this transaction. `also` are further columns. What says nothing new is not said.

    `shown` is the row as it was when others were last told, where that is not `row`.
    """
    state = move(ConsignmentState(row["state"]), to.state)
    if state in FINAL:
        also |= {"next_try_at": None, "next_look_at": None}
    values = {"state": state.value, "code": to.code, "detail": to.detail, "changed_at": now(), **also}
    changed = await consignments.update(tx, row["consignment_id"], **values)
    if state != row["state"] or _shown(changed) != _shown(shown or row):
        await tell(tx, changed)
    if state != row["state"] and state in FAILED and row["kind"] not in ABOUT_OTHERS:
        await _call_attention(tx, changed, digest_wait)
    if state != row["state"] and state in FAILED and row["kind"] == ConsignmentKind.STAFF_CARD:
        mail = await staff.mail_instead(tx, changed)
        if mail is not None:
            await order_carrying(tx, mail)
    return changed


async def _call_attention(tx: Transaction, row: Row, digest_wait: timedelta) -> None:
    school = row["school_id"]
    await consignments.add_to_digest(tx, Notice.DELIVERY_FAILED, str(school), school, digest_wait)
    for whom in {None, row["staff_id"]}:
        news = News(Notice.DELIVERY_FAILED, school, staff_id=whom)
        await staff.add_news(tx, news, AUDIENCES[Notice.DELIVERY_FAILED])


async def tell(tx: Transaction, row: Row) -> None:
    """Says the fact about where it stands. Nobody waits for news of notices."""
    fact = _fact(row)
    if fact is not None:
        await say(tx, fact)


def _shown(row: Row) -> tuple[object, ...] | None:
    """What staff see of a letter on its event, beside its state."""
    if row["kind"] != ConsignmentKind.LETTER:
        return None
    return row["code"], row["attempts"], row["carrier_reference"], PRICES.get(row["carrier_status"] or "")


async def order_carrying(tx: Transaction, row: Row) -> None:
    """Orders it brought to its carrier."""
    await say(tx, Carry(consignment_id=row["consignment_id"], kind=ConsignmentKind(row["kind"])))


def _fact(row: Row) -> Message | None:
    standing = {"state": ConsignmentState(row["state"]), "code": row["code"], "changed_at": row["changed_at"]}
    if row["kind"] == ConsignmentKind.LETTER:
        price = PRICES.get(row["carrier_status"] or "")
        told = {"attempts": row["attempts"], "price_class": price, "shipment_id": row["carrier_reference"], **standing}
        ids = {"letter_id": row["consignment_id"], "document_id": row["document_id"], "case_id": row["case_id"]}
        return LetterChanged(**ids, **told)
    if row["kind"] in {ConsignmentKind.FORWARDING, ConsignmentKind.REDIRECTION}:
        return ForwardingChanged(mail_id=row["consignment_id"], **standing)
    return None
