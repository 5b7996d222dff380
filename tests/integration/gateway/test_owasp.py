"""The OWASP API Security Top 10 (2023), walked through one by one; object-level authorisation first.

What is decided where the data is, tests/e2e/test_owasp_object_access.py tries on the running system as an outsider, and
`./dev access-matrix --through gateway` for every operation as everyone. tests/unit/gateway/test_owasp_description.py holds
the whole description against API3, API4, API5 and API9; test_owasp_server_side_requests.py has API7 and API10 of webhooks.
Here is what the gateway itself must see to.
"""

import asyncio
import os
from typing import Any

import httpx
import pytest

from sikkersak.contracts.cases_documents import DocumentView, ReadDocument
from sikkersak.contracts.cases_people import PutStaff
from sikkersak.contracts.values import File
from sikkersak.ids import new_id

Site = Any
OLA = "02917531008"
SIRI = "23858031044"  # uses up a quota that nobody else needs
NEW = {"If-None-Match": "*"}
KEY = {"Idempotency-Key": "owasp-00001"}
NOBODYS = "01990000-0000-7000-8000-0000000000ff"  # no webhook has this id


async def document(site: Site) -> DocumentView:
    ref = await site.vault.put(b"%PDF-1.7 hemmelig", "application/pdf")
    site.cases.document = DocumentView.model_validate(
        {
            **{name: new_id() for name in ("document_id", "event_id", "case_id")},
            "title": "Vedtak",
            "public_title": "Vedtak",
            "kind": "decision",
            "record_type": "U",
            "state": "draft",
            "version": 1,
            "needs_approval": False,
            "remark": None,
            "access": {},
            "archive": None,
            "signing": None,
            "files": [File(name="vedtak.pdf", media_type="application/pdf", ref=ref)],
        }
    )
    made: DocumentView = site.cases.document
    return made


class TestObjectLevelAuthorisation:  # API1
    async def test_every_download_asks_the_owner_first_and_again(self, site: Site) -> None:
        shown = await document(site)
        path = f"/api/v1/documents/{shown.document_id}/files/0"
        async with site.logged_in() as browser:
            assert (await browser.get(path)).content.startswith(b"%PDF")
            assert (await browser.get(path, headers={"Range": "bytes=0-3"})).content == b"%PDF"
            assert len(site.cases.of_kind(ReadDocument)) == 2
            site.cases.document = None
            refused = await browser.get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "document-not-found")

    async def test_what_is_anothers_and_what_does_not_exist_look_the_same(self, site: Site) -> None:
        site.cases.employ(OLA, "Ola Prøve", "administrator")
        named = {"Content-Disposition": "attachment; filename*=UTF-8''a.pdf"}
        async with site.logged_in() as kari, site.logged_in("ola") as ola:
            hers = (await kari.post("/api/v1/uploads", content=b"a", headers=named | KEY)).json()["upload_id"]
            answers = [await ola.get(f"/api/v1/uploads/{one}") for one in (hers, new_id())]
        told = [{name: value for name, value in one.json().items() if name != "instance"} for one in answers]
        assert told[0] == told[1]
        assert told[0]["status"] == 404


class TestAuthentication:  # API2
    @pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "å", "null"])
    async def test_a_made_up_session_opens_nothing(self, site: Site, cookie: str) -> None:
        async with site.browser() as browser:
            answer = await browser.get("/api/v1/me", headers={"Cookie": f"session={cookie}".encode()})
        assert (answer.status_code, answer.json()["code"]) == (401, "login-required")

    @pytest.mark.parametrize("token", ["", " x", " e30.e30.", " eyJhbGciOiJub25lIn0.e30."])
    async def test_a_made_up_token_opens_nothing_not_even_with_a_session(self, site: Site, token: str) -> None:
        async with site.logged_in() as browser:
            headers = {"Authorization": f"Bearer{token}"}
            answer = await browser.get(f"/api/v1/documents/{new_id()}/status", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "token-refused")

    async def test_a_session_that_was_there_before_log_in_is_not_the_one_after_it(self, site: Site) -> None:
        async with site.browser() as browser:
            browser.cookies.set("session", "A" * 43)
            await site.log_in(browser)
            values = {cookie.value for cookie in browser.cookies.jar if cookie.name == "session"}
        assert values - {"A" * 43}, "an own secret, not the one that somebody planted"

    async def test_beginning_log_ins_without_end_is_braked(self, site: Site) -> None:
        at_once = httpx.AsyncHTTPTransport(local_address="127.0.0.2")  # uses up a quota that nobody else needs
        async with httpx.AsyncClient(base_url=site.address, transport=at_once, trust_env=False, timeout=60) as browser:
            answers = await asyncio.gather(*(browser.get("/login") for _ in range(400)))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)


