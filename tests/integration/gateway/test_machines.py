"""Other systems at the gateway, with real tokens of Maskinporten's stand-in; and the link from the school system."""

import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from sikkersak.contracts.cases_references import FindPupilCases, PutPupilReference, ReadDocumentStatus
from sikkersak.identity import ActorKind
from sikkersak.ids import new_id

Site = Any
SCHOOL_SYSTEM, STRANGER = "310000019", "310000027"
AUDIENCE = "https://sak.example.no"


@pytest.fixture(scope="module")
def client_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "c1"})


@pytest.fixture(scope="module")
def issuer(module_folder: Path, client_key: RSAKey, free: Any) -> Iterator[str]:
    """Maskinporten's stand-in with two clients, of which only one's organisation may come here."""
    jwk = client_key.as_dict(private=False)
    scopes = ["sikkersak:status", "sikkersak:pupils", "sikkersak:mail"]
    clients = [
        {"client_id": organisation, "organisation": organisation, "scopes": scopes, "kid": "c1", "jwk": jwk}
        for organisation in (SCHOOL_SYSTEM, STRANGER)
    ]
    (module_folder / "machines.json").write_text(json.dumps({"clients": clients}))
    command = [sys.executable, "-m", "simulators", "maskinporten", "--port", "0"]
    command += ["--clients", str(module_folder / "machines.json")]
    log = module_folder / "maskinporten.log"
    with free.process(command, {}, log) as started:
        yield free.ready_address(started, log).rstrip("/") + "/"


@pytest.fixture(scope="module")
def environment(environment: dict[str, str], issuer: str) -> dict[str, str]:
    own = {"MASKINPORTEN_ISSUER": issuer, "MACHINE_AUDIENCE": AUDIENCE, "MACHINE_CONSUMERS": SCHOOL_SYSTEM}
    return environment | own


@pytest.fixture
async def machine(site: Site, issuer: str, client_key: RSAKey) -> AsyncIterator[Any]:
    """Gives the headers of a system of this organisation with these scopes."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:

        async def headers(scope: str, organisation: str = SCHOOL_SYSTEM, resource: str = AUDIENCE) -> dict[str, str]:
            issued = int(time.time())
            said = {"iss": organisation, "aud": issuer, "scope": scope, "resource": resource, "jti": str(new_id())}
            asked = jwt.encode({"alg": "RS256", "kid": "c1"}, said | {"iat": issued, "exp": issued + 60}, client_key)
            form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": asked}
            given = (await http.post(f"{issuer}token", data=form)).raise_for_status().json()
            return {"Authorization": f"Bearer {given['access_token']}"}

        yield headers


async def test_a_granted_system_asks_as_the_machine_that_it_is(site: Site, machine: Any) -> None:
    document_id = new_id()
    async with site.browser() as browser:
        said = await browser.get(f"/api/v1/documents/{document_id}/status", headers=await machine("sikkersak:status"))
        body = {"national_id": "01819050044", "reference": "elev-4711"}
        kept = await browser.put("/api/v1/pupil-references", json=body, headers=await machine("sikkersak:pupils"))
    assert (said.status_code, kept.status_code) == (200, 200), (said.text, kept.text)
    assert said.json()["document_id"] == str(document_id)
    for kind in (ReadDocumentStatus, PutPupilReference):
        ((_, ask),) = [one for one in site.cases.asked if isinstance(one[0], kind)]
        assert (ask.actor.kind, ask.actor.roles) == (ActorKind.MACHINE, frozenset())
    assert "01819050044" not in site.log.read_text()


async def test_without_the_scope_the_owner_refuses(site: Site, machine: Any) -> None:
    async with site.browser() as browser:
        said = await browser.get(f"/api/v1/documents/{new_id()}/status", headers=await machine("sikkersak:pupils"))
    assert (said.status_code, said.json()["code"]) == (403, "forbidden")
    assert site.cases.of_kind(ReadDocumentStatus) == []


async def test_a_stranger_another_audience_or_a_made_up_token_open_nothing(site: Site, machine: Any) -> None:
    wrong = [
        await machine("sikkersak:status", organisation=STRANGER),
        await machine("sikkersak:status", resource="https://another.example"),
        {"Authorization": "Bearer e30.e30.e30"},
    ]
    async with site.logged_in() as browser:  # not even with a session beside it
        for headers in wrong:
            said = await browser.get(f"/api/v1/documents/{new_id()}/status", headers=headers)
            assert (said.status_code, said.json()["code"]) == (401, "token-refused")
            assert said.headers["www-authenticate"].startswith("Bearer")


async def test_everything_else_is_closed_to_machines(site: Site, machine: Any) -> None:
    headers = await machine("sikkersak:status sikkersak:pupils sikkersak:mail")
    async with site.browser() as browser:
        for path in ("me", "cases", "staff", "mail", "webhooks", f"documents/{new_id()}"):
            assert (await browser.get(f"/api/v1/{path}", headers=headers)).status_code == 401, path


class TestEntry:
    async def test_the_link_leads_through_log_in_to_the_pupils_cases(self, site: Site) -> None:
        async with site.browser() as browser:
            sent = await browser.get("/entry", params={"reference": "elev-4711"})
            assert sent.headers["location"] == "/login?return_to=%2Fentry%3Freference%3Delev-4711"
            begun = await browser.get(sent.headers["location"])
            entered = await site.choose(browser, begun.headers["location"], "kari", "minid")
            assert entered.headers["location"] == "/entry?reference=elev-4711"
            shown = await browser.get(entered.headers["location"])
        assert shown.status_code == 200
        assert "2026/7" in shown.text
        assert len(site.cases.of_kind(FindPupilCases)) == 1

    async def test_unknown_forbidden_and_unreadable_look_the_same(self, site: Site) -> None:
        async with site.logged_in() as browser:
            answers = [
                await browser.get("/entry", params={"reference": one}) for one in ("elev-0000", "01819050044 ", "æ", "")
            ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({_without_reference(answer.text) for answer in answers}) == 1


def _without_reference(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "urn:uuid" not in line and "eferanse" not in line)
