"""What the gateway does by itself: it deletes what has expired, and sends webhooks."""

from __future__ import annotations

from typing import Final

from gateway import runs, store
from gateway.reception import Reception
from gateway.webhooks import store as webhooks
from gateway.webhooks.sending import send_due
from sikkersak.clock import now
from sikkersak.periodic import Periodic


async def prune(reception: Reception) -> None:
    """Ended sessions, abandoned log-ins, old logouts and old changes go."""
    async with reception.database.transaction() as tx:
        await store.prune(tx, reception.limits, reception.keep_changes, now())
        await runs.prune(tx, now())
        await webhooks.prune(tx, now() - reception.webhooks.keep)


async def send_webhooks(reception: Reception) -> None:
    """What is due. One replica at a time; a try that is made twice has the same id."""
    await send_due(reception.database, reception.vault, reception.webhooks)


RUNS_EVERY: Final = 1.0
PERIODIC: Final[tuple[Periodic[Reception], ...]] = (
    Periodic("gateway-prune", every=lambda reception: reception.prune_seconds, work=prune),
    Periodic("gateway-runs", every=lambda _: RUNS_EVERY, work=runs.work),
    Periodic("gateway-webhooks", every=lambda reception: reception.webhooks.every, work=send_webhooks),
)
