"""What signing does by itself: it polls the portal, and sees to jobs that nothing moves (R2)."""

from __future__ import annotations

from itertools import product
from typing import Final

import structlog

from signing import following, store
from signing.desk import Desk
from sikkersak.contracts.notifier import Notice
from sikkersak.contracts.signing import CancelJobAtPortal, CreateJob, JobState
from sikkersak.errors import Declined, Transient
from sikkersak.messaging.outbox import say
from sikkersak.periodic import Periodic

log = structlog.get_logger(__name__)


async def poll_portal(desk: Desk) -> None:
    """One round over every queue, by one replica: two would take each other's answers."""
    if not desk.outward_effects:
        return
    for queue, flow in product(desk.queues, desk.flows):
        try:
            await following.poll(desk, queue, flow)
        except Transient as later:  # one queue's pause is not the others'
            log.info("queue_waits", queue=queue, flow=flow.value, reason=later.reason)
        except Declined as no:  # nor one queue's refusal; operations see it, and the next round asks again
            log.error("queue_refused", queue=queue, flow=flow.value, code=no.code)


async def sweep(desk: Desk) -> None:
    """A creation that was never answered becomes a person's; an order that nobody took up is said again."""
    async with desk.database.transaction() as tx:
        for row in await store.unanswered(tx, desk.unknown_after):
            await store.change(tx, row["job_id"], JobState.FAILED, "outcome-unknown")
            log.error("job_outcome_unknown", job_id=str(row["job_id"]))
        moved = await store.unmoved(tx)
        if desk.outward_effects:
            moved += await store.let_go(tx)
        for job_id in moved:
            await say(tx, CreateJob(job_id=job_id))
        for job_id in await store.uncancelled(tx):
            await say(tx, CancelJobAtPortal(job_id=job_id))


async def remind(desk: Desk) -> None:
    """Tells schools, and whoever asked, of signatures that are still missing shortly before the time runs out; the signers are reminded by the portal."""
    async with desk.database.transaction() as tx:
        for row in await store.running_out(tx, desk.remind_before):
            await store.announce(tx, row, Notice.SIGNATURE_WAITING)


PERIODIC: Final[tuple[Periodic[Desk], ...]] = (
    Periodic("portal-poll", every=lambda desk: desk.poll_seconds, work=poll_portal),
    Periodic("signing-sweep", every=lambda desk: desk.sweep_seconds, work=sweep),
    Periodic("signing-reminders", every=lambda desk: desk.sweep_seconds * 10, work=remind),
)
