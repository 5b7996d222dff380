"""How often anybody's roles have changed, as cases told; every replica looks before it trusts what it remembers (M15)."""

from __future__ import annotations

from sikkersak.persistence.database import Database, Transaction, present


async def current(database: Database) -> int:
    """The version now."""
    row = await database.one("select version from staff_version")
    return int(present(row, "staff-version")["version"])


async def advance(tx: Transaction) -> None:
    """Somebody's roles are different from now on. Twice is harmless: people are asked for once more."""
    await tx.execute("update staff_version set version = version + 1")
