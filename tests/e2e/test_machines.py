"""Other systems through the whole stack: a token of Maskinporten's stand-in, its scope, and every way to have the wrong one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.demo.setting import Setting, log_in_as
from local.machines import NoToken
from local.stack import Stack
from samples.municipality import municipality

STRANGER = "310000019"  # another municipality's system, which Maskinporten knows and the gateway does not let in
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture(scope="module")
def document_id(stack: Stack, setting: Setting) -> str:
    """A draft in somebody's case."""
    leader = log_in_as(stack, "school_leader")
    school = leader.get("me")["schools"][0]
    case = leader.post("cases", {"school_id": school, "title": "Maskinell status", "case_type": "general"})
    written = {"template": "journal-note", "title": "Et notat", "body": "Tekst."}
    return str(leader.post(f"cases/{case['case_id']}/documents", written)["document_id"])


@pytest.fixture
def http(stack: Stack, setting: Setting) -> Iterator[httpx.Client]:
    """Somebody without any session."""
    del setting
    with httpx.Client(base_url=f"{stack.url('gateway')}/api/v1", timeout=30, trust_env=False) as client:
        yield client


@contextmanager
def registered(stack: Stack, more: dict[str, Any]) -> Iterator[None]:
    """Maskinporten's stand-in knows one client more."""
    switch = f"{stack.control('maskinporten')}/_control/clients"
    known = json.loads((stack.folder / "register" / "maskinporten.json").read_text())["clients"]
    httpx.put(switch, json={"clients": [*known, more]}).raise_for_status()
    try:
        yield
    finally:
        httpx.put(switch, json={"clients": known}).raise_for_status()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_each_scope_opens_what_it_is_for(stack: Stack, http: httpx.Client, document_id: str) -> None:
    status = http.get(f"documents/{document_id}/status", headers=bearer(stack.machine_token(["status"])))
    assert (status.status_code, status.json()["state"]) == (200, "draft")
    pupil = {"national_id": municipality().pupil("emil").national_id, "reference": f"elev-{uuid4().hex[:8]}"}
    kept = http.put("pupil-references", json=pupil, headers=bearer(stack.machine_token(["pupils"])))
    assert (kept.status_code, kept.json()["reference"]) == (200, pupil["reference"])
    told = {
        "title": "Brev",
        "sender": "Helsestasjonen",
        "receiver_organisation": municipality().schools[0].organisation,
    }
    headers = bearer(stack.machine_token(["mail"])) | {"Idempotency-Key": str(uuid4())}
    brought = http.post("brought-in-mail", data=told, files={"files": ("brev.pdf", PDF)}, headers=headers)
    assert brought.status_code == 201, brought.text
    again = http.post("brought-in-mail", data=told, files={"files": ("brev.pdf", PDF)}, headers=headers)
    assert again.json() == brought.json(), "under the same key it is brought in once"


def test_a_scope_opens_nothing_else_and_no_scope_nothing(stack: Stack, http: httpx.Client, document_id: str) -> None:
    status = f"documents/{document_id}/status"
    assert refusal(http.get(status)) == (401, "login-required")
    assert refusal(http.get(status, headers=bearer(stack.machine_token(["pupils", "mail"])))) == (403, "forbidden")
    everything = bearer(stack.machine_token(["status", "pupils", "mail"]))
    for closed in (
        "mail",
        "cases",
        "staff",
        "webhooks",
        f"documents/{document_id}",
        f"documents/{document_id}/files/0",
    ):
        assert http.get(closed, headers=everything).status_code == 401, closed
    with pytest.raises(NoToken, match=r"invalid_scope|invalid_grant"):
        stack.machine_token(["everything"])


def test_a_token_for_another_audience_opens_nothing(stack: Stack, http: httpx.Client, document_id: str) -> None:
    issuer = f"{stack.url('maskinporten')}/"
    token = stack.school_system.token(issuer, "https://another.example", ["status"])
    assert refusal(http.get(f"documents/{document_id}/status", headers=bearer(token))) == (401, "token-refused")


def test_a_token_that_has_run_out_opens_nothing(stack: Stack, http: httpx.Client, document_id: str) -> None:
    control = f"{stack.control('maskinporten')}/_control/clock"
    issuer, past = f"{stack.url('maskinporten')}/", -300.0  # it lives for two minutes
    httpx.put(control, json={"ahead_seconds": past}).raise_for_status()
    try:
        token = stack.school_system.token(issuer, stack.url("gateway"), ["status"], ahead_seconds=past)
    finally:
        httpx.put(control, json={"ahead_seconds": 0}).raise_for_status()
    assert refusal(http.get(f"documents/{document_id}/status", headers=bearer(token))) == (401, "token-refused")


def test_another_organisations_system_opens_nothing(
    stack: Stack, http: httpx.Client, document_id: str, tmp_path: Path
) -> None:
    stranger = replace(stack.school_system, client_id="fremmed", organisation=STRANGER, key_file=tmp_path / "key.pem")
    with registered(stack, stranger.registration()):
        token = stranger.token(f"{stack.url('maskinporten')}/", stack.url("gateway"), ["status"])
    assert refusal(http.get(f"documents/{document_id}/status", headers=bearer(token))) == (401, "token-refused")
