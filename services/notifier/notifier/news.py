"""Telling those concerned: counted in their school's notice, and in the next e-mail of each who wants one (M22)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from notifier.audience import AUDIENCES, URGENT, is_due, is_quiet
from notifier.changes import order_carrying
from notifier.postroom import Postroom
from notifier.store import consignments, staff
from notifier.store.staff import News
from sikkersak.clock import now
from sikkersak.contracts.notifier import MailRhythm
from sikkersak.persistence.database import Transaction

AT_ONCE: Final = 500  # persons whose digests are written in one transaction


async def gather(tx: Transaction, news: News, digest_wait: timedelta, audience: str | None = None) -> None:
    """Counts it in the open notice of `audience` (its school, where not named) and in everybody's next digest.

    What concerns one person alone goes to that person, never to a channel.
    """
    if news.staff_id is None:
        channel = audience or str(news.school_id)
        await consignments.add_to_digest(tx, news.notice, channel, news.school_id, digest_wait, news.count)
    await tell_each(tx, news)


async def tell_each(tx: Transaction, news: News) -> None:
    """Counts it in everybody's next digest."""
    await staff.add_news(tx, news, AUDIENCES[news.notice])


async def write_digests(postroom: Postroom) -> None:
    """Orders one digest for each person whose time has come, however much has happened, by each way that was chosen."""
    moment, written = now(), 0
    async with postroom.database.transaction() as tx:
        for row in await staff.waiting(tx, URGENT):  # all: those who wait for the morning must not hide the others
            if written >= AT_ONCE:
                return
            is_time = is_due(MailRhythm(row["rhythm"]), row["since"], moment, postroom.digest_wait)
            if not row["is_urgent"] and (not is_time or is_quiet(row["quiet_hours"], postroom.quiet_hours, moment)):
                continue
            for digest in await staff.write_digests(tx, row["staff_id"]):
                await order_carrying(tx, digest)
            written += 1