class TestProperties:  # API3
    @pytest.mark.parametrize("field", ["case_id", "number", "status", "opened_at", "actor"])
    async def test_nothing_can_be_set_that_is_not_offered(self, site: Site, field: str) -> None:
        body = {"school_id": str(new_id()), "title": "Spesialundervisning", field: str(new_id())}
        async with site.logged_in() as browser:
            answer = await browser.post("/api/v1/cases", json=body, headers=KEY)
        assert (answer.status_code, answer.json()["fields"][0]["code"]) == (422, "extra-forbidden")
        assert site.cases.opened == 0

    async def test_a_national_number_goes_in_hashed_and_never_comes_out(self, site: Site) -> None:
        body = {"national_id": OLA, "name": "Ola Prøve", "roles": ["employee"], "schools": []}
        async with site.logged_in() as browser:
            answer = await browser.put("/api/v1/staff", json=body, headers=NEW)
        (asked,) = site.cases.of_kind(PutStaff)
        assert OLA not in asked.model_dump_json()
        assert OLA not in answer.text
        assert "pid_lookup" not in answer.text
        assert OLA not in site.log.read_text()


class TestConsumption:  # API4
    async def test_pages_and_haste_have_limits(self, site: Site) -> None:
        site.cases.employ(SIRI, "Siri Hastverk", "administrator")
        async with site.logged_in("siri") as browser:
            assert (await browser.get("/api/v1/cases", params={"limit": 201})).status_code == 422
            answers = await asyncio.gather(*(browser.get("/api/v1/me") for _ in range(800)))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.json()["code"] for answer in refused} == {"too-many-requests"}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)


