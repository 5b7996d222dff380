"""Long work: ordered once, done once, told to whoever ordered it."""

from typing import Any

import httpx

from sikkersak.contracts.cases_casework import CloseCases
from sikkersak.ids import new_id
from sikkersak.testing.waiting import eventually

Site = Any
OLA = "02917531008"
LATER = {"Prefer": "respond-async"}


def body(remark: str = "Ferdig") -> dict[str, Any]:
    return {"case_ids": [str(new_id())], "remark": remark}


async def ended(browser: httpx.AsyncClient, address: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        said: dict[str, Any] = (await browser.get(address)).json()
        return said if said["ended_at"] else None

    found = await eventually(look, what="the end of the run")
    assert found is not None
    return found


async def test_what_is_ordered_is_done_once_and_its_answer_is_there_for_whoever_ordered_it(site: Site) -> None:
    site.cases.employ(OLA, "Ola Prøve", "administrator")
    key, wanted = {"Idempotency-Key": str(new_id())}, body()
    async with site.logged_in() as kari, site.logged_in("ola") as ola:
        orders = [await kari.post("/api/v1/closed-cases", json=wanted, headers=key | LATER) for _ in range(3)]
        assert {one.status_code for one in orders} == {202}
        assert len({one.headers["location"] for one in orders}) == 1
        address = orders[0].headers["location"]
        said = await ended(kari, address)
        assert (await ola.get(address)).status_code == 404
        other = await kari.post("/api/v1/closed-cases", json=body(), headers=key | LATER)
    assert (said["state"], said["answer"]["closed"]) == ("done", wanted["case_ids"])
    assert len(site.cases.of_kind(CloseCases)) == 1
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    rows = str(await site.rows("select dossier, result from runs"))
    assert wanted["case_ids"][0] not in rows, "what was asked and answered is sealed"


async def test_what_the_owner_declines_is_told_as_a_problem(site: Site) -> None:
    async with site.logged_in() as browser:
        headers = {"Idempotency-Key": str(new_id())} | LATER
        made = await browser.post("/api/v1/closed-cases", json=body("Ikke ennå"), headers=headers)
        said = await ended(browser, made.headers["location"])
    assert (said["state"], said["problem"]["code"], said["answer"]) == ("failed", "case-closed", None)


async def test_who_does_not_ask_for_it_gets_the_answer_at_once(site: Site) -> None:
    async with site.logged_in() as browser:
        said = await browser.post("/api/v1/closed-cases", json=body(), headers={"Idempotency-Key": str(new_id())})
    assert said.status_code == 200
    assert await site.rows("select 1 from runs") == []
