"""The API describes itself: every operation named, explained, and with its problems."""

import inspect
import re
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import httpx

from gateway.api import SHELVES
from gateway.api.caller import caller

Operations = list[tuple[str, str, dict[str, Any]]]
NOBODYS = "01990000-0000-7000-8000-0000000000ff"
RESOURCES = {
    *(
        "/documents/{document_id}/files/{position}/preview",
        "/documents/{document_id}/changes",
        "/cases/{case_id}/changes",
    ),
    *("/sessions", "/sessions/ending"),
    *("/uploads", "/uploads/{upload_id}"),
    *(
        "/me",
        "/schools",
        "/schools/{school_id}",
        "/staff",
        "/pupils",
        "/templates",
        "/plan",
        "/mail",
        "/mail/{mail_id}",
    ),
    *(f"/mail/{{mail_id}}/{act}" for act in ("registration", "forwarding", "discarding")),
    *("/mail/{mail_id}/attachments/{attachment_id}", "/cases", "/cases/{case_id}"),
    *(f"/cases/{{case_id}}/{part}" for part in ("access", "closing", "audit", "documents")),
    "/documents/{document_id}",
    *(
        f"/documents/{{document_id}}/{act}"
        for act in ("submission", "approval", "finishing", "signatures", "sending", "files/{position}")
    ),
    *("/waiting-mail", "/waiting-mail/{mail_id}/retry", "/waiting-mail/{mail_id}/refusal"),
    *("/receivers", "/receivers/resumption", "/brought-in-mail", "/brought-in-mail/limits", "/outage-report"),
    *(
        f"/mail/{{mail_id}}/{act}"
        for act in ("splitting", "joining", "undoing", "restoration", "return", "suggestions")
    ),
    *("/senders", "/plan/versions"),
    *(f"/schools/{{school_id}}/papers{rest}" for rest in ("", "/{paper_id}/change", "/shredding")),
    *("/mail-exports", "/mail-exports/{export_id}", "/mail-exports/{export_id}/package"),
    *(f"/sorting-rules{rest}" for rest in ("", "/{rule_set_id}", "/{rule_set_id}/trial", "/{rule_set_id}/activation")),
    *("/deliveries", "/deliveries/{delivery_id}"),
    *(f"/deliveries/{{delivery_id}}/{act}" for act in ("retry", "correction", "giving-up", "renditions")),
    *(f"/deliveries/{{delivery_id}}/renditions/{{document_key}}/{part}" for part in ("choice", "file")),
    *(f"/archive/{part}" for part in ("groups", "not-archived", "retries", "reconciliations")),
    "/archive/reconciliations/{reconciliation_id}",
    *(f"/archive/extractions{rest}" for rest in ("", "/{extraction_id}", "/{extraction_id}/package")),
    "/notices/outages",
    *("/signature-jobs", "/signature-jobs/{job_id}", "/signature-jobs/{job_id}/cancel"),
    *("/signature-jobs/{job_id}/signers/{signer}/ceremony", "/me/notices", "/me/notices/channel", "/sendings"),
    *("/consignments/{consignment_id}", "/consignments/{consignment_id}/resolution"),
    *("/consignments", "/consignments/{consignment_id}/retry"),
    *(
        "/case-types",
        "/closed-cases",
        "/closing-candidates",
        "/tasks",
        "/tasks/{task_id}/completion",
        "/pupils/{pupil_id}/move",
        "/approvals",
    ),
    *(
        f"/cases/{{case_id}}/{part}"
        for part in ("phase", "parties", "parties/{party_id}/removal", "relations", "reopening")
    ),
    *(f"/documents/{{document_id}}/{act}" for act in ("hold", "release", "attachments", "assessment", "correction")),
    *(f"/documents/{{document_id}}/{act}" for act in ("withdrawal", "versions", "preview")),
    *(f"/documents/{{document_id}}/attachments/{{position}}{act}" for act in ("", "/removal")),
    "/schools/{school_id}/stand-ins",
    *("/search", "/views", "/views/{view_id}", "/merge-fields", "/templates/trial", "/templates/{code}/{language}"),
    *(
        "/schools/{school_id}/unseen-cases",
        "/schools/{school_id}/emergency-access",
        "/cases/{case_id}/emergency-access",
    ),
    *("/full-access", "/full-access/{grant_id}/confirmation", "/full-access/{grant_id}/ending"),
    *("/staff-imports", "/hr-roles", "/schools/{school_id}/open-work", "/schools/{school_id}/handovers"),
    *("/school-year", "/school-year/preview"),
    *("/cases/{case_id}/readers", "/audit", "/audit/exports", "/audit/exports/{export}/file"),
    *("/webhooks", "/webhooks/{webhook_id}", "/webhooks/{webhook_id}/secret", "/webhooks/{webhook_id}/ping"),
    "/webhooks/{webhook_id}/deliveries",
    *("/pupil-references", "/documents/{document_id}/status"),
    *(
        f"/schools/{{school_id}}/access-requests{rest}"
        for rest in (
            "",
            "/{request_id}",
            *(f"/{{request_id}}/items/{{item}}/{act}" for act in ("removal", "decision", "redaction", "file")),
        )
    ),
    *(
        f"/schools/{{school_id}}/access-requests/{{request_id}}/{act}"
        for act in ("collection", "finishing", "reopening", "answer", "package", "withdrawal")
    ),
    *("/public-journal", "/public-journal/file"),
    *("/case-types/{code}", "/runs/{run_id}"),
    *("/roles", "/roles/{role}", "/role-assignments", "/role-assignments/{assignment_id}/ending"),
}


