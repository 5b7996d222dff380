"""OWASP API1 and API5 (2023) on the running system: who has the id of a thing has no more than that.

Every address with a case, document, mail or the like in it is asked by somebody who works at another school, with ids
of things that exist. `./dev access-matrix --through gateway` tries every operation as everyone; this walks the addresses.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest

from local.demo.casework import Casework
from local.demo.outside import Outside
from local.demo.setting import Setting
from local.demo.staff import Staff
from local.matrix.requests import call, operations, request
from local.stack import Stack
from sikkersak.identity.policy import RULES, Subject

OF_A_CASE = {"case_id", "document_id"}
REFUSED = {403, 404}
STREAMS = {"/api/v1/documents/{document_id}/changes", "/api/v1/cases/{case_id}/changes"}  # they do not end


@pytest.fixture(scope="module")
def work(stack: Stack, setting: Setting) -> Casework:
    """A case at one school, with a document on its way."""
    made = Casework.begin(stack, setting, Outside(stack))
    made.write_approve_finish(str)
    return made


@pytest.fixture(scope="module")
def outsider(stack: Stack, setting: Setting, work: Casework) -> Staff:
    """Somebody who leads another school."""
    school = work.teacher.get(f"cases/{work.case_id}")["summary"]["school_id"]
    organisation = next(key for key, value in setting.school_ids.items() if value == school)
    found = next(
        one
        for one in setting.people.staff
        if organisation not in one.schools and one.schools and one.roles & {"school_leader", "employee_create_cases"}
    )
    return Staff.log_in(stack.url("gateway"), found.username)


@pytest.fixture(scope="module")
def described(stack: Stack, outsider: Staff) -> dict[str, Any]:
    """The API's own description."""
    del stack
    said: dict[str, Any] = outsider.http.get("/api/v1/openapi.json").json()["paths"]
    return said


def asked(who: Staff, method: str, path: str, ids: dict[str, str], told: dict[str, Any]) -> tuple[int, str]:
    """The answer to a request that fits as far as the address goes; ids of nothing for what is not given."""
    address = re.sub(r"{([^}]+)}", lambda found: ids.get(found.group(1), str(uuid4())), path)
    headers = {"X-CSRF-Token": who.csrf, "Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
    body = fitting(told) if "requestBody" in told else None
    answer = who.http.request(method, address, headers=headers, json=body)
    return answer.status_code, answer.text[:300]


def fitting(told: dict[str, Any]) -> Any:
    """The description's own example of a body, where it has one."""
    content = told["requestBody"]["content"].get("application/json", {})
    return content.get("example", {})


def test_the_id_of_somebody_elses_case_or_document_opens_no_address(
    outsider: Staff, work: Casework, described: dict[str, Any]
) -> None:
    ids = {"case_id": work.case_id, "document_id": work.document_id, "position": "0", "key": "original"}
    answers: Counter[int] = Counter()
    for path, methods in described.items():
        if path in STREAMS or not OF_A_CASE & set(re.findall(r"{([^}]+)}", path)):
            continue
        for method, told in methods.items():
            status, text = asked(outsider, method, path, ids, told)
            assert status in REFUSED | {422}, (method, path, status, text)
            if method == "get":
                assert status in REFUSED, (method, path, status, text)
            assert "opplæring" not in text, (method, path)
            answers[status] += 1
    assert answers[404] > 15, answers


def test_nothing_can_be_done_to_somebody_elses_case_or_document_by_who_knows_its_id(
    outsider: Staff, work: Casework
) -> None:
    ids = {"case_id": UUID(work.case_id), "document_id": UUID(work.document_id)}
    tried = 0
    for name in operations():
        rule = RULES[name]
        if rule.subject not in (Subject.CASE, Subject.DOCUMENT) or rule.is_listing:
            continue
        wanted = call(request(name, ids), str(uuid4()))
        if wanted is None or not any(str(one) in wanted.path for one in ids.values()):
            continue
        headers = {"X-CSRF-Token": outsider.csrf, **wanted.headers}
        answer = outsider.http.request(
            wanted.method, wanted.path, params=wanted.query, headers=headers, json=wanted.body
        )
        assert answer.status_code in REFUSED, (name, answer.status_code, answer.text[:300])
        tried += 1
    assert tried > 30
    assert work.teacher.get(f"documents/{work.document_id}")["state"] == "finished"


def test_what_is_there_and_what_is_not_look_the_same_to_who_may_not_see_it(
    outsider: Staff, work: Casework, described: dict[str, Any]
) -> None:
    for path, methods in described.items():
        names = set(re.findall(r"{([^}]+)}", path))
        if path in STREAMS or "get" not in methods or names not in ({"case_id"}, {"document_id"}):
            continue
        there = asked(outsider, "get", path, {"case_id": work.case_id, "document_id": work.document_id}, {})
        nowhere = asked(outsider, "get", path, {}, {})
        told = [re.sub(r"urn:uuid:[0-9a-f-]+", "", text) for _, text in (there, nowhere)]
        assert (there[0], told[0]) == (nowhere[0], told[1]), path


def test_what_a_list_shows_an_outsider_has_nothing_of_the_case(outsider: Staff, work: Casework) -> None:
    for listing in ("cases?limit=200", "tasks?limit=200", "sendings?limit=200", "deliveries?limit=200"):
        answer = outsider.http.get(f"/api/v1/{listing}")
        assert answer.status_code in (200, 403), listing
        assert work.case_id not in answer.text, listing
        assert work.document_id not in answer.text, listing
    found = outsider.post("search", {"query": "individuelt tilrettelagt"})
    assert work.case_id not in str(found)


def test_an_ordinary_employee_opens_no_address_of_administrators(
    stack: Stack, setting: Setting, described: dict[str, Any]
) -> None:
    plain = next(one for one in setting.people.staff if set(one.roles) == {"employee"})
    who = Staff.log_in(stack.url("gateway"), plain.username)
    closed = [
        path
        for path in described
        if re.match(
            r"/api/v1/(webhooks|staff-imports|hr-roles|roles|role-assignments|audit|extractions|plan|parked)", path
        )
    ]
    assert len(closed) > 8
    for path in closed:
        for method, told in described[path].items():
            if method == "get" and path.startswith(("/api/v1/roles", "/api/v1/plan")):
                continue  # what a role may do, and where mail goes, is no secret to whoever has a role
            status, text = asked(who, method, path, {"role": "operations"}, told)
            assert status in REFUSED | {401, 422}, (method, path, status, text)
