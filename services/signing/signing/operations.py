"""What signing answers: how far signature jobs have come."""

from __future__ import annotations

from uuid import UUID

from signing import store
from signing.desk import Desk
from sikkersak.contracts.signing import JobPage, ListJobs
from sikkersak.errors import Forbidden
from sikkersak.identity import Actor
from sikkersak.identity.roles import Role
from sikkersak.messaging.operations import Ask, Operations

operations: Operations[Desk] = Operations("signing")
SEE_ALL = frozenset({Role.ADMINISTRATOR.value, Role.MAIL_DISTRIBUTOR.value, Role.OPERATIONS.value})


@operations.answers(ListJobs)
async def list_jobs(asked: ListJobs, ask: Ask, desk: Desk) -> JobPage:
    """Jobs of one document, or those the actor watches over. No names stand in them."""
    del desk
    found = await store.job_page(ask.tx, _schools(ask.actor, asked), asked)
    return JobPage(items=tuple(found), next=str(found[-1].job_id) if len(found) == asked.limit else None)


def _schools(actor: Actor, asked: ListJobs) -> list[UUID] | None:
    """Every school for those who see all; the own ones for leaders; others must name a document that they know of."""
    if actor.roles & SEE_ALL:
        return None
    if Role.SCHOOL_LEADER.value in actor.roles:
        return sorted(actor.schools)
    if asked.document_id is None or not actor.roles:
        raise Forbidden("Du må oppgi hvilket dokument det gjelder.")
    return []
