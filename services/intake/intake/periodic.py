"""What intake does by itself: it polls SvarInn, orders again what nothing moved, and watches what waits (R2)."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from intake import exporting, orders, paper, removal
from intake.mailroom import Mailroom
from intake.receiving import Receiving
from sikkersak.errors import Declined, Transient
from sikkersak.periodic import Periodic

log = structlog.get_logger(__name__)


async def poll_svarinn(mailroom: Mailroom) -> None:
    """One poll of each receiving system, side by side: none waits for another that is stopped or slow.

    The lease makes it one replica's: SvarInn has none of its own, and two would steal from each other.
    """
    polls = [Receiving(mailroom, system).poll() for system in mailroom.systems]
    for system, outcome in zip(mailroom.systems, await asyncio.gather(*polls, return_exceptions=True), strict=True):
        if isinstance(outcome, Transient):
            log.warning("svarinn_waits", system=system.client.system, reason=outcome.reason)
        elif isinstance(outcome, Exception):  # a bug, or declined: alarmed; the other systems are polled all the same
            log.error("svarinn_poll_failed", system=system.client.system, exc_info=outcome)
        elif outcome is not None:
            raise outcome


async def sweep(mailroom: Mailroom) -> None:
    """Decisions that nothing has moved for several rounds are ordered again."""
    async with mailroom.database.transaction() as tx:
        again = await orders.give_again(tx, mailroom.sweep_seconds)
    if again:
        log.warning("orders_given_again", orders=again)


async def give_held(mailroom: Mailroom) -> None:
    """Carries out what nobody has undone in time."""
    async with mailroom.database.transaction() as tx:
        await orders.give_held(tx)


async def look_at_scans(mailroom: Mailroom) -> None:
    """One round of each further way in; a folder that is not mounted never stops a mailbox."""
    for way in mailroom.ways:
        try:
            await way.look(mailroom)
        except Transient as later:
            log.warning("scans_wait", reason=later.reason)
        except OSError as away:
            log.error("scans_away", exception_type=type(away).__name__)


async def watch(mailroom: Mailroom) -> None:
    """Keeps the alarms' gauges true, and says in the log what a person must see to."""
    try:
        await mailroom.alarms.look()
    except Declined as alarm:
        log.error("mail_in_alarm", code=alarm.code)


PERIODIC: Final[tuple[Periodic[Mailroom], ...]] = (
    Periodic("svarinn-poll", every=lambda mailroom: mailroom.poll_seconds, work=poll_svarinn),
    Periodic("mail-sweep", every=lambda mailroom: mailroom.sweep_seconds, work=sweep),
    Periodic("mail-held", every=lambda mailroom: 1.0 if mailroom.undo_seconds > 0 else 30.0, work=give_held),
    Periodic("mail-removal", every=lambda mailroom: mailroom.sweep_seconds * 10, work=removal.remove_content),
    Periodic("export-removal", every=lambda mailroom: mailroom.sweep_seconds * 10, work=removal.remove_exports),
    Periodic("paper", every=lambda mailroom: min(mailroom.sweep_seconds * 10, 600.0), work=paper.remind),
    Periodic("mail-alarms", every=lambda mailroom: min(mailroom.sweep_seconds, 60.0), work=watch),
    Periodic("scans", every=lambda mailroom: mailroom.scan_seconds, work=look_at_scans),
    Periodic("mail-exports", every=lambda mailroom: min(mailroom.sweep_seconds, 5.0), work=exporting.make_next),
)
