"""Alembic's environment: one service's schema, migrated by its owner role with a short lock timeout (R14)."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool


def migrate(connection: Connection) -> None:
    """Runs what is missing. Only one process migrates a schema at a time; the others wait and find nothing to do."""
    schema = context.config.attributes["schema"]
    connection.execute(text("set lock_timeout = '2s'"))
    connection.execute(text("select pg_advisory_lock(hashtext(:name))"), {"name": f"migrate:{schema}"})
    connection.commit()
    context.configure(
        connection=connection, target_metadata=None, version_table="migrations", version_table_schema=schema
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Connects as the owner of the schema."""
    engine = create_async_engine(context.config.attributes["url"], poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(main())