async def test_every_resource_is_described_and_no_other(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {f"/api/v1{resource}" for resource in RESOURCES}


async def test_every_operation_has_a_name_of_its_own_a_tag_and_an_explanation(operations: Operations) -> None:
    names = [told["operationId"] for _, _, told in operations]
    assert len(names) == len(set(names))
    for path, method, told in operations:
        assert told["tags"], (method, path)
        assert told["summary"], (method, path)
        assert told["description"], (method, path)
        assert {"session": []} in told["security"], (method, path)


async def test_every_problem_is_described_as_problem_details(described: dict[str, Any], operations: Operations) -> None:
    for path, method, told in operations:
        assert {"401", "403", "422", "500", "503"} <= set(told["responses"]), (method, path)
        for status, answer in told["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
    assert "HTTPValidationError" not in described["components"]["schemas"]


# Acts that go on with what was read: what came after it must not be locked, approved or put into use unread.
READ_FIRST = {
    *(f"/api/v1/documents/{{document_id}}/{act}" for act in ("submission", "approval", "finishing")),
    "/api/v1/documents/{document_id}/attachments/{position}/removal",
    "/api/v1/sorting-rules/{rule_set_id}/activation",
}
# Kept by a key of their own: put is also how they are made, and If-None-Match: * says so.
MADE_BY_PUT = {f"/api/v1/{one}" for one in ("schools", "staff", "pupils", "templates", "case-types")}
# A PUT that overwrites nothing that anybody could have read.
NOTHING_TO_HAVE_READ = {
    "/api/v1/me/notices/channel",  # a secret that is never shown again
    "/api/v1/pupil-references",  # the school system's own name for a pupil; it has one owner
}


def demanded(path: str, method: str) -> set[str]:
    """The headers that a change must carry."""
    if method == "post":
        return {"Idempotency-Key"} | ({"If-Match"} if path in READ_FIRST else set())
    is_edited = method == "patch" or (method == "put" and path not in NOTHING_TO_HAVE_READ | MADE_BY_PUT)
    return {"If-Match"} if is_edited else set()


async def test_every_post_demands_a_key_and_every_change_of_what_is_there_a_version(operations: Operations) -> None:
    for path, method, told in operations:
        headers = {one["name"]: one["required"] for one in told.get("parameters", ()) if one["in"] == "header"}
        headers.pop("Content-Disposition", None)  # the name of a file that is sent in
        assert {name for name, is_required in headers.items() if is_required} == demanded(path, method), (method, path)
        if method == "put" and path in MADE_BY_PUT:
            assert {"If-Match", "If-None-Match"} <= headers.keys(), path
        if "If-Match" in headers:
            assert {"412", "428"} <= set(told["responses"]), (method, path)


async def test_a_change_that_does_not_say_what_was_read_is_refused_in_three_languages(
    app: Any, reception: Any, operations: Operations
) -> None:
    app._app.dependency_overrides[caller] = lambda: SimpleNamespace(reception=reception)
    walked = 0
    texts: defaultdict[str, set[str]] = defaultdict(set)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://sak") as client:
        for path, method, told in operations:
            if "If-Match" not in {one["name"] for one in told.get("parameters", ())} or "{webhook_id}" in path:
                continue
            for language in ("nb", "nn", "en"):
                headers = {"Idempotency-Key": "read-first", "Accept-Language": language}
                address = re.sub(r"{[^}]+}", NOBODYS, path)
                answer = await client.request(method, address, headers=headers)
                code = "version-required" if path in MADE_BY_PUT else "if-match-required"
                assert (answer.status_code, answer.json()["code"]) == (428, code), (method, path)
                texts[code].add(answer.json()["detail"])
            walked += 1
    assert walked >= 16
    assert {code: len(said) for code, said in texts.items()} == {"version-required": 3, "if-match-required": 3}


def test_no_request_goes_through_a_thread_on_its_way() -> None:
    """What is not a coroutine is called in a thread, and the request waits for one and back again."""
    routes = [route for shelf in SHELVES for route in shelf.router.routes]
    assert len(routes) > 150
    for route in routes:
        waiting = [route.dependant]
        while waiting:
            dependant = waiting.pop()
            called = dependant.call
            is_awaited = inspect.iscoroutinefunction(called) or inspect.iscoroutinefunction(type(called).__call__)
            assert is_awaited, (route.path, called)
            waiting += dependant.dependencies
