"""Deciding for a document without rendition (M24)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from gateway.api import renditions
from gateway.api.caller import caller
from gateway.problems import answer_with_problem
from gateway.protection import Protection
from sikkersak.contracts.renditions import Choice, ChooseRendition, Renditions
from sikkersak.contracts.values import File
from sikkersak.errors import Declined
from sikkersak.ids import new_id
from sikkersak.vault.reference import VaultRef

DELIVERY, DOCUMENT = new_id(), new_id()
PLACE = f"/api/v1/deliveries/{DELIVERY}/renditions/{DOCUMENT}"
KEY = {"Idempotency-Key": "en-ny-noekkel"}


class Counter:
    """Stands in for the caller: remembers what was asked."""

    def __init__(self, *choices: Choice) -> None:
        document = {"document_key": DOCUMENT, "is_main": True, "holder_key": None, "media_type": "application/pdf"}
        self.answer = Renditions.model_validate({"documents": [document | {"state": "refused", "choices": choices}]})
        self.asked: list[Any] = []
        self.reception, self.person = SimpleNamespace(), SimpleNamespace()

    async def ask(self, operation: Any, key: str | None = None) -> Renditions:
        self.asked.append(operation)
        return self.answer


def client(counter: Counter) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(renditions.router, prefix="/api/v1")
    app.dependency_overrides[caller] = lambda: counter
    for failure in (Declined, HTTPException):
        app.add_exception_handler(failure, answer_with_problem)
    guarded = Protection(app, is_https=True, largest_body=1000, largest_upload=300_000_000)
    return httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="https://sak")


async def test_a_file_that_was_sent_in_takes_the_documents_place(monkeypatch: pytest.MonkeyPatch) -> None:
    counter, upload_id = Counter(Choice.OTHER_FILE), new_id()
    file = File(
        name="ny.pdf",
        media_type="application/pdf",
        ref=VaultRef(sha256="a" * 64, size=9, media_type="application/pdf"),
    )

    async def claimed(reception: Any, person: Any, upload_ids: tuple[UUID, ...]) -> tuple[File, ...]:
        assert (reception, person, upload_ids) == (counter.reception, counter.person, (upload_id,))
        return (file,)

    monkeypatch.setattr(renditions, "claimed", claimed)
    async with client(counter) as http:
        body = {"upload_id": str(upload_id), "reason": "fra avsender"}
        answer = await http.post(f"{PLACE}/file", json=body, headers=KEY)
    assert answer.status_code == 200, answer.text
    (asked,) = counter.asked
    assert isinstance(asked, ChooseRendition)
    assert (asked.choice, asked.reason, asked.file) == (Choice.OTHER_FILE, "fra avsender", file)


@pytest.mark.parametrize("choice", [Choice.NOTICE_PAGE, Choice.PASSWORD])
async def test_a_decision_is_passed_on_with_its_reason(choice: Choice) -> None:
    counter = Counter(choice)
    async with client(counter) as http:
        body = {"choice": choice.value, "reason": "avsender har ikke flere", "password": "hemmelig"}
        assert (await http.post(f"{PLACE}/choice", json=body, headers=KEY)).status_code == 200
    asked = counter.asked[-1]
    assert (asked.delivery_id, asked.document_key, asked.choice) == (DELIVERY, DOCUMENT, choice)
    assert "hemmelig" not in repr(asked)


async def test_none_of_these_addresses_takes_a_large_body() -> None:
    async with client(Counter()) as http:
        answer = await http.post(f"{PLACE}/file", content=b"x" * 2000, headers=KEY)
    assert answer.status_code == 413
