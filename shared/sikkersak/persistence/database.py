"""One pool per process, transactions that are named by what they are for, and database trouble sorted by kind (R5)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from sikkersak.errors import CircuitOpen, NotFound, Transient

# A connection inside a transaction. Handlers and stores take it; nobody commits inside (style: one message, one transaction).
Transaction: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record

AWAY: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    ConnectionError,
)
UNREACHABLE: tuple[type[BaseException], ...] = (*AWAY, OSError)
BUSY: tuple[type[BaseException], ...] = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
)


class DatabaseUnavailable(CircuitOpen):
    """PostgreSQL is restarting or away: no attempt was made, none is counted."""


class Database:
    """The service's own schema. Everything goes through `transaction()`."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], url: str) -> None:
        self._pool = pool
        self._url = url

    @classmethod
    async def connect(cls, url: str, *, application: str, size: int) -> Database:
        """Opens a pool of at most `size` connections; raises `DatabaseUnavailable` when the server is away."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                init=_speak_json,
                reset=_leave_clean,
                server_settings={"application_name": application},
                command_timeout=60,
            )
        except UNREACHABLE as away:
            raise DatabaseUnavailable(type(away).__name__) from away
        return cls(pool, url)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One transaction. Connection trouble leaves as `DatabaseUnavailable`, lock trouble as `Transient`."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection
        except AWAY as away:
            raise DatabaseUnavailable(type(away).__name__) from away
        except BUSY as busy:
            raise Transient(type(busy).__name__) from busy

    async def one(self, question: str, *values: object) -> Row | None:
        """The first row of one question that changes nothing: no transaction around it, so two ways to the server fewer."""
        try:
            async with self._pool.acquire() as connection:
                return await connection.fetchrow(question, *values)
        except AWAY as away:
            raise DatabaseUnavailable(type(away).__name__) from away
        except BUSY as busy:
            raise Transient(type(busy).__name__) from busy

    async def listener(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection of its own for LISTEN; the caller closes it. It dies silently with the server: keep a poll."""
        return await asyncpg.connect(self._url, server_settings={"application_name": "listener"})

    async def answers(self) -> bool:
        """Whether the database answers at all, for health checks."""
        try:
            async with self._pool.acquire(timeout=2) as connection:
                return bool(await connection.fetchval("select true", timeout=2))
        except UNREACHABLE:
            return False

    async def close(self) -> None:
        """Waits for running transactions, then closes the pool."""
        await self._pool.close()


async def _leave_clean(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Nothing is undone when a connection goes back into the pool: that would be one more way to the server each time.

    Settings, locks and notifications are a transaction's here (a test looks), and asyncpg itself ends one that was left open.
    """
    del connection


async def _speak_json(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


def present(row: Row | None, subject: str) -> Row:
    """The row that must be there; `NotFound` of `subject` where it is not."""
    if row is None:
        raise NotFound(subject)
    return row
