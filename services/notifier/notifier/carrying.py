"""Carrying one consignment: in one hand at a time, every attempt noted in a transaction of its own, the result as a fact."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from notifier.changes import change
from notifier.domain import DECLINED, FINAL, SENT, TRYING, Standing, next_look, next_pause
from notifier.hands import HandsFull
from notifier.postroom import Carried, Carrier, Postroom
from notifier.store import consignments
from notifier.trouble import NotLetIn, OutcomeUnknown
from sikkersak.clock import now
from sikkersak.contracts.notifier import Carry, ConsignmentState
from sikkersak.errors import CircuitOpen, Declined, Transient
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction

log = structlog.get_logger(__name__)

# A message whose carrier is down comes back this often, uncounted: the first step of the ladder.
UNCOUNTED: Final = timedelta(seconds=5)
IN_TROUBLE: Final = "Mottakersystemet svarer ikke som det skal. Det prøves igjen av seg selv."
LOCKED_OUT: Final = (
    "Mottakersystemet slipper oss ikke inn. Drift må kontrollere oppsettet; så prøves det igjen av seg selv."
)
BROKEN: Final = "Noe gikk galt hos oss. Feilen er meldt."


async def carry(order: Carry, postroom: Postroom) -> None:
    """Brings it to its carrier, unless it is there. Key: consignment_id, its state, and who has it in hand."""
    if not postroom.has_effects:
        async with postroom.database.transaction() as tx:
            await consignments.wait_for_effects(tx, order.consignment_id)
        return
    carrier = postroom.carriers[order.kind]
    if carrier.circuit.is_open:
        await _come_back(postroom, order.consignment_id)
        raise CircuitOpen(f"{carrier.circuit.target} is down")
    if postroom.hands.are_full:
        await _come_back(postroom, order.consignment_id)
        raise HandsFull("all hands are full")
    await postroom.hands.do(_carry_in_hand(order, postroom, carrier))


async def _carry_in_hand(order: Carry, postroom: Postroom, carrier: Carrier) -> None:
    async with _in_hand(postroom, order.consignment_id) as row:
        if row is not None:
            await _attempt(postroom, carrier, row)


async def _attempt(postroom: Postroom, carrier: Carrier, row: Row) -> None:
    async with postroom.database.transaction() as tx:
        attempt = await consignments.begin_attempt(tx, row["consignment_id"])
    try:
        carried = await carrier.carry(row, is_repeated=row["attempts"] > 0)
    except CircuitOpen as away:
        await _not_made(postroom, row, attempt, away)
        raise
    except Transient as later:
        await _failed(postroom, row, attempt, later)
        raise
    except Declined as no:
        await _declined(postroom, row, attempt, no)
    except Exception as bug:  # a bug: noted, then parked by the frame; the sweep leaves it to the person who mends it
        await _broken(postroom, row, attempt, bug)
        raise
    else:
        await _done(postroom, row, attempt, carried)


async def _done(postroom: Postroom, row: Row, attempt: int, carried: Carried) -> None:
    moment = now()
    look = moment + next_look(timedelta(0), postroom.status_rhythm) if carried.state is SENT else None
    async with postroom.database.transaction() as tx:
        await consignments.end_attempt(tx, attempt, carried.verdict)
        await _keep(
            postroom,
            tx,
            row,
            Standing(carried.state),
            carrier_reference=carried.carrier_reference,
            carrier_status=carried.carrier_status,
            sent_at=moment,
            next_try_at=None,
            next_look_at=look,
        )


async def _declined(postroom: Postroom, row: Row, attempt: int, no: Declined) -> None:
    log.warning("consignment_declined", consignment_id=str(row["consignment_id"]), kind=row["kind"], code=no.code)
    async with postroom.database.transaction() as tx:
        await consignments.end_attempt(tx, attempt, "declined", no.code)
        await _keep(postroom, tx, row, Standing(DECLINED, no.code, no.detail))


async def _failed(postroom: Postroom, row: Row, attempt: int, later: Transient) -> None:
    verdict = "unknown" if isinstance(later, OutcomeUnknown) else "failed"
    standing = Standing(TRYING, "try-again", IN_TROUBLE)
    if isinstance(later, NotLetIn):
        standing = Standing(TRYING, later.code, LOCKED_OUT)
    again = now() + next_pause(row["attempts"] + 1, later.retry_after)
    async with postroom.database.transaction() as tx:
        await consignments.end_attempt(tx, attempt, verdict, later.reason[:500])
        await _keep(postroom, tx, row, standing, next_try_at=again)


async def _keep(postroom: Postroom, tx: Transaction, row: Row, to: Standing, **also: Any) -> None:
    """What came of it, unless the hand was let go of meanwhile: a slow hand's refusal must not undo another's success.

    That it was carried is kept as long as nothing else is known to be its end.
    """
    fresh = await consignments.consignment(tx, row["consignment_id"], for_update=True)
    is_ours = fresh["held_by"] == row["held_by"]
    is_carried = to.state not in {TRYING, DECLINED}
    if ConsignmentState(fresh["state"]) in FINAL | {SENT} or not (is_ours or is_carried):
        log.error("hand_was_late", consignment_id=str(row["consignment_id"]), kind=row["kind"], wanted=to.state.value)
        return
    await change(tx, fresh, to, postroom.digest_wait, shown=row, **also)


async def _not_made(postroom: Postroom, row: Row, attempt: int, away: CircuitOpen) -> None:
    async with postroom.database.transaction() as tx:
        await consignments.end_attempt(tx, attempt, "not-made", away.reason[:500])
        await consignments.come_back(tx, row["consignment_id"], UNCOUNTED)


async def _broken(postroom: Postroom, row: Row, attempt: int, bug: Exception) -> None:
    async with postroom.database.transaction() as tx:
        await consignments.end_attempt(tx, attempt, "bug", type(bug).__name__)
        await _keep(postroom, tx, row, Standing(TRYING, "internal-error", BROKEN), next_try_at=None)


async def _come_back(postroom: Postroom, consignment_id: UUID) -> None:
    async with postroom.database.transaction() as tx:
        await consignments.come_back(tx, consignment_id, UNCOUNTED)


@asynccontextmanager
async def _in_hand(postroom: Postroom, consignment_id: UUID) -> AsyncIterator[Row | None]:
    """The consignment for this hand alone; None when it needs no carrying any more.

    Raises `CircuitOpen` while another hand has it. A hand that died lets go within `consignments.HOLD`.
    """
    holder = new_id()
    async with postroom.database.transaction() as tx:
        row = await consignments.take(tx, consignment_id, holder)
        if row is None:
            known = await consignments.consignment(tx, consignment_id)
    if row is None:
        if ConsignmentState(known["state"]) in FINAL | {SENT} or known["is_open"]:
            yield None
            return
        raise CircuitOpen("another replica has it in hand")
    renewing = asyncio.create_task(_renew(postroom, consignment_id, holder))
    try:
        yield row
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        with contextlib.suppress(Transient):  # it lets go by itself soon
            async with postroom.database.transaction() as tx:
                await consignments.release(tx, consignment_id, holder)


async def _renew(postroom: Postroom, consignment_id: UUID, holder: UUID) -> None:
    while True:
        await asyncio.sleep(consignments.HOLD.total_seconds() / 3)
        with contextlib.suppress(Transient):
            async with postroom.database.transaction() as tx:
                await consignments.keep_hold(tx, consignment_id, holder)
