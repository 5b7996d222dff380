"""Deciding for a document without rendition: nothing is stored before it is known that it may be (M24)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from gateway.api import renditions
from gateway.api.caller import caller
from gateway.problems import answer_with_problem
from gateway.protection import Protection
from sikkersak.contracts.renditions import Choice, ChooseRendition, ReadRenditions, Renditions
from sikkersak.errors import Declined
from sikkersak.ids import new_id
from sikkersak.vault.reference import VaultRef

DELIVERY, DOCUMENT = new_id(), new_id()
PLACE = f"/api/v1/deliveries/{DELIVERY}/renditions/{DOCUMENT}"
KEY = {"Idempotency-Key": "en-ny-noekkel"}


class Counter:
    """Stands in for the caller: remembers what was asked, and what went to the vault."""

    def __init__(self, *choices: Choice) -> None:
        document = {"document_key": DOCUMENT, "is_main": True, "holder_key": None, "media_type": "application/pdf"}
        self.answer = Renditions.model_validate({"documents": [document | {"state": "refused", "choices": choices}]})
        self.asked: list[Any] = []
        self.stored: list[bytes] = []
        self.reception = SimpleNamespace(vault=self)

    async def ask(self, operation: Any, key: str | None = None) -> Renditions:
        self.asked.append(operation)
        return self.answer

    async def put(self, content: AsyncIterator[bytes], media_type: str) -> VaultRef:
        self.stored.append(b"".join([piece async for piece in content]))
        return VaultRef(sha256="a" * 64, size=len(self.stored[-1]), media_type=media_type)


def client(counter: Counter) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(renditions.router, prefix="/api/v1")
    app.dependency_overrides[caller] = lambda: counter
    for failure in (Declined, HTTPException):
        app.add_exception_handler(failure, answer_with_problem)
    guarded = Protection(app, is_https=True, largest_body=1000, largest_upload=300_000_000)
    return httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="https://sak")


async def test_a_large_file_goes_to_the_vault_and_then_takes_the_documents_place() -> None:
    counter = Counter(Choice.OTHER_FILE)
    content = b"%PDF-1.7 " + b"x" * 50_000
    async with client(counter) as http:
        answer = await http.post(
            f"{PLACE}/file", params={"name": "ny.pdf", "reason": "fra avsender"}, content=content,
            headers=KEY | {"Content-Type": "application/pdf"},
        )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert counter.stored == [content]
    asked = counter.asked[-1]
    assert isinstance(asked, ChooseRendition)
    assert (asked.choice, asked.file.name, asked.file.ref.size) == (Choice.OTHER_FILE, "ny.pdf", len(content))


async def test_a_file_that_nobody_asked_for_is_not_stored() -> None:
    counter = Counter(Choice.LEAVE_OUT)
    async with client(counter) as http:
        told = {"name": "ny.pdf", "reason": "fra avsender"}
        answer = await http.post(f"{PLACE}/file", params=told, content=b"hei", headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "rendition-choice")
    assert counter.stored == []
    assert [type(one) for one in counter.asked] == [ReadRenditions]


@pytest.mark.parametrize("choice", [Choice.NOTICE_PAGE, Choice.PASSWORD])
async def test_a_decision_is_passed_on_with_its_reason(choice: Choice) -> None:
    counter = Counter(choice)
    async with client(counter) as http:
        body = {"choice": choice.value, "reason": "avsender har ikke flere", "password": "hemmelig"}
        assert (await http.post(f"{PLACE}/choice", json=body, headers=KEY)).status_code == 200
    asked = counter.asked[-1]
    assert (asked.delivery_id, asked.document_key, asked.choice) == (DELIVERY, DOCUMENT, choice)
    assert "hemmelig" not in repr(asked)


async def test_other_addresses_take_no_large_bodies() -> None:
    async with client(Counter()) as http:
        answer = await http.post(f"{PLACE}/choice", content=b"x" * 2000, headers=KEY)
    assert answer.status_code == 413