class TestFunctions:  # API5
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "webhooks"),
            ("POST", "webhooks"),
            ("GET", f"webhooks/{NOBODYS}"),
            ("DELETE", f"webhooks/{NOBODYS}"),
        ],
    )
    async def test_what_the_gateway_itself_answers_is_for_administrators(
        self, site: Site, method: str, path: str
    ) -> None:
        site.cases.employ(OLA, "Ola Prøve", "school_leader")
        body = {"url": "https://example.org/", "description": "Et system", "events": ["document.finished"]}
        async with site.logged_in("ola") as browser:
            answer = await browser.request(method, f"/api/v1/{path}", json=body, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    async def test_long_work_of_somebody_else_does_not_exist(self, site: Site) -> None:
        async with site.logged_in() as browser:
            answer = await browser.get(f"/api/v1/runs/{new_id()}")
        assert (answer.status_code, answer.json()["code"]) == (404, "run-not-found")

    async def test_a_role_that_may_not_is_refused_by_the_owner_whatever_the_page_showed(self, site: Site) -> None:
        site.cases.employ(OLA, "Ola Prøve", "employee")
        body = {"national_id": OLA, "name": "Ola Prøve", "roles": ["administrator"], "schools": []}
        async with site.logged_in("ola") as browser:
            answer = await browser.put("/api/v1/staff", json=body, headers=NEW)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert site.cases.of_kind(PutStaff) == []


class TestBusinessFlows:  # API6
    async def test_a_change_is_made_once_however_often_it_is_sent(self, site: Site) -> None:
        body = {"school_id": str(new_id()), "title": "Spesialundervisning"}
        async with site.logged_in() as browser:
            answers = [await browser.post("/api/v1/cases", json=body, headers=KEY) for _ in range(3)]
        assert len({answer.text for answer in answers}) == 1
        assert site.cases.opened == 1


class TestServerSideRequests:  # API7: only webhooks go where somebody says; and the browser is sent back here only
    @pytest.mark.parametrize(
        "url",
        [
            *("https://127.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[::1]/", "https://10.0.0.1/"),
            *("http://example.org/", "https://[::ffff:169.254.169.254]/", "https://kari:x@example.org/", "file:///etc"),
        ],
    )
    async def test_a_webhook_leads_to_nothing_inside(self, site: Site, url: str) -> None:
        body = {"url": url, "description": "Et system", "events": ["document.finished"]}
        async with site.logged_in() as browser:
            answer = await browser.post("/api/v1/webhooks", json=body, headers=KEY)
        is_development_http = url.startswith("http://")  # what a name leads to is judged when it is called
        assert answer.status_code == (201 if is_development_http else 422), answer.text
        if not is_development_http:
            assert answer.json()["code"] in ("webhook-target", "invalid-request")

    @pytest.mark.parametrize(
        "address", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: 1"]
    )
    async def test_log_in_leads_back_to_our_own_pages_only(self, site: Site, address: str) -> None:
        async with site.browser() as browser:
            begun = await browser.get("/login", params={"return_to": address})
            entered = await site.choose(browser, begun.headers["location"], "kari", "minid")
        assert (entered.status_code, entered.headers["location"]) == (303, "/")


class TestConfiguration:  # API8
    @pytest.mark.parametrize("path", ["/", "/api/v1/me", "/api/v1/openapi.json", "/nothing", "/static/sikkersak.css"])
    async def test_every_answer_carries_what_protects_it(self, site: Site, path: str) -> None:
        async with site.browser() as browser:
            answer = await browser.get(path, headers={"Origin": "https://evil.example", "X-Correlation-Id": "mine"})
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-correlation-id"] != "mine", "a reference of our own"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers

    @pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PUT", "DELETE", "FOO"])
    async def test_methods_that_are_not_offered_are_refused_as_problems(self, site: Site, method: str) -> None:
        async with site.browser() as browser:
            answer = await browser.request(method, "/api/v1/me")
        assert answer.status_code in (401, 405)
        assert answer.headers["content-type"] == "application/problem+json"


class TestInventory:  # API9
    @pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/api", "/api/v2/me", "/api/v0/me", "/debug"])
    async def test_there_is_nothing_beside_what_is_described(self, site: Site, path: str) -> None:
        async with site.browser() as browser:
            assert (await browser.get(path)).status_code == 404


class TestConsumedServices:  # API10
    async def test_a_strange_file_name_from_outside_cannot_leave_the_header(self, site: Site) -> None:
        shown = await document(site)
        strange = shown.files[0].model_copy(
            update={"name": 'a"\r\nSet-Cookie: x=1\r\n\r\n<script>.html', "media_type": "text/html"}
        )
        site.cases.document = shown.model_copy(update={"files": (strange,)})
        async with site.logged_in() as browser:
            answer = await browser.get(f"/api/v1/documents/{shown.document_id}/files/0")
        assert "set-cookie" not in answer.headers
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment;")

    async def test_a_file_is_looked_at_in_a_sandbox_and_what_a_browser_might_run_is_not_shown(self, site: Site) -> None:
        shown = await document(site)
        path = f"/api/v1/documents/{shown.document_id}/files/0/preview"
        async with site.logged_in() as browser:
            answer = await browser.get(path)
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("sandbox; default-src 'none'")
            assert "allow-" not in policy
            assert answer.headers["content-disposition"].startswith("inline;")
            runnable = shown.files[0].model_copy(update={"media_type": "image/svg+xml"})
            site.cases.document = shown.model_copy(update={"files": (runnable,)})
            refused = await browser.get(path)
        assert (refused.status_code, refused.json()["code"]) == (415, "no-preview")

    async def test_an_answer_of_id_porten_that_is_not_ours_opens_nothing(self, site: Site) -> None:
        async with site.browser() as browser:
            begun = await browser.get("/login")
            assert isinstance(begun, httpx.Response)
            answer = await browser.get(
                "/login/callback", params={"code": os.urandom(8).hex(), "state": "x", "iss": "y"}
            )
        assert answer.status_code == 401
        assert "session" not in browser.cookies
