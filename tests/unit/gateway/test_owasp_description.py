"""OWASP API3, API4, API5 and API9 (2023), held against the API's own description: what no single address may forget.

API1, object-level authorisation, is tried on the running system (tests/e2e/test_owasp_object_access.py); API7 in
test_owasp_server_side_requests.py; all ten, one by one, in tests/integration/gateway/test_owasp.py.
"""

import re
from typing import Any

import httpx

from gateway.reception import DANGEROUS
from sikkersak.contracts.message import Operation

Operations = list[tuple[str, str, dict[str, Any]]]
NOBODYS = "01990000-0000-7000-8000-0000000000ff"
LARGEST_PAGE = 500
# What is never read back: whoever sees it could act as somebody, or find somebody.
NEVER_SHOWN = {"pid_lookup", "password", "secret", "private_key", "id_token", "cookie"}
# Shown in the answer that makes it and in no other: a webhook's signing secret, the password of an export.
SHOWN_ONCE = {("WebhookSecret", "secret"), ("MailExport", "password")}


def models(described: dict[str, Any], schema: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Every model that a schema leads to, by name."""
    if isinstance(schema, dict):
        name = schema.get("$ref", "").rpartition("/")[2]
        if name and name not in found:
            found[name] = described["components"]["schemas"][name]
            models(described, found[name], found)
        for inner in schema.values():
            models(described, inner, found)
    if isinstance(schema, list):
        for inner in schema:
            models(described, inner, found)
    return found


class TestProperties:  # API3
    async def test_no_body_takes_a_field_that_is_not_offered(
        self, described: dict[str, Any], operations: Operations
    ) -> None:
        bodies = 0
        for path, method, told in operations:
            content = told.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None:
                continue
            bodies += 1
            schema = content["schema"]
            refs = [schema.get("$ref"), *(one.get("$ref") for one in schema.get("anyOf", ()))]
            for ref in filter(None, refs):
                model = described["components"]["schemas"][ref.rpartition("/")[2]]
                assert model.get("additionalProperties") is False, (method, path, ref)
        assert bodies > 50

    async def test_no_answer_has_a_property_that_opens_something(
        self, described: dict[str, Any], operations: Operations
    ) -> None:
        shown: dict[str, Any] = {}
        for _, _, told in operations:
            for status, answer in told["responses"].items():
                if int(status) < 300:
                    models(described, answer, shown)
        assert len(shown) > 50
        for name, model in shown.items():
            opening = {(name, one) for one in NEVER_SHOWN & model.get("properties", {}).keys()}
            assert opening <= SHOWN_ONCE


class TestConsumption:  # API4
    async def test_every_list_has_a_largest_page_and_every_text_in_an_address_an_end(
        self, operations: Operations
    ) -> None:
        endless = []
        for path, method, told in operations:
            for one in told.get("parameters", ()):
                if one["name"] == "limit":
                    assert one["schema"]["maximum"] <= LARGEST_PAGE, (method, path)
                for schema in (one["schema"], *one["schema"].get("anyOf", ())):
                    is_text = schema.get("type") == "string"
                    if is_text and not {"format", "enum", "const", "maxLength", "pattern"} & schema.keys():
                        endless.append((method, path, one["name"]))
        assert endless == []

    async def test_whatever_may_be_asked_it_may_be_refused_as_too_much(self, operations: Operations) -> None:
        for path, method, told in operations:
            assert {"429", "503"} <= told["responses"].keys(), (method, path)
            if "requestBody" in told:
                assert "413" in told["responses"], (method, path)


class TestFunctions:  # API5
    async def test_no_address_answers_anybody_who_is_not_logged_in(self, app: Any, operations: Operations) -> None:
        walked = 0
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://sak") as client:
            for path, method, _ in operations:
                address = re.sub(r"{[^}]+}", NOBODYS, path)
                headers = {"Idempotency-Key": "owasp-00001", "If-Match": '"1"'}
                answer = await client.request(method, address, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (401, "login-required"), (method, path)
                walked += 1
        assert walked > 150

    def test_what_asks_for_a_log_in_of_just_now_is_something_that_exists_and_changes_something(self) -> None:
        for name in DANGEROUS & Operation.catalogue.keys():
            assert Operation.catalogue[name].changes, name
        assert len(DANGEROUS & Operation.catalogue.keys()) >= 10


class TestInventory:  # API9
    async def test_there_is_one_version_and_nothing_of_it_is_left_over(
        self, described: dict[str, Any], operations: Operations
    ) -> None:
        assert all(path.startswith("/api/v1/") for path in described["paths"])
        assert not [path for path, _, told in operations if told.get("deprecated")]
