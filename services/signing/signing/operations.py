"""What signing answers: how far signature jobs have come."""

from __future__ import annotations

from uuid import UUID

from signing import store
from signing.desk import Desk
from sikkersak.contracts.signing import JobPage, ListJobs
from sikkersak.identity import Actor, Permission
from sikkersak.messaging.operations import Ask, Operations

operations: Operations[Desk] = Operations("signing")


@operations.answers(ListJobs)
async def list_jobs(asked: ListJobs, ask: Ask, desk: Desk) -> JobPage:
    """Jobs of one document, or those the actor watches over. No names stand in them."""
    del desk
    found = await store.job_page(ask.tx, _schools(ask.actor), asked)
    return JobPage(items=tuple(found), next=str(found[-1].job_id) if len(found) == asked.limit else None)


def _schools(actor: Actor) -> list[UUID] | None:
    """Every school for those who see all, the own ones for those who follow them; one document's for anyone else.

    Access to the document is not decided here: the gateway asks only after cases has allowed it.
    """
    if actor.holds(Permission.FOLLOW_ALL_SENDINGS):
        return None
    return sorted(actor.schools) if actor.holds(Permission.FOLLOW_SENDINGS) else []
