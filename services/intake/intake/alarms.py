"""What somebody must know of the way in: a stopped receiver, mail that waits too long, a list that shows nothing new."""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge

from intake import receivers
from sikkersak.errors import Declined
from sikkersak.observability.metrics import Metrics
from sikkersak.persistence.database import Database

OLDEST_SECONDS: Final = 30 * 60  # KS itself alarms after two hours


class Alarms:
    """Gauges without a label about anybody, and a deep health check that says which alarm it is."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        registry = metrics.registry
        # max(intake_oldest_unfetched_seconds) > 1800: mail has waited at SvarInn for more than half an hour
        self._oldest = Gauge(
            "intake_oldest_unfetched_seconds", "Age of the oldest mail seen and not safe here", registry=registry
        )
        self._waiting = Gauge("intake_unfetched", "Mail seen and not safe here", registry=registry)
        # intake_receivers_stopped > 0: SvarInn refuses our credentials
        self._stopped = Gauge("intake_receivers_stopped", "Receiving systems that are stopped", registry=registry)
        # intake_lists_stuck > 0: SvarInn lists 200 and nothing of it can be taken in; more may wait behind
        self._stuck = Gauge("intake_lists_stuck", "Full lists in which nothing moves", registry=registry)

    async def look(self) -> str:
        """All is well, or `Declined` with the alarm's code."""
        async with self._database.transaction() as tx:
            rows = await receivers.status(tx)
        oldest = max((row["oldest_seconds"] for row in rows), default=0.0)
        stopped = [row for row in rows if row["stopped_at"] is not None]
        stuck = [row for row in rows if row["full_since"] is not None]
        self._oldest.set(oldest)
        self._waiting.set(sum(row["waiting"] for row in rows))
        self._stopped.set(len(stopped))
        self._stuck.set(len(stuck))
        if stopped:
            raise Declined(stopped[0]["stopped_code"], "SvarInn godtar ikke påloggingen vår.")
        if stuck:
            raise Declined("svarinn-list-is-full", "SvarInn viser 200 forsendelser, og ingen av dem kan tas inn.")
        if oldest > OLDEST_SECONDS:
            raise Declined("mail-waits-too-long", "Post har ventet i SvarInn i over 30 minutter.")
        return f"{len(rows)} receiving systems"
