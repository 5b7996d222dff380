"""The staff API: sessions, forged requests, keys, problems and downloads, against a small cases service."""

import asyncio
from typing import Any

from sikkersak.contracts.cases import ListCases, OpenCase
from sikkersak.contracts.cases_documents import DocumentView, ReadDocument
from sikkersak.contracts.cases_people import Identify, PutStaff
from sikkersak.contracts.values import File
from sikkersak.ids import new_id
from sikkersak.testing.waiting import eventually
from sikkersak.vault import VaultRef

Site = Any
NEW = {"If-None-Match": "*"}
CASE = {"school_id": str(new_id()), "title": "Spesialundervisning"}


def document(ref: VaultRef) -> DocumentView:
    return DocumentView.model_validate(
        {
            **{name: new_id() for name in ("document_id", "event_id", "case_id")},
            "title": "Vedtak",
            "public_title": "Vedtak",
            "kind": "decision",
            "record_type": "U",
            "state": "draft",
            "version": 3,
            "needs_approval": True,
            "remark": None,
            "access": {},
            "archive": None,
            "signing": None,
            "files": [File(name="Vedtak «Kari».pdf", media_type="application/pdf", ref=ref)],
        }
    )


class TestSession:
    async def test_without_a_session_every_resource_asks_for_log_in(self, site: Site) -> None:
        async with site.browser() as browser:
            described = (await browser.get("/api/v1/openapi.json")).json()
            assert described["openapi"].startswith("3.1")
            for path, methods in described["paths"].items():
                for method in methods:
                    address = path.replace("{position}", "0")
                    for name in (
                        "mail_id",
                        "attachment_id",
                        "case_id",
                        "document_id",
                        "delivery_id",
                        "consignment_id",
                        "upload_id",
                    ):
                        address = address.replace(f"{{{name}}}", str(new_id()))
                    answer = await browser.request(method, address)
                    assert (answer.status_code, answer.json()["code"]) == (401, "login-required"), (method, path)
        assert site.cases.asked == []

    async def test_change_without_the_sessions_token_is_refused(self, site: Site) -> None:
        async with site.logged_in() as browser:
            for token in (None, "wrong"):
                browser.headers.pop("X-CSRF-Token", None)
                headers = {"Idempotency-Key": "key-00001"} | ({"X-CSRF-Token": token} if token else {})
                answer = await browser.post("/api/v1/cases", json=CASE, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (403, "request-forged")
        assert site.cases.opened == 0

    async def test_owner_learns_who_asks_from_the_gateways_own_signature(self, site: Site) -> None:
        async with site.logged_in() as browser:
            assert (await browser.get("/api/v1/cases", params={"limit": 7})).json() == {
                "items": [],
                "total": 0,
                "next": None,
            }
        asked, ask = site.cases.asked[-1]
        assert (type(asked), asked.limit) == (ListCases, 7)
        assert ask.actor.staff_id == next(iter(site.cases.staff.values())).staff_id
        assert ask.actor.roles == {"administrator", "school_leader"}
        assert ask.actor.kind == "person"

    async def test_cases_in_redeployment_does_not_end_sessions(self, site: Site) -> None:
        async with site.logged_in() as browser:
            await site.requests.stop()
            assert (await browser.get("/api/v1/me")).status_code == 200


class TestChanges:
    async def test_post_demands_a_key_and_passes_it_on_so_that_a_repeat_has_one_effect(self, site: Site) -> None:
        async with site.logged_in() as browser:
            bare = await browser.post("/api/v1/cases", json=CASE)
            assert (bare.status_code, bare.json()["code"]) == (400, "idempotency-key-required")
            headers = {"Idempotency-Key": "0190-open-case"}
            first = await browser.post("/api/v1/cases", json=CASE, headers=headers)
            again = await browser.post("/api/v1/cases", json=CASE, headers=headers)
            assert first.status_code == 201, first.text
            assert first.headers["location"] == f"/api/v1/cases/{first.json()['case_id']}"
            assert again.json() == first.json()
            other = await browser.post("/api/v1/cases", json=CASE | {"title": "En annen"}, headers=headers)
            assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
        assert len(site.cases.of_kind(OpenCase)) == 1

    async def test_national_number_of_staff_goes_no_further_than_the_gateway(self, site: Site) -> None:
        body = {"national_id": "02917531008", "name": "Ola Prøve", "roles": ["employee"], "schools": []}
        async with site.logged_in() as browser:
            answer = await browser.put("/api/v1/staff", json=body, headers=NEW)
            assert answer.status_code == 200, answer.text
        (asked,) = site.cases.of_kind(PutStaff)
        assert len(asked.pid_lookup) == 64
        assert "02917531008" not in asked.model_dump_json()

    async def test_unknown_field_is_said_and_not_passed_over(self, site: Site) -> None:
        async with site.logged_in() as browser:
            headers = {"Idempotency-Key": "key-00001"}
            answer = await browser.post("/api/v1/cases", json=CASE | {"tittel": "Vedtak"}, headers=headers)
            assert answer.status_code == 422
            assert answer.json()["fields"] == [
                {"field": "body.tittel", "code": "extra-forbidden", "detail": "er ikke et felt her"}
            ]


class TestSilentOwner:
    async def test_silence_is_answered_503_with_a_time_to_come_back(self, site: Site) -> None:
        async def never() -> None:
            await asyncio.sleep(60)

        site.cases.on_list = never
        async with site.logged_in() as browser:
            answer = await browser.get("/api/v1/cases")
            assert (answer.status_code, answer.json()["code"]) == (503, "try-again")
            assert int(answer.headers["retry-after"]) >= 1

    async def test_owner_that_is_not_there_is_answered_the_same_way(self, site: Site) -> None:
        async with site.logged_in() as browser:
            answer = await browser.get("/api/v1/deliveries")
            assert (answer.status_code, answer.json()["code"]) == (503, "try-again")
            assert int(answer.headers["retry-after"]) >= 1


class TestDownloads:
    async def test_document_has_its_version_as_etag(self, site: Site) -> None:
        site.cases.document = document(await site.vault.put(b"x", "application/pdf"))
        async with site.logged_in() as browser:
            address = f"/api/v1/documents/{site.cases.document.document_id}"
            assert (await browser.get(address)).headers["etag"] == '"3"'
            stale = await browser.patch(address, json={"title": "Nytt vedtak"})
            assert (stale.status_code, stale.json()["code"]) == (428, "if-match-required")

    async def test_file_comes_whole_and_in_parts(self, site: Site) -> None:
        content = bytes(range(256)) * 12_000  # three chunks of the vault
        site.cases.document = document(await site.vault.put(content, "application/pdf"))
        address = f"/api/v1/documents/{site.cases.document.document_id}/files/0"
        async with site.logged_in() as browser:
            whole = await browser.get(address)
            assert whole.status_code == 200
            assert whole.content == content
            assert whole.headers["content-type"] == "application/pdf"
            assert whole.headers["content-disposition"].startswith('attachment; filename="Vedtak ')
            assert whole.headers["x-content-type-options"] == "nosniff"
            assert whole.headers["cache-control"] == "no-store"
            part = await browser.get(address, headers={"Range": "bytes=1048570-1048585"})
            assert part.status_code == 206
            assert part.content == content[1048570:1048586]
            assert part.headers["content-range"] == f"bytes 1048570-1048585/{len(content)}"
            other = await browser.get(address, headers={"Range": "bytes=0-1", "If-Range": '"another"'})
            assert (other.status_code, len(other.content)) == (200, len(content))
            beyond = await browser.get(address, headers={"Range": f"bytes={len(content)}-"})
            assert (beyond.status_code, beyond.json()["code"]) == (416, "range-outside-file")
        assert len(site.cases.of_kind(ReadDocument)) == 4, "every download is asked of the owner, and so noted"

    async def test_nothing_is_given_out_when_the_owner_says_no(self, site: Site) -> None:
        ref = await site.vault.put(b"x", "application/pdf")
        site.cases.document = document(ref)
        async with site.logged_in() as browser:
            answer = await browser.get(f"/api/v1/documents/{new_id()}/files/0")
            assert (answer.status_code, answer.json()["code"]) == (404, "document-not-found")
            answer = await browser.get(f"/api/v1/documents/{site.cases.document.document_id}/files/1")
            assert (answer.status_code, answer.json()["code"]) == (404, "file-not-found")

    async def test_content_that_is_missing_is_a_bug_with_a_reference(self, site: Site) -> None:
        site.cases.document = document(VaultRef(sha256="0" * 64, size=10, media_type="application/pdf"))
        async with site.logged_in() as browser:
            answer = await browser.get(f"/api/v1/documents/{site.cases.document.document_id}/files/0")
            assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
            assert answer.json()["instance"] == f"urn:uuid:{answer.headers['x-correlation-id']}"


class TestIdentity:
    async def test_roles_are_read_anew(self, site: Site) -> None:
        async with site.logged_in() as browser:
            before = len(site.cases.of_kind(Identify))
            site.cases.employ("14838141278", "Kari Prøve", "employee")
            assert (await browser.get("/api/v1/me")).json()["roles"] == ["employee"]
            assert len(site.cases.of_kind(Identify)) == before + 1


class TestLeaving:
    async def test_gateway_that_is_told_to_stop_leaves_cleanly_and_sessions_live_on(self, site: Site) -> None:
        async with site.logged_in() as browser:
            assert (await browser.get("/api/v1/me")).status_code == 200
        site.gateway.terminate()

        async def is_gone() -> bool:
            return site.gateway.poll() is not None

        await eventually(is_gone, what="the end of the process")
        assert site.gateway.returncode == 0
        assert len(await site.rows("select 1 from sessions")) == 1
