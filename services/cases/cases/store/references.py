"""Pupils by what the school system calls them."""

from __future__ import annotations

from uuid import UUID

from sikkersak.errors import Declined, NotFound
from sikkersak.persistence.database import Transaction


async def put(tx: Transaction, pid_lookup: str, reference: str) -> UUID:
    """Keeps it; `NotFound` for a pupil who is not here, `Declined` for a reference that is another's."""
    pupil_id: UUID | None = await tx.fetchval(
        "select pupil_id from pupils where pid_lookup = $1 for update", pid_lookup
    )
    if pupil_id is None:
        raise NotFound("pupil")
    others = "select true from pupils where reference = $1 and pupil_id <> $2"
    if await tx.fetchval(others, reference, pupil_id):
        raise Declined("reference-taken", "Referansen er i bruk for en annen elev.")
    await tx.execute("update pupils set reference = $2 where pupil_id = $1", pupil_id, reference)
    return pupil_id


async def pupil_of(tx: Transaction, reference: str) -> UUID | None:
    """Whom it means."""
    found: UUID | None = await tx.fetchval("select pupil_id from pupils where reference = $1", reference)
    return found
