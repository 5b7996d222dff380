"""Webhooks through the running gateway: signed, tried again, stopped when nobody takes them, for administrators only."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from sikkersak.clock import now
from sikkersak.contracts.message import Message
from sikkersak.contracts.notifier import ConsignmentState, LetterChanged
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database
from sikkersak.testing.waiting import eventually

Site = Any
OLA = "02917531008"


@pytest.fixture(scope="module")
def environment(environment: dict[str, str]) -> dict[str, str]:
    own = {"WEBHOOK_LADDER": "0.1,0.1", "WEBHOOK_SECONDS": "0.1", "WEBHOOK_NETWORKS": "127.0.0.1/32"}
    return environment | own | {"OUTWARD_EFFECTS": "true"}


@dataclass
class Receiver:
    """Another system: answers with `status`, remembers what came."""

    url: str = ""
    status: int = 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        told = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(told.get("content-length", 0)))
        self.got.append((told, body))
        away = "Location: http://127.0.0.1:1/\r\n" if self.status == 302 else ""
        writer.write(f"HTTP/1.1 {self.status} X\r\n{away}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(status: int = 204) -> AsyncIterator[Receiver]:
    receiver = Receiver(status=status)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hendelser"
    async with server:
        yield receiver


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(new_id())}


def body(url: str) -> dict[str, Any]:
    return {"url": url, "description": "Skolesystemet", "events": ["document.sending"]}


async def told(site: Site, fact: Message) -> None:
    database = await Database.connect(site.database_url, application="test", size=2)
    async with database.transaction() as tx:
        await say(tx, fact)
    await database.close()


def letter() -> LetterChanged:
    return LetterChanged(letter_id=new_id(), document_id=new_id(), state=ConsignmentState.DELIVERED, changed_at=now())


def is_signed(headers: dict[str, str], content: bytes, secret: str) -> bool:
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}" in headers["webhook-signature"].split(" ")


async def test_an_event_comes_signed_once_with_nothing_but_type_id_and_time(site: Site) -> None:
    fact = letter()
    async with receiving() as receiver, site.logged_in() as browser:
        made = (await browser.post("/api/v1/webhooks", json=body(receiver.url), headers=key())).json()
        await told(site, fact)
        await eventually(lambda: _is(bool(receiver.got)), what="the event")
        deliveries = (await browser.get(f"/api/v1/webhooks/{made['webhook_id']}/deliveries")).json()["items"]
        shown = (await browser.get(f"/api/v1/webhooks/{made['webhook_id']}")).json()
    headers, content = receiver.got[0]
    assert is_signed(headers, content, made["secret"])
    said = json.loads(content)
    assert (said["type"], said["data"]) == ("document.sending", {"id": str(fact.document_id)})
    assert set(said) == {"type", "timestamp", "data"}
    assert [one["delivery_id"] for one in deliveries] == [headers["webhook-id"]]
    assert "secret" not in shown
    assert made["secret"] not in str(await site.rows("select * from webhooks"))


async def test_a_new_secret_signs_beside_the_old_one_and_twice_the_same_key_makes_one(site: Site) -> None:
    async with receiving() as receiver, site.logged_in() as browser:
        made = (await browser.post("/api/v1/webhooks", json=body(receiver.url), headers=key())).json()
        address = f"/api/v1/webhooks/{made['webhook_id']}"
        same = key()
        rotated = [(await browser.post(f"{address}/secret", headers=same)).json()["secret"] for _ in range(2)]
        pinged = [(await browser.post(f"{address}/ping", headers=key())).status_code]
        await eventually(lambda: _is(bool(receiver.got)), what="the ping")
    assert rotated[0] == rotated[1] != made["secret"]
    assert pinged == [202]
    for secret in (rotated[0], made["secret"]):
        assert is_signed(*receiver.got[0], secret)


@pytest.mark.parametrize("status", [500, 302])
async def test_who_takes_nothing_is_tried_again_then_stopped_and_told_of(site: Site, status: int) -> None:
    async with receiving(status) as receiver, site.logged_in() as browser:
        made = (await browser.post("/api/v1/webhooks", json=body(receiver.url), headers=key())).json()
        address = f"/api/v1/webhooks/{made['webhook_id']}"
        await told(site, letter())

        async def is_stopped() -> bool:
            return (await browser.get(address)).json()["stopped_at"] is not None

        await eventually(is_stopped, what="the stop")
        shown = await browser.get(address)
        (delivery,) = (await browser.get(f"{address}/deliveries")).json()["items"]
        assert [one["status"] for one in delivery["tries"]] == [status] * 3
        assert (shown.json()["stopped_code"], delivery["state"]) == ("refused", "given_up")
        assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
        assert "webhook_stopped" in site.log.read_text()
        receiver.status = 200
        again = body(receiver.url) | {"is_active": True}
        changed = await browser.patch(address, json=again, headers={"If-Match": shown.headers["ETag"]})
        assert (changed.status_code, changed.json()["stopped_at"]) == (200, None)
        stale = await browser.patch(address, json=again, headers={"If-Match": shown.headers["ETag"]})
        assert stale.status_code == 412


async def test_only_public_https_is_taken_and_only_from_administrators(site: Site) -> None:
    site.cases.employ(OLA, "Ola Prøve", "school_leader")
    async with site.logged_in() as browser, site.logged_in("ola") as ola:
        for url in (
            "https://10.0.0.8/hook",
            "https://169.254.169.254/",
            "gopher://example.org/",
            "https://a@b.no/hook",
        ):
            refused = await browser.post("/api/v1/webhooks", json=body(url), headers=key())
            assert (refused.status_code, refused.json()["code"]) == (422, "webhook-target"), url
        denied = [
            await ola.get("/api/v1/webhooks"),
            await ola.post("/api/v1/webhooks", json=body("x" * 20), headers=key()),
        ]
    assert {one.status_code for one in denied} <= {403, 422}
    assert denied[0].status_code == 403


async def test_a_name_that_leads_inside_is_not_called(site: Site) -> None:
    async with receiving() as receiver, site.logged_in() as browser:
        inside = receiver.url.replace("127.0.0.1", "localhost")  # leads to ::1 too, which no setting opens
        made = (await browser.post("/api/v1/webhooks", json=body("https://0x7f.1/"), headers=key())).json()
        address = f"/api/v1/webhooks/{made['webhook_id']}"
        await browser.post(f"{address}/ping", headers=key())

        async def tried() -> list[Any]:
            (delivery,) = (await browser.get(f"{address}/deliveries")).json()["items"]
            return list(delivery["tries"])

        tries = await eventually(tried, what="a try")
    assert inside
    assert tries[0]["outcome"] in ("forbidden-address", "unreachable")
    assert receiver.got == []


async def _is(value: bool) -> bool:
    return value
