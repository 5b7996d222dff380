"""What the roles and accounts may do, and may not (R1, R3)."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import aiormq
import asyncpg
import pytest

from local import servers
from local.memory import Memory
from local.provision import Provision
from sikkersak.messaging.topology import EVENTS_VHOST, RPC_VHOST


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Provision]:
    """Roles, database, virtual hosts and accounts of this test's own; the schemas are left empty."""
    management = os.environ.get("RABBITMQ_MANAGEMENT_URL", servers.addresses().management_url)
    given = servers.Servers(os.environ["DATABASE_URL"], os.environ["RABBITMQ_URL"], management)
    made = Provision(given, Memory(tmp_path / "memory.json"), f"sikkersak_test_{secrets.token_hex(4)}")
    await asyncio.to_thread(made.prepare)
    try:
        yield made
    finally:
        await asyncio.to_thread(made.remove)


async def run_as(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


class TestDatabaseRoles:
    async def test_the_runtime_role_uses_what_the_owner_makes(self, installation: Provision) -> None:
        owner, runtime = (installation.database_url("cases", is_owner=flag) for flag in (True, False))
        await run_as(owner, "create table thing (id bigint generated always as identity, name text)")

        await run_as(runtime, "insert into thing (name) values ('a')")

        assert await run_as(runtime, "select name from thing") == "a"

    @pytest.mark.parametrize(
        "statement",
        [
            "create table mine (id int)",
            "create temporary table mine (id int)",
            "create schema mine",
            "create table public.mine (id int)",
            "alter table thing add column other text",
            "truncate thing",
        ],
    )
    async def test_the_runtime_role_makes_and_changes_no_structure(
        self, installation: Provision, statement: str
    ) -> None:
        await run_as(installation.database_url("cases", is_owner=True), "create table thing (id int)")

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run_as(installation.database_url("cases"), statement)

    @pytest.mark.parametrize("is_owner", [False, True])
    async def test_no_role_of_one_service_reads_another(self, installation: Provision, is_owner: bool) -> None:
        await run_as(installation.database_url("cases", is_owner=True), "create table thing (id int)")

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run_as(installation.database_url("intake", is_owner=is_owner), "select * from cases.thing")

    async def test_a_statement_and_a_lock_have_an_end(self, installation: Provision) -> None:
        url = installation.database_url("cases")

        assert await run_as(url, "show statement_timeout") == "30s"
        assert await run_as(url, "show lock_timeout") == "2s"
        assert await run_as(url, "show idle_in_transaction_session_timeout") == "30s"

    async def test_making_it_again_gives_back_no_right_that_a_migration_took(self, installation: Provision) -> None:
        owner, runtime = (installation.database_url("cases", is_owner=flag) for flag in (True, False))
        await run_as(owner, "create table log (id int)")
        role = installation.database_url("cases").split("//")[1].split(":")[0]
        await run_as(owner, f'revoke update, delete on log from "{role}"')

        await asyncio.to_thread(installation.prepare)

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run_as(runtime, "delete from log")


class TestBrokerAccounts:
    async def test_a_request_gets_its_reply_with_least_rights(self, installation: Provision) -> None:
        """Direct reply-to: the asker needs no read right for it, the answerer only to write to the default exchange."""
        asker = await aio_pika.connect(installation.rabbitmq_url("gateway", RPC_VHOST))
        owner = await aio_pika.connect(installation.rabbitmq_url("cases", RPC_VHOST))
        async with asker, owner:
            answering = await owner.channel()

            async def answer(message: aio_pika.abc.AbstractIncomingMessage) -> None:
                reply = aio_pika.Message(b"yes", correlation_id=message.correlation_id)
                await answering.default_exchange.publish(reply, routing_key=str(message.reply_to))
                await message.ack()

            await (await answering.get_queue("rpc.cases", ensure=False)).consume(answer)
            asking = await asker.channel()
            replies: asyncio.Queue[bytes] = asyncio.Queue()

            async def receive(message: aio_pika.abc.AbstractIncomingMessage) -> None:
                await replies.put(message.body)

            direct = await asking.get_queue("amq.rabbitmq.reply-to", ensure=False)
            await direct.consume(receive, no_ack=True)
            request = aio_pika.Message(b"?", reply_to="amq.rabbitmq.reply-to", correlation_id="1")
            await asking.default_exchange.publish(request, routing_key="rpc.cases")

            assert await asyncio.wait_for(replies.get(), 45) == b"yes"

    @pytest.mark.parametrize(
        ("service", "vhost", "queue"),
        [
            ("intake", EVENTS_VHOST, "cases.orders"),
            ("intake", RPC_VHOST, "rpc.cases"),
            ("gateway", RPC_VHOST, "rpc.cases"),
        ],
    )
    async def test_a_service_reads_its_own_queues_only(
        self, installation: Provision, service: str, vhost: str, queue: str
    ) -> None:
        async with await aio_pika.connect(installation.rabbitmq_url(service, vhost)) as connection:
            channel = await connection.channel()
            with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
                await (await channel.get_queue(queue, ensure=False)).get(fail=False)

    async def test_a_service_declares_nothing(self, installation: Provision) -> None:
        async with await aio_pika.connect(installation.rabbitmq_url("cases", EVENTS_VHOST)) as connection:
            channel = await connection.channel()
            with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
                await channel.declare_queue("cases.invented")

    async def test_operators_cannot_enter_the_virtual_host_of_requests(self, installation: Provision) -> None:
        with pytest.raises(aiormq.AMQPError):
            await aio_pika.connect(installation.rabbitmq_url("operator", RPC_VHOST))

    async def test_operators_look_at_what_is_parked(self, installation: Provision) -> None:
        async with await aio_pika.connect(installation.rabbitmq_url("operator", EVENTS_VHOST)) as connection:
            channel = await connection.channel()
            parking = await channel.get_queue("cases.orders.parking", ensure=False)

            assert await parking.get(fail=False) is None
