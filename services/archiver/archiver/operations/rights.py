"""The archiver's operations, and whose deliveries an actor sees. Who may ask at all, the access policy says (M26)."""

from __future__ import annotations

from uuid import UUID

from archiver.archive import Archive
from sikkersak.identity import Actor, Permission
from sikkersak.messaging.operations import Operations

operations: Operations[Archive] = Operations("archiver")


def schools_of(actor: Actor) -> list[UUID] | None:
    """Every school for those who see all; the own ones for others."""
    return None if actor.holds(Permission.ARCHIVE_LOG_ALL) else actor.schools_with(Permission.ARCHIVE_LOG)
