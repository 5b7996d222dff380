"""Files sent in: streamed to the vault, whole or not at all, and for nobody but whoever sent them."""

import hashlib
import os
from collections.abc import AsyncIterator
from typing import Any

from sikkersak.contracts.values import File
from sikkersak.vault import VaultRef, unseal

Site = Any
NAME = "Referat fra møte 3. mars.pdf"
HEADERS = {
    "Content-Disposition": "attachment; filename*=UTF-8''Referat%20fra%20m%C3%B8te%203.%20mars.pdf",
    "Content-Type": "application/pdf",
}
LARGEST = 3_000_000  # of one file, in the settings of this module's gateway


def keyed(key: str) -> dict[str, str]:
    return HEADERS | {"Idempotency-Key": key}


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield os.urandom(100_000)


class TestUploads:
    async def test_a_file_larger_than_any_other_body_is_kept_under_its_name(self, site: Site) -> None:
        content = os.urandom(2_000_000)
        async with site.logged_in() as browser:
            made = await browser.post("/api/v1/uploads", content=content, headers=keyed("upload-0001"))
            assert made.status_code == 201, made.text
            assert made.json()["name"] == NAME
            assert made.json()["sha256"] == hashlib.sha256(content).hexdigest()
            again = await browser.get(made.headers["Location"])
            assert again.json() == made.json()
        (row,) = await site.rows("select dossier from uploads")
        file = await unseal(site.vault, VaultRef.model_validate_json(row["dossier"]), File)
        assert await site.vault.read_bytes(file.ref, 3_000_000) == content

    async def test_the_same_key_gives_the_same_upload_and_with_other_content_a_refusal(self, site: Site) -> None:
        async with site.logged_in() as browser:
            first = await browser.post("/api/v1/uploads", content=b"a", headers=keyed("upload-0001"))
            second = await browser.post("/api/v1/uploads", content=b"a", headers=keyed("upload-0001"))
            other = await browser.post("/api/v1/uploads", content=b"b", headers=keyed("upload-0001"))
        assert first.json() == second.json()
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")

    async def test_a_pdf_is_what_begins_as_one_whatever_was_said(self, site: Site) -> None:
        async with site.logged_in() as browser:
            said = keyed("upload-0001") | {"Content-Type": "image/png"}
            pdf = await browser.post("/api/v1/uploads", content=b"%PDF-1.7 brev", headers=said)
            none = await browser.post("/api/v1/uploads", content=b"<html>", headers=keyed("upload-0002"))
        assert pdf.json()["media_type"] == "application/pdf"
        assert none.json()["media_type"] == "application/octet-stream"

    async def test_what_is_too_large_is_refused_also_when_it_declares_no_length(self, site: Site) -> None:
        async with site.logged_in() as browser:
            answer = await browser.post("/api/v1/uploads", content=pieces(40), headers=keyed("upload-0001"))
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
        assert await site.rows("select 1 from uploads") == []

    async def test_an_empty_file_and_one_without_a_name_are_refused(self, site: Site) -> None:
        async with site.logged_in() as browser:
            empty = await browser.post("/api/v1/uploads", content=b"", headers=keyed("upload-0001"))
            nameless = keyed("upload-0002") | {"Content-Disposition": "attachment"}
            unnamed = await browser.post("/api/v1/uploads", content=b"a", headers=nameless)
        assert (empty.status_code, empty.json()["code"]) == (422, "upload-empty")
        assert (unnamed.status_code, unnamed.json()["code"]) == (400, "upload-name-missing")

    async def test_nobody_else_sees_it(self, site: Site) -> None:
        site.cases.employ("02917531008", "Ola Prøve", "administrator")
        async with site.logged_in() as browser:
            made = await browser.post("/api/v1/uploads", content=b"a", headers=keyed("upload-0001"))
        async with site.logged_in("ola") as other:
            answer = await other.get(made.headers["Location"])
        assert (answer.status_code, answer.json()["code"]) == (404, "upload-not-found")
