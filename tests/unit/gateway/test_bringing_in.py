"""Mail from the general archive, sent to the API as a form with files: streamed to the vault, asked of intake (M5)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.api.caller import caller_or_machine
from gateway.app import make_app
from gateway.cookies import Cookies
from sikkersak.clock import now
from sikkersak.contracts.intake import Belonging, MailState, MailSummary
from sikkersak.contracts.intake_ways_in import BringingLimits, BringInMail, BroughtIn, ReadBringingLimits
from sikkersak.errors import Forbidden
from sikkersak.ids import new_id
from sikkersak.messaging.rpc import Overloaded
from sikkersak.testing.running import make_keys
from sikkersak.vault import Vault

FORM = {
    "title": "Vedtak",
    "sender": "Elements",
    "receiver_organisation": "310000019",
    "origin_case_number": "2026/4711",
}
KEY = {"Idempotency-Key": "key-00001"}


@dataclass
class Asked:
    """A caller whose questions are remembered, and whose vault is real."""

    reception: Any
    is_distributor: bool = True
    asked: list[Any] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    own_id: UUID = field(default_factory=new_id)
    is_down: bool = False

    async def ask(self, operation: Any, key: str | None = None) -> Any:
        if not self.is_distributor:
            raise Forbidden("Bare postfordeler.")
        self.asked.append(operation)
        if isinstance(operation, ReadBringingLimits):
            return BringingLimits(largest_bytes=5_000_000, most_files=100)
        self.contents = [await self.reception.vault.read_bytes(file.ref, 5_000_000) for file in operation.files]
        if self.is_down:
            raise Overloaded("Prøv igjen om litt.")
        mail = MailSummary(
            mail_id=new_id(),
            state=MailState.STORED,
            title=operation.title,
            sender=operation.sender.name,
            receiver_organisation=operation.receiver_organisation,
            school_id=None,
            received_at=now(),
            attachments=len(operation.files),
            belonging=Belonging.HERE,
            rule="",
        )
        return BroughtIn(mail=mail, confirmation="Overført")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[tuple[Asked, httpx.AsyncClient]]:
    make_keys(tmp_path)
    vault = await Vault.open(f"file://{tmp_path}/vault", tmp_path / "vault_keys.json")
    reception: Any = SimpleNamespace(
        cookies=Cookies(is_https=True), largest_body=1_000_000, largest_upload=5_000_000, vault=vault
    )
    protection: Any = make_app(reception)
    who = Asked(reception)
    protection._app.dependency_overrides[caller_or_machine] = lambda: who
    async with httpx.AsyncClient(transport=httpx.ASGITransport(protection), base_url="https://sak") as client:
        yield who, client


async def test_files_reach_the_vault_and_intake_in_their_order(site: tuple[Asked, httpx.AsyncClient]) -> None:
    who, client = site
    large = bytes(3_000_000)
    files = [("files", ("vedtak æ.pdf", b"%PDF-1.7", "application/pdf")), ("files", ("b.bin", large, "text/html"))]
    answer = await client.post("/api/v1/brought-in-mail", data=FORM, files=files, headers=KEY)
    assert answer.status_code == 201, answer.text
    assert answer.json()["confirmation"] == "Overført"
    _, asked = who.asked
    assert isinstance(asked, BringInMail)
    assert [one.name for one in asked.files] == ["vedtak æ.pdf", "b.bin"]
    assert asked.origin_case_number == "2026/4711"
    assert who.contents == [b"%PDF-1.7", large]


@pytest.mark.parametrize("is_down", [False, True])
async def test_the_copy_that_was_sent_in_is_gone_when_the_call_returns_and_nobody_elses(
    site: tuple[Asked, httpx.AsyncClient], is_down: bool
) -> None:
    who, client = site
    elsewhere = await who.reception.vault.put(b"%PDF-1.7", "application/pdf")
    who.is_down = is_down
    refs = []
    for _ in range(2):  # tried again under the same key, it is the same request
        answer = await client.post(
            "/api/v1/brought-in-mail", data=FORM, files={"files": ("a", b"%PDF-1.7")}, headers=KEY
        )
        assert answer.status_code == (503 if is_down else 201)
        refs.append(who.asked[-1].files[0].ref)
        assert not await who.reception.vault.exists(refs[-1])
    assert refs[0] == refs[1]
    assert await who.reception.vault.exists(elsewhere)


@pytest.mark.parametrize("field_name", ["title", "sender", "receiver_organisation"])
async def test_what_is_missing_is_said(site: tuple[Asked, httpx.AsyncClient], field_name: str) -> None:
    who, client = site
    data = {name: value for name, value in FORM.items() if name != field_name}
    answer = await client.post("/api/v1/brought-in-mail", data=data, files={"files": ("a", b"x")}, headers=KEY)
    assert answer.status_code == 422
    assert field_name in json.dumps(answer.json())
    assert not [one for one in who.asked if isinstance(one, BringInMail)]


async def test_nothing_reaches_the_vault_from_whoever_may_not(
    site: tuple[Asked, httpx.AsyncClient], tmp_path: Path
) -> None:
    who, client = site
    who.is_distributor = False
    answer = await client.post("/api/v1/brought-in-mail", data=FORM, files={"files": ("a", b"x")}, headers=KEY)
    assert answer.status_code == 403
    assert [path.name for path in (tmp_path / "vault").rglob("*") if path.is_file()] == ["vault-v1"]
