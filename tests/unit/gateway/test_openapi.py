"""The API describes itself: every operation named, explained, and with its problems."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from gateway.app import make_app
from gateway.cookies import Cookies

RESOURCES = {
    *(
        "/documents/{document_id}/files/{position}/preview",
        "/documents/{document_id}/changes",
        "/cases/{case_id}/changes",
    ),
    *("/sessions", "/sessions/ending"),
    *("/uploads", "/uploads/{upload_id}"),
    *("/me", "/schools", "/staff", "/pupils", "/templates", "/plan", "/mail", "/mail/{mail_id}"),
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
    *("/public-journal", "/public-journal/file"),
    *("/case-types/{code}", "/runs/{run_id}"),
    *("/roles", "/roles/{role}", "/role-assignments", "/role-assignments/{assignment_id}/ending"),
}


@pytest.fixture
async def described() -> dict[str, Any]:
    reception: Any = SimpleNamespace(cookies=Cookies(is_https=True), largest_body=1000, largest_upload=2000)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(make_app(reception)), base_url="https://sak") as client:
        said: dict[str, Any] = (await client.get("/api/v1/openapi.json")).json()
    return said


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, told) for path, methods in described["paths"].items() for method, told in methods.items()]


async def test_every_resource_is_described_and_no_other(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {f"/api/v1{resource}" for resource in RESOURCES}


async def test_every_operation_has_a_name_of_its_own_a_tag_and_an_explanation(described: dict[str, Any]) -> None:
    names = [told["operationId"] for _, _, told in operations(described)]
    assert len(names) == len(set(names))
    for path, method, told in operations(described):
        assert told["tags"], (method, path)
        assert told["summary"], (method, path)
        assert told["description"], (method, path)
        assert {"session": []} in told["security"], (method, path)


async def test_every_problem_is_described_as_problem_details(described: dict[str, Any]) -> None:
    for path, method, told in operations(described):
        assert {"401", "403", "422", "500", "503"} <= set(told["responses"]), (method, path)
        for status, answer in told["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
    assert "HTTPValidationError" not in described["components"]["schemas"]


async def test_every_post_demands_a_key_and_every_patch_a_version(described: dict[str, Any]) -> None:
    for path, method, told in operations(described):
        required = {one["name"] for one in told.get("parameters", ()) if one["in"] == "header" and one["required"]}
        required -= {"Content-Disposition"}  # the name of a file that is sent in
        assert required == {"post": {"Idempotency-Key"}, "patch": {"If-Match"}}.get(method, set()), (method, path)
