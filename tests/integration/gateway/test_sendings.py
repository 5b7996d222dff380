"""What the gateway asks of whom about sendings: cases first, the link for one click, the return without a session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from faststream.rabbit import Channel, RabbitBroker

from sikkersak.contracts.signing import (
    CancelJob,
    Ceremony,
    CeremonyReturn,
    JobView,
    OpenCeremony,
    ReturnFromCeremony,
)
from sikkersak.identity import ActorVerifier
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask, Operations
from sikkersak.persistence.database import Database
from sikkersak.testing.sandbox import Sandbox

Site = Any
LINK = "https://signering.example/redirect/a1b2"


@dataclass
class FakeSigning:
    """What the small signing service was asked, and by whom."""

    asked: list[tuple[Any, str]] = field(default_factory=list)


def small_signing() -> Operations[FakeSigning]:
    operations: Operations[FakeSigning] = Operations("signing")

    @operations.answers(OpenCeremony)
    async def open_ceremony(asked: OpenCeremony, ask: Ask, signing: FakeSigning) -> Ceremony:
        signing.asked.append((asked, ask.actor.kind))
        return Ceremony(job_id=asked.job_id, signer=asked.signer, url=LINK)

    @operations.answers(ReturnFromCeremony)
    async def come_back(asked: ReturnFromCeremony, ask: Ask, signing: FakeSigning) -> CeremonyReturn:
        signing.asked.append((asked, ask.actor.kind))
        return CeremonyReturn()

    @operations.answers(CancelJob)
    async def cancel(asked: CancelJob, ask: Ask, signing: FakeSigning) -> JobView:
        signing.asked.append((asked, ask.actor.kind))
        raise AssertionError("cases has not been asked")

    return operations


@pytest.fixture
async def signing(site: Site, place: Sandbox, gateway_database: str, module_folder: Path) -> AsyncIterator[FakeSigning]:
    del site
    fake = FakeSigning()
    async with _answering(place, gateway_database, module_folder / "identity", fake):
        yield fake


@asynccontextmanager
async def _answering(place: Sandbox, url: str, keys: Path, fake: FakeSigning) -> AsyncIterator[None]:
    database = await Database.connect(url, application="small-signing", size=2)
    broker = RabbitBroker(place.rabbitmq_rpc_url, default_channel=Channel(on_return_raises=True), logger=None)
    small_signing().serve(broker, fake, database, ActorVerifier.from_folder(keys, audience="signing"))
    await broker.start()
    try:
        yield
    finally:
        await broker.stop()
        await database.close()


async def test_each_click_leads_the_browser_to_the_signing_service_and_is_kept_nowhere(
    site: Site, signing: FakeSigning
) -> None:
    job_id = new_id()
    async with site.logged_in() as browser:
        answer = await browser.get(f"/api/v1/signature-jobs/{job_id}/signers/2/ceremony")
    assert (answer.status_code, answer.headers["location"]) == (303, LINK)
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert signing.asked == [(OpenCeremony(job_id=job_id, signer=2), "person")]
    assert LINK not in site.log.read_text()


async def test_naming_a_document_asks_cases_first_whether_one_may_write_there(site: Site, signing: FakeSigning) -> None:
    job_id, document_id = new_id(), new_id()
    key = {"Idempotency-Key": "key-00001"}
    async with site.logged_in() as browser:
        named = {"document_id": str(document_id)}
        for method, path in (("GET", "signers/1/ceremony"), ("POST", "cancel")):
            address = f"/api/v1/signature-jobs/{job_id}/{path}"
            answer = await browser.request(method, address, params=named, headers=key)
            assert answer.status_code == 404, answer.text  # the small cases service confirms nothing
    assert signing.asked == []


async def test_whoever_comes_back_needs_no_session_and_sees_nothing_of_the_case(
    site: Site, signing: FakeSigning
) -> None:
    job_id: UUID = new_id()
    async with site.browser() as browser:
        done = await browser.get(f"/signering/{job_id}/completion", params={"status_query_token": "a1b2"})
        said_no = await browser.get(f"/signering/{job_id}/rejection")
        too_long = await browser.get(f"/signering/{job_id}/error", params={"status_query_token": "x" * 201})
    assert (done.status_code, said_no.status_code, too_long.status_code) == (200, 200, 200)
    assert "Takk" in done.text
    assert "avslått" in said_no.text
    assert str(job_id) not in done.text
    assert "<a " not in done.text  # the one who reads it is not the one who is logged in
    assert signing.asked == [(ReturnFromCeremony(job_id=job_id, token="a1b2"), "system")]
    assert "a1b2" not in site.log.read_text()
