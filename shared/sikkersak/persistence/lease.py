"""Leases: of several replicas, one polls (R4). A lease that is not renewed passes on by itself."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sikkersak.ids import new_id
from sikkersak.persistence.database import Database

TAKE = """
insert into leases as held (name, holder, expires_at) values ($1, $2, now() + $3)
on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
where held.holder = excluded.holder or held.expires_at < now()
returning true
"""


class Lease:
    """The right to be the only one who does a thing, for `lasts` at a time."""

    def __init__(self, database: Database, name: str, lasts: timedelta) -> None:
        self._database = database
        self.name = name
        self.lasts = lasts
        self.holder: UUID = new_id()

    async def take(self) -> bool:
        """Takes or renews it; false when another replica holds it."""
        async with self._database.transaction() as tx:
            return bool(await tx.fetchval(TAKE, self.name, self.holder, self.lasts))

    async def release(self) -> None:
        """Gives it up so that another replica need not wait for it to run out."""
        async with self._database.transaction() as tx:
            await tx.execute("delete from leases where name = $1 and holder = $2", self.name, self.holder)
