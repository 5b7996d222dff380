"""What signing does by itself: it polls the portal, and sees to jobs that nothing moves (R2)."""

from __future__ import annotations

from typing import Final

import structlog

from signing import store
from signing.desk import Desk
from sikkersak.contracts.signing import CreateJob, JobState
from sikkersak.messaging.outbox import say
from sikkersak.periodic import Periodic

log = structlog.get_logger(__name__)


async def poll_portal(desk: Desk) -> None:
    """One round of polling, by one replica: two would take each other's answers."""
    await desk.poll()


async def sweep(desk: Desk) -> None:
    """A creation that was never answered becomes a person's; an order that nobody took up is said again."""
    async with desk.database.transaction() as tx:
        for row in await store.unanswered(tx, desk.unknown_after):
            await store.change(tx, row["job_id"], JobState.FAILED, "outcome-unknown")
            log.error("job_outcome_unknown", job_id=str(row["job_id"]))
        for job_id in await store.unmoved(tx):
            await say(tx, CreateJob(job_id=job_id))


PERIODIC: Final[tuple[Periodic[Desk], ...]] = (
    Periodic("portal-poll", every=lambda desk: desk.poll_seconds, work=poll_portal),
    Periodic("signing-sweep", every=lambda _: 60.0, work=sweep),
)
