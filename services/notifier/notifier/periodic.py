"""What notifier does by itself: follows letters, sends gathered notices, and moves what nothing moves."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from notifier.changes import change, order_carrying
from notifier.domain import GAVE_UP, LIFETIMES
from notifier.forwarding import forget_password
from notifier.news import write_digests
from notifier.postroom import Postroom
from notifier.store import consignments
from notifier.svarut.status import follow
from sikkersak.clock import now
from sikkersak.contracts.notifier import Carry, ConsignmentKind
from sikkersak.messaging.outbox import say
from sikkersak.periodic import Periodic
from sikkersak.persistence.database import Transaction

# A message for it may still be on its way: only what is overdue by several rounds is moved again.
GRACE_ROUNDS: Final = 5


async def follow_letters(postroom: Postroom) -> None:
    """Looks letters up at SvarUt, batch by batch (M21)."""
    await follow(postroom)


async def send_digests(postroom: Postroom) -> None:
    """Orders the notices that have gathered long enough; in quiet hours they go on gathering."""
    if postroom.quiet_hours is not None and postroom.quiet_hours.include(now()):
        return
    async with postroom.database.transaction() as tx:
        for consignment_id in await consignments.close_digests(tx):
            await say(tx, Carry(consignment_id=consignment_id, kind=ConsignmentKind.NOTICE))


async def sweep(postroom: Postroom) -> None:
    """Moves again what nothing moves, gives up what has been tried too long, forgets spent passwords (R2).

    Ordering something twice sends nothing twice: it is in one hand at a time, and that hand looks first.
    """
    if postroom.has_effects:
        async with postroom.database.transaction() as tx:
            grace = timedelta(seconds=postroom.sweep_seconds * GRACE_ROUNDS)
            moved = [*await consignments.let_go(tx), *await consignments.stalled(tx, grace)]
            given_up = await _give_up(tx, postroom)
            for row in moved:
                if row["consignment_id"] not in given_up:
                    await order_carrying(tx, row)
    async with postroom.database.transaction() as tx:
        spent = await consignments.spent_passwords(tx)
    for row in spent:
        await forget_password(postroom.vault, postroom.database, row)


async def _give_up(tx: Transaction, postroom: Postroom) -> set[UUID]:
    given_up = set()
    for kind, lifetime in LIFETIMES.items():
        for row in await consignments.outlived(tx, kind, lifetime):
            await change(tx, row, GAVE_UP, postroom.digest_wait)
            given_up.add(row["consignment_id"])
    return given_up


PERIODIC: Final[tuple[Periodic[Postroom], ...]] = (
    Periodic("letters-status", every=lambda postroom: postroom.status_seconds, work=follow_letters),
    Periodic("notices-digest", every=lambda postroom: _digest_pause(postroom.digest_wait), work=send_digests),
    Periodic("staff-mails", every=lambda postroom: _digest_pause(postroom.digest_wait), work=write_digests),
    Periodic("consignments-sweep", every=lambda postroom: postroom.sweep_seconds, work=sweep),
)


def _digest_pause(wait: timedelta) -> float:
    """Often enough that a notice is at most half its gathering time late, and never hectic."""
    return min(max(wait.total_seconds() / 2, 0.5), 5.0)
