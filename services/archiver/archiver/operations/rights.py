"""Who may see and who may edit the archive log (M26)."""

from __future__ import annotations

from uuid import UUID

from archiver.archive import Archive
from sikkersak.errors import Forbidden
from sikkersak.identity import Actor
from sikkersak.identity.roles import Role
from sikkersak.messaging.operations import Operations

operations: Operations[Archive] = Operations("archiver")
SEE_ALL = frozenset({Role.ADMINISTRATOR.value, Role.MAIL_DISTRIBUTOR.value, Role.OPERATIONS.value})
MEND = frozenset({Role.ADMINISTRATOR.value, Role.MAIL_DISTRIBUTOR.value})


def require_mending(actor: Actor) -> None:
    """Administrators and distributors edit the archive log (M26)."""
    if not actor.roles & MEND:
        raise Forbidden("Bare administrator og postfordeler kan sende på nytt, rette eller oppgi en levering.")


def schools_of(actor: Actor) -> list[UUID] | None:
    """Every school for those who see all; the own ones for leaders; none for others."""
    if actor.roles & SEE_ALL:
        return None
    if Role.SCHOOL_LEADER.value in actor.roles:
        return sorted(actor.schools)
    raise Forbidden("Arkivloggen er for administrator, postfordeler og skoleleder.")


def require_overview(actor: Actor) -> None:
    """What is of all schools is for those who see all."""
    if not actor.roles & SEE_ALL:
        raise Forbidden("Avstemming er for administrator, postfordeler og drift.")
