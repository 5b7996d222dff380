"""A guardian who is present signs at the screen: from the caseworker's click to the archived evidence, through the API (M20)."""

from __future__ import annotations

from typing import Any

import httpx

from local.demo.casework import Casework
from local.demo.outside import Outside, wait_for
from local.demo.setting import Setting
from local.demo.staff import Staff
from local.stack import Stack


def sign(link: str) -> httpx.Response:
    """What the guardian does in a browser of their own, up to the page that it lands on."""
    with httpx.Client(trust_env=False, timeout=30) as browser:
        page = browser.get(link)
        action = page.text.split('/sign"')[0].rpartition('action="')[2]
        done = browser.post(str(httpx.URL(link).copy_with(path=f"{action}/sign")))
        return browser.get(done.headers["location"])


def test_a_guardian_who_is_present_signs_at_the_screen(
    stack: Stack, setting: Setting, outside: Outside, distributor: Staff
) -> None:
    casework = Casework.begin(stack, setting, outside)
    casework.write_approve_finish(str)
    teacher, document_id = casework.teacher, casework.document_id
    asked = teacher.post(f"documents/{document_id}/signatures", {"flow": "direct", "signers": [{"guardian": 1}]})
    assert asked["signatures"]["choices"] == ["wait"]

    def status(step: str) -> dict[str, Any]:
        found: dict[str, Any] = teacher.get(f"documents/{document_id}")["signatures"]
        return found if step in found["choices"] else {}

    job_id = wait_for("the job at the signing service", lambda: status("sign_here"), within=120)["job_id"]
    ceremony = f"/api/v1/signature-jobs/{job_id}/signers/1/ceremony"
    clicks = [teacher.http.get(ceremony, params={"document_id": document_id}) for _ in range(2)]
    assert [click.status_code for click in clicks] == [303, 303]
    assert httpx.get(clicks[0].headers["location"], trust_env=False).status_code == 410  # the newest link alone opens
    landed = sign(clicks[1].headers["location"])
    assert (landed.status_code, "Takk" in landed.text) == (200, True)

    def archived() -> dict[str, Any]:
        found: dict[str, Any] = teacher.get(f"documents/{document_id}")
        return found if (found["signing"], found["archive"]) == ("signed", "archived") else {}

    document = wait_for("the signed document in the archive", archived, within=120)
    assert (document["signatures"]["signed_by"], document["signatures"]["choices"]) == (1, [])
    assert document["files"][-1]["name"].endswith(".signert.pdf")
    query = {"kind": "signature", "document_id": document_id}
    (sending,) = distributor.get("sendings", **query)["items"]
    assert (sending["sending_id"], sending["state"]) == (job_id, "delivered")
    job = teacher.get(f"signature-jobs/{job_id}", document_id=document_id)
    assert [one["state"] for one in job["signers"]] == ["signed"]
