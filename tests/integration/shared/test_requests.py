"""Requests: the way to a service comes back by itself, also after the broker has lost everything."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aio_pika
import httpx
from aio_pika.abc import AbstractIncomingMessage
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sikkersak.contracts.cases_people import ListSchools, SchoolList
from sikkersak.errors import Transient
from sikkersak.identity import Actor, ActorSigner
from sikkersak.ids import new_id
from sikkersak.messaging.rpc import RpcClient
from sikkersak.messaging.topology import RPC_VHOST, definitions
from sikkersak.testing.sandbox import Sandbox

PEM = Ed25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
ACTOR = Actor(staff_id=new_id(), roles=frozenset(), schools=frozenset(), level="high", session="s-1")


async def asked(client: RpcClient, place: Sandbox) -> SchoolList:
    """The answer of a small owner of its own, tried for as long as the client may need to find back."""

    async def answer(request: AbstractIncomingMessage) -> None:
        reply = aio_pika.Message(b'{"ok": {"items": []}}', correlation_id=request.correlation_id)
        await channel.default_exchange.publish(reply, routing_key=request.reply_to or "")

    owner = await aio_pika.connect(place.rabbitmq_rpc_url)
    async with owner:
        channel = await owner.channel()
        await (await channel.get_queue("rpc.cases", ensure=False)).consume(answer, no_ack=True)
        async with asyncio.timeout(45):
            while True:
                try:
                    return await client.ask(ListSchools(), actor=ACTOR, within=1.0)
                except Transient:
                    await asyncio.sleep(0.1)


async def lose_and_make_anew(place: Sandbox) -> None:
    """The virtual host goes with all it holds; the client meets a broker that does not know it, then an empty one."""
    own, user = f"{place.vhost}_rpc", urlsplit(place.rabbitmq_rpc_url).username
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    async with httpx.AsyncClient(base_url=place.management_url, timeout=60) as http:
        (await http.delete(f"/api/vhosts/{own}")).raise_for_status()
        await asyncio.sleep(0.5)  # reconnects are refused meanwhile
        (await http.put(f"/api/vhosts/{own}")).raise_for_status()
        (await http.put(f"/api/permissions/{own}/{user}", json=everything)).raise_for_status()
        (await http.post(f"/api/definitions/{own}", json=definitions()[RPC_VHOST])).raise_for_status()


async def test_a_client_asks_again_after_its_virtual_host_was_lost_and_made_anew(place: Sandbox) -> None:
    connection = await aio_pika.connect_robust(place.rabbitmq_rpc_url, reconnect_interval=0.2)
    client = RpcClient(connection, ActorSigner(PEM))
    try:
        assert await asked(client, place) == SchoolList(items=())
        await lose_and_make_anew(place)
        assert await asked(client, place) == SchoolList(items=())
    finally:
        await client.close()
        await connection.close()
