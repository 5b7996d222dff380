"""In every queue of every service: what is not a message is parked with its reason and stops nothing (R6, R11)."""

from __future__ import annotations

from uuid import uuid4

import aio_pika
import pytest

from local.stack import Stack
from sikkersak.messaging.parking import parked
from sikkersak.messaging.topology import EVENTS_VHOST, WORK_QUEUES, WorkQueue
from sikkersak.testing.waiting import eventually

HOSTILE = {
    "not-json": b"\x00\xff not json",
    "not-the-contract": b'{"surprise": 1}',
    "one-megabyte": b'"' + b"x" * 1_000_000 + b'"',
}


@pytest.mark.parametrize("queue", WORK_QUEUES, ids=lambda queue: queue.name)
async def test_hostile_messages_are_parked_and_the_queue_goes_on(stack: Stack, queue: WorkQueue) -> None:
    admin = stack.servers.rabbitmq_url.rstrip("/") + "/" + stack.provision.vhost(EVENTS_VHOST)
    connection = await aio_pika.connect_robust(admin)
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        redeliver = await channel.get_exchange("redeliver", ensure=False)
        for body in HOSTILE.values():
            message = aio_pika.Message(
                body,
                content_type="application/json",
                type=queue.hears[0],
                message_id=str(uuid4()),
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            await redeliver.publish(message, routing_key=queue.name)

        async def all_parked() -> bool:
            return len(await parked(connection, queue.name)) >= len(HOSTILE)

        await eventually(all_parked, what=f"parking of {queue.name}")
        for seen in await parked(connection, queue.name):
            assert seen.reason
            assert seen.fingerprint

        async def is_heard_by_one() -> bool:
            declared = await channel.declare_queue(queue.name, passive=True)
            return declared.declaration_result.consumer_count == 1

        await eventually(is_heard_by_one, what=f"the one who goes on hearing {queue.name}")
