"""Problem details and the layer around every answer: clear to the user, silent about what was sent."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from gateway.api.caller import IfMatch, Key
from gateway.problems import answer_with_problem
from gateway.protection import Protection
from sikkersak.contracts.cases_documents import RemoveAttachment
from sikkersak.errors import Declined, NotFound, Transient
from sikkersak.ids import new_id


class Person(BaseModel):
    name: str = Field(min_length=3)
    national_id: str = Field(pattern=r"^\d{11}$")


def wrong(model: type[BaseModel], **fields: Any) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        model(**fields)
    return refused.value


def small_app(*, is_https: bool = True) -> Protection:
    app = FastAPI()

    @app.get("/api/fails/{kind}")
    async def fails(kind: str) -> None:
        raise {
            "declined": Declined("case-closed", "Saken er avsluttet."),
            "missing": NotFound("case"),
            "away": Transient("the owner's name for it"),
            "patient": Transient("busy", retry_after=timedelta(seconds=41.2)),
            "bug": RuntimeError("14838141278 Kari Prøve"),
            "wrong": wrong(RemoveAttachment, document_id=new_id(), position=-1, version=1),
            "odd": wrong(Person, name="K", national_id="14838141278"),
        }[kind]

    @app.post("/api/people")
    async def people(body: Person) -> str:
        return body.name

    @app.post("/api/acts")
    async def acts(key: Key) -> str:
        return key

    @app.patch("/api/drafts")
    async def drafts(version: IfMatch) -> str:
        return version

    for failure in (Declined, Transient, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(failure, answer_with_problem)
    return Protection(app, is_https=is_https, largest_body=1000, largest_upload=2000)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(small_app()), base_url="https://sak") as client:
        yield client


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["status"] == answer.status_code
    assert said["type"] == f"urn:problem:sikkersak:{said['code']}"
    assert said["instance"] == f"urn:uuid:{answer.headers['x-correlation-id']}"
    return said


class TestProblems:
    @pytest.mark.parametrize(
        ("kind", "status", "code"),
        [
            ("declined", 409, "case-closed"),
            ("missing", 404, "case-not-found"),
            ("away", 503, "try-again"),
            ("patient", 503, "try-again"),
            ("bug", 500, "internal-error"),
        ],
    )
    async def test_every_kind_of_error_has_its_status_and_code(
        self, http: httpx.AsyncClient, kind: str, status: int, code: str
    ) -> None:
        answer = await http.get(f"/api/fails/{kind}")
        assert (answer.status_code, problem(answer)["code"]) == (status, code)

    async def test_bug_shows_its_reference_only(self, http: httpx.AsyncClient) -> None:
        answer = await http.get("/api/fails/bug")
        assert "Kari" not in answer.text
        assert "14838141278" not in answer.text
        assert "RuntimeError" not in answer.text

    async def test_what_may_pass_says_when_to_come_back(self, http: httpx.AsyncClient) -> None:
        assert (await http.get("/api/fails/away")).headers["retry-after"] == "5"
        assert (await http.get("/api/fails/patient")).headers["retry-after"] == "42"

    async def test_unknown_address_and_wrong_method_are_problems_too(self, http: httpx.AsyncClient) -> None:
        assert problem(await http.get("/api/nothing"))["code"] == "not-found"
        wrong = await http.delete("/api/people")
        assert problem(wrong)["code"] == "method-not-allowed"
        assert wrong.headers["allow"] == "POST"

    async def test_wrong_fields_are_named_and_their_values_are_not_repeated(self, http: httpx.AsyncClient) -> None:
        answer = await http.post("/api/people", json={"name": "Æx", "national_id": "1483814127x"})
        said = problem(answer)
        assert said["status"] == 422
        assert [(field["field"], field["code"]) for field in said["fields"]] == [
            ("body.name", "string-too-short"),
            ("body.national_id", "string-pattern-mismatch"),
        ]
        assert "1483814127x" not in answer.text
        assert "Æx" not in answer.text

    async def test_broken_json_is_a_problem(self, http: httpx.AsyncClient) -> None:
        answer = await http.post("/api/people", content=b'{"name": "Kari', headers={"Content-Type": "application/json"})
        assert problem(answer)["fields"][0]["code"] == "json-invalid"
        assert "Kari" not in answer.text

    @pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "short"}, {"Idempotency-Key": "has space in it"}])
    async def test_act_without_a_fit_key_is_refused(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        answer = await http.post("/api/acts", headers=headers)
        assert (answer.status_code, problem(answer)["code"]) == (400, "idempotency-key-required")

    @pytest.mark.parametrize("headers", [{}, {"If-Match": "3"}, {"If-Match": "*"}, {"If-Match": 'W/"3"'}])
    async def test_change_without_a_version_is_refused(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        answer = await http.patch("/api/drafts", headers=headers)
        assert (answer.status_code, problem(answer)["code"]) == (428, "if-match-required")


class TestProtection:
    @pytest.mark.parametrize("path", ["/api/fails/bug", "/api/fails/declined", "/api/nothing"])
    async def test_every_answer_carries_the_security_headers(self, http: httpx.AsyncClient, path: str) -> None:
        headers = (await http.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["strict-transport-security"].startswith("max-age=31536000")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"

    async def test_plain_http_in_development_does_not_promise_https(self) -> None:
        transport = httpx.ASGITransport(small_app(is_https=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://sak") as client:
            assert "strict-transport-security" not in (await client.get("/api/nothing")).headers

    async def test_body_that_declares_too_much_is_refused(self, http: httpx.AsyncClient) -> None:
        answer = await http.post("/api/people", json={"name": "a" * 2000, "national_id": "14838141278"})
        assert (answer.status_code, problem(answer)["code"]) == (413, "body-too-large")

    async def test_body_that_declares_nothing_is_counted(self, http: httpx.AsyncClient) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b" " * 100

        answer = await http.post("/api/people", content=pieces(), headers={"Content-Type": "application/json"})
        assert (answer.status_code, problem(answer)["code"]) == (413, "body-too-large")


async def test_what_an_owner_may_not_be_asked_is_the_askers_to_mend(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/fails/wrong")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert [one["field"] for one in answer.json()["fields"]] == ["position"]
    bug = await http.get("/api/fails/odd")
    assert (bug.status_code, bug.json()["code"]) == (500, "internal-error")
    assert "14838141278" not in bug.text
