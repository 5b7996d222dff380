"""`./dev parked`: what is parked in the broker, grouped by cause, and sent to work again."""

from __future__ import annotations

import asyncio
import getpass
from collections import Counter
from dataclasses import dataclass

import aio_pika
from rich.table import Table

from sikkersak.messaging.parking import ParkedMessage, parked, parking_queues, replay


@dataclass(frozen=True)
class Choice:
    """Which parked messages are meant; what is not given chooses all."""

    queue: str | None = None
    fingerprint: str | None = None
    message_id: str | None = None

    def queues(self) -> tuple[str, ...]:
        """The work queues to look at."""
        return (self.queue,) if self.queue else parking_queues()

    def is_meant(self, message: ParkedMessage) -> bool:
        """Whether this one is chosen."""
        wanted = ((self.fingerprint, message.fingerprint), (self.message_id, message.message_id))
        return all(one is None or one == its for one, its in wanted)


def listed(url: str, choice: Choice) -> list[ParkedMessage]:
    """The chosen messages; looking puts each back where it was."""
    return asyncio.run(_listed(url, choice))


def replayed(url: str, choice: Choice) -> int:
    """Sends the chosen messages to their work queues again under the same id; how many."""
    return asyncio.run(_replayed(url, choice, getpass.getuser()))


def table(messages: list[ParkedMessage]) -> Table:
    """One line for each cause."""
    made = Table("queue", "type", "outcome", "reason", "fingerprint", "since", "messages")
    causes = Counter((one.queue, one.message_type, one.outcome, one.reason, one.fingerprint) for one in messages)
    for cause, count in causes.most_common():
        same = (one for one in messages if one.queue == cause[0] and one.fingerprint == cause[-1])
        made.add_row(*cause, min(one.first_failed_at for one in same)[:19], str(count))
    return made


async def _listed(url: str, choice: Choice) -> list[ParkedMessage]:
    connection = await aio_pika.connect_robust(url)
    async with connection:
        found = [one for queue in choice.queues() for one in await parked(connection, queue)]
    return [one for one in found if choice.is_meant(one)]


async def _replayed(url: str, choice: Choice, by: str) -> int:
    connection = await aio_pika.connect_robust(url)
    async with connection:
        return sum([await replay(connection, queue, by=by, choice=choice.is_meant) for queue in choice.queues()])
