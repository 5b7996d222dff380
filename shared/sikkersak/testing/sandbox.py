"""A sandbox: a database and two virtual hosts of a test's own, on the real servers that `./dev test` started.

The servers are named by DATABASE_URL, RABBITMQ_URL and RABBITMQ_MANAGEMENT_URL, with administrator rights.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aio_pika
import asyncpg
import httpx
from aio_pika.abc import AbstractRobustConnection

from sikkersak.ids import new_id
from sikkersak.messaging.topology import EVENTS_VHOST, RPC_VHOST, definitions
from sikkersak.persistence.foundation import FOUNDATION


@dataclass(frozen=True)
class Sandbox:
    """Addresses of one test's own database and virtual hosts."""

    database_url: str
    rabbitmq_url: str
    rabbitmq_rpc_url: str
    management_url: str
    vhost: str

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AbstractRobustConnection]:
        """A connection to the virtual host of facts and orders, closed before that is gone: it would never give up."""
        async with await aio_pika.connect_robust(self.rabbitmq_url, reconnect_interval=0.2) as connection:
            yield connection

    async def depth(self, queue: str) -> int:
        """How many messages a queue holds now, counted by the broker itself."""
        connection = await aio_pika.connect(self.rabbitmq_url)
        async with connection:
            channel = await connection.channel()
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.message_count or 0


@asynccontextmanager
async def sandbox(*, longest_delay: int | None = None) -> AsyncIterator[Sandbox]:
    """Makes one, with the tables that every service has in the public schema, and removes it.

    `longest_delay`, in milliseconds, shortens every step of every ladder to at most that; all else is as in production.
    """
    name = f"sikkersak_test_{new_id().hex[-12:]}"
    admin_database, amqp = os.environ["DATABASE_URL"], os.environ["RABBITMQ_URL"]
    async with _database(admin_database, name) as database_url, _broker(amqp) as http:
        vhosts = {EVENTS_VHOST: name, RPC_VHOST: f"{name}_rpc"}
        for known, own in vhosts.items():
            (await http.put(f"/api/vhosts/{own}")).raise_for_status()
            user = urlsplit(amqp).username
            everything = {"configure": ".*", "write": ".*", "read": ".*"}
            (await http.put(f"/api/permissions/{own}/{user}", json=everything)).raise_for_status()
            (
                await http.post(f"/api/definitions/{own}", json=_hasty(definitions()[known], longest_delay))
            ).raise_for_status()
        try:
            yield Sandbox(database_url, _path(amqp, name), _path(amqp, f"{name}_rpc"), _management(amqp), name)
        finally:
            for own in vhosts.values():
                await http.delete(f"/api/vhosts/{own}")


@asynccontextmanager
async def _database(admin_url: str, name: str) -> AsyncIterator[str]:
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(f'create database "{name}"')
        url = _path(admin_url, name)
        own = await asyncpg.connect(url)
        await own.execute(FOUNDATION)
        await own.close()
        yield url
        await admin.execute(f'drop database "{name}" with (force)')
    finally:
        await admin.close()


def _hasty(wanted: dict[str, Any], longest_delay: int | None) -> dict[str, Any]:
    for policy in wanted["policies"]:
        ttl = policy["definition"].get("message-ttl")
        if ttl is not None and longest_delay is not None and ".retry." in policy["name"]:
            policy["definition"]["message-ttl"] = min(ttl, longest_delay)
    return wanted


def _broker(amqp: str) -> httpx.AsyncClient:
    """A virtual host is made in a tenth of a second, and in many where the broker makes some for others too."""
    return httpx.AsyncClient(base_url=_management(amqp), timeout=60)


def _management(amqp: str) -> str:
    """The management API with the same account; beside the AMQP port where no address is given."""
    parts = urlsplit(amqp)
    given = os.environ.get("RABBITMQ_MANAGEMENT_URL", f"http://{parts.hostname}:15672")
    address = urlsplit(given)
    return urlunsplit(
        (address.scheme, f"{parts.username}:{parts.password}@{address.hostname}:{address.port}", "", "", "")
    )


def _path(url: str, path: str) -> str:
    return urlunsplit((*urlsplit(url)[:2], f"/{path}", "", ""))
