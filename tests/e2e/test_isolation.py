"""What a service may reach: its own schema and its own queues, nothing else (R1)."""

from __future__ import annotations

from pathlib import Path

import aio_pika
import aiormq
import asyncpg
import pytest

from local.demo.setting import Setting
from local.stack import Stack
from sikkersak.messaging.topology import EVENTS_VHOST, SERVICES, queues_of

PAIRS = [(one, other) for one in SERVICES for other in SERVICES if one != other]


@pytest.mark.parametrize(("service", "other"), PAIRS)
async def test_a_services_role_is_refused_anothers_tables(stack: Stack, service: str, other: str) -> None:
    connection = await asyncpg.connect(stack.provision.database_url(service))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"select * from {other}.outbox")
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_services_role_can_change_no_table_of_its_own(stack: Stack, service: str) -> None:
    connection = await asyncpg.connect(stack.provision.database_url(service))
    try:
        assert await connection.fetchval("select count(*) from outbox") >= 0
        for refused in (
            "create table x (y int)",
            "drop table outbox",
            "create schema z",
            "create temp table t (y int)",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(refused)
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_services_account_declares_nothing_and_reads_no_queue_of_another(stack: Stack, service: str) -> None:
    connection = await aio_pika.connect(stack.provision.rabbitmq_url(service, EVENTS_VHOST))
    async with connection:
        for other in SERVICES:
            channel = await connection.channel()
            queue = await channel.get_queue(queues_of(other)[0].name, ensure=False)
            if other == service:
                continue
            with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
                await queue.get(fail=False)
        channel = await connection.channel()
        with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
            await channel.declare_queue("mine", durable=True)


@pytest.mark.parametrize("act", ["update audit set act = 'x'", "delete from audit", "truncate audit"])
async def test_the_audit_log_cannot_be_rewritten_by_its_own_service_nor_by_its_owner(
    stack: Stack, setting: Setting, act: str
) -> None:
    del setting  # what its administrator did stands in the log
    for is_owner in (False, True):
        connection = await asyncpg.connect(stack.provision.database_url("cases", is_owner=is_owner))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(act)
        finally:
            await connection.close()


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_stands_in_the_environment_of_a_process(stack: Stack, service: str) -> None:
    pid = stack.process(service).pid()
    environment = Path(f"/proc/{pid}/environ").read_text()
    assert "SECRETS_DIR" in environment
    for secret in (stack.folder / "secrets" / service).iterdir():
        if secret.is_file():
            assert secret.read_text() not in environment, secret.name
            assert secret.stat().st_mode & 0o077 == 0, secret.name
