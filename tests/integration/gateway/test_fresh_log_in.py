"""Dangerous acts ask for a log-in of just now, log-in goes on with the same session, and all sessions end together (M29)."""

from typing import Any

import httpx

from sikkersak.ids import new_id

Site = Any
OLA = "02917531008"
STAFF = {"national_id": "18917630165", "name": "Ny Prøve", "roles": ["employee"], "schools": [str(new_id())]}


async def grow_old(site: Site, minutes: int = 20) -> None:
    """Every proof of every session happened so long ago."""
    await site.rows(f"""
        update sessions set authentications = (
          select jsonb_agg(proof || jsonb_build_object('authenticated_at',
            to_char((proof->>'authenticated_at')::timestamptz - interval '{minutes} minutes',
                    'YYYY-MM-DD"T"HH24:MI:SS.USTZH:TZM')))
          from jsonb_array_elements(authentications) proof)""")


async def strengthen(site: Site, browser: httpx.AsyncClient, user: str) -> httpx.Response:
    begun = await browser.get("/login", params={"strengthen": True, "return_to": "/personer"})
    asked = await browser.get(begun.headers["location"])
    assert asked.status_code == 200, "single sign-on does not answer a log-in that must be new"
    return await site.choose(browser, begun.headers["location"], user, "minid")


async def put_staff(browser: httpx.AsyncClient) -> httpx.Response:
    return await browser.put("/api/v1/staff", json=STAFF, headers={"If-None-Match": "*"})


class TestStepUp:
    async def test_giving_roles_asks_for_a_log_in_of_just_now_and_goes_on_after_it(self, site: Site) -> None:
        async with site.logged_in() as browser:
            assert (await put_staff(browser)).status_code == 200
            await grow_old(site)
            refused = await put_staff(browser)
            assert (refused.status_code, refused.json()["code"]) == (401, "fresh-login-required")
            assert (await browser.get("/api/v1/cases")).status_code == 200, "everyday work goes on"
            (before,) = await site.rows("select begun_at, digest from sessions")
            entered = await strengthen(site, browser, "kari")
            assert (entered.status_code, entered.headers["location"]) == (303, "/personer")
            (after,) = await site.rows("select begun_at, digest from sessions")
            assert after["begun_at"] == before["begun_at"], "the absolute limit stands where it stood"
            assert after["digest"] != before["digest"], "the old secret opens nothing any more"
            browser.headers["X-CSRF-Token"] = (await browser.get("/api/v1/me")).json()["csrf_token"]
            assert (await put_staff(browser)).status_code == 200

    async def test_somebody_elses_log_in_ends_the_session(self, site: Site) -> None:
        site.cases.employ(OLA, "Ola Prøve", "administrator")
        async with site.logged_in() as browser:
            answer = await strengthen(site, browser, "ola")
            assert answer.status_code == 401
            assert "login-another-person" in answer.text
        assert await site.rows("select 1 from sessions") == []


class TestEverywhere:
    async def test_a_person_sees_the_own_sessions_and_ends_them_all(self, site: Site) -> None:
        site.cases.employ(OLA, "Ola Prøve", "administrator")
        async with site.logged_in() as one, site.logged_in() as other, site.logged_in("ola") as colleague:
            seen = (await one.get("/api/v1/sessions")).json()["items"]
            assert sorted(item["is_this"] for item in seen) == [False, True]
            ended = await one.post("/api/v1/sessions/ending", headers={"Idempotency-Key": "everywhere-1"})
            assert ended.json() == {"ended": 2}
            assert [(await who.get("/api/v1/me")).status_code for who in (one, other, colleague)] == [401, 401, 200]

    async def test_the_front_page_logs_out_everywhere(self, site: Site) -> None:
        async with site.logged_in() as one, site.logged_in() as other:
            token = one.headers.pop("X-CSRF-Token")
            assert (await one.post("/logout/everywhere")).status_code == 403
            answer = await one.post("/logout/everywhere", data={"csrf": token})
            assert answer.headers["location"].startswith(f"{site.idporten}/logout")
            assert (await other.get("/api/v1/me")).status_code == 401
