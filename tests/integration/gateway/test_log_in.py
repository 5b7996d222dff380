"""Log-in through ID-porten, as a browser, ID-porten and the database see it (M29)."""

from typing import Any

import httpx
import pytest

from sikkersak.testing.waiting import eventually

Site = Any
KARI = "14838141278"


async def control(site: Site, path: str, body: object) -> Any:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        answer = await http.post(f"{site.idporten}/_control/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


class TestLogIn:
    async def test_member_of_staff_comes_in_and_back_to_where_they_were(self, site: Site) -> None:
        async with site.browser() as browser:
            answer = await site.log_in(browser)
            assert (answer.status_code, answer.headers["location"]) == (303, "/saker")
            cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("session="))
            assert "HttpOnly" in cookie
            assert "SameSite=lax" in cookie
            me = (await browser.get("/api/v1/me")).json()
            assert (me["name"], me["roles"], me["level"]) == (
                "Kari Prøve",
                ["administrator", "school_leader"],
                "substantial",
            )
            page = await browser.get("/")
            assert "Hei, Kari Prøve" in page.text
            assert f"form-action 'self' {site.idporten};" in page.headers["content-security-policy"]
        asked, ask = site.cases.asked[0]
        assert (ask.actor.kind, asked.level) == ("system", "substantial")

    async def test_nothing_in_the_tables_names_the_person_or_opens_the_session(self, site: Site) -> None:
        async with site.logged_in() as browser:
            cookie = browser.cookies["session"]
            rows = str([dict(row) for row in await site.rows("select * from sessions")])
            assert KARI not in rows
            assert "Kari" not in rows
            assert cookie not in rows
            assert await site.rows("select 1 from pending_logins") == []
            log = site.log.read_text()
            assert "logged_in" in log
            assert not [secret for secret in (KARI, "Kari", cookie, "code=", "state=") if secret in log]

    async def test_somebody_who_does_not_work_here_gets_a_page_that_says_so_and_no_session(self, site: Site) -> None:
        async with site.browser() as browser:
            answer = await site.log_in(browser, "ola")
            assert answer.status_code == 403
            assert "har ikke tilgang til Sikker Sak" in answer.text
            assert "not-staff" in answer.text
            assert "session" not in browser.cookies
        assert await site.rows("select 1 from sessions") == []

    async def test_session_begun_in_feide_is_made_to_log_in_anew(self, site: Site) -> None:
        begun = await control(site, "sessions", {"user": "kari", "method": "feide", "age_seconds": 60})
        async with site.browser() as browser:
            browser.cookies.set(begun["cookie"]["name"], begun["cookie"]["value"])
            away = await browser.get("/login", params={"return_to": "/saker"})
            answered = await browser.get(away.headers["location"])
            assert answered.status_code == 303, "single sign-on answers without asking"
            again = await browser.get(answered.headers["location"])
            assert again.status_code == 303
            assert again.headers["location"].startswith(f"{site.idporten}/authorize")
            assert "session" not in browser.cookies
            # forced: single sign-on must not answer now
            assert (await browser.get(again.headers["location"])).status_code == 200
            entered = await site.choose(browser, again.headers["location"], "kari", "minid")
            assert (entered.status_code, entered.headers["location"]) == (303, "/saker")

    async def test_choosing_feide_when_forced_ends_with_an_explanation(self, site: Site) -> None:
        async with site.browser() as browser:
            again = await site.log_in(browser, method="feide")
            assert again.headers["location"].startswith(f"{site.idporten}/authorize")
            refused = await site.choose(browser, again.headers["location"], "kari", "feide")
            assert refused.status_code == 401
            assert "startet i Feide" in refused.text

    async def test_callback_in_another_browser_is_refused(self, site: Site) -> None:
        async with site.browser() as browser, site.browser() as other:
            begun = await browser.get("/login")
            chosen = await other.post(begun.headers["location"], data={"user": "kari", "method": "minid"})
            answer = await other.get(chosen.headers["location"])
            assert answer.status_code == 401
            assert "login-callback-not-ours" in answer.text

    async def test_nobody_logs_in_while_cases_is_silent_and_the_page_says_try_again(self, site: Site) -> None:
        await site.requests.stop()
        async with site.browser() as browser:
            answer = await site.log_in(browser)
            assert answer.status_code == 503
            assert "retry-after" in answer.headers
            assert "Prøv igjen" in answer.text


class TestLogOut:
    async def test_logging_out_ends_the_session_here_and_at_id_porten(self, site: Site) -> None:
        async with site.logged_in() as browser:
            answer = await browser.post("/logout")
            assert answer.headers["location"].startswith(f"{site.idporten}/logout?id_token_hint=")
            assert "session" not in browser.cookies
            back = await browser.get(answer.headers["location"], follow_redirects=True)
            assert back.url.path == "/logged-out"
            assert "Du er logget ut" in back.text
        assert await site.rows("select 1 from sessions") == []

    async def test_stolen_cookie_is_worth_nothing_after_log_out(self, site: Site) -> None:
        async with site.logged_in() as browser, site.browser() as thief:
            thief.cookies.set("session", browser.cookies["session"])
            assert (await thief.get("/api/v1/me")).status_code == 200
            await browser.post("/logout")
            assert (await thief.get("/api/v1/me")).json()["code"] == "login-required"

    async def test_other_sites_cannot_log_anybody_out(self, site: Site) -> None:
        async with site.logged_in() as browser:
            del browser.headers["X-CSRF-Token"]
            assert (await browser.post("/logout")).status_code == 403
            assert (await browser.get("/api/v1/me")).status_code == 200

    async def test_log_out_at_id_porten_ends_the_session_here(self, site: Site) -> None:
        async with site.logged_in() as browser:
            await control(site, "sessions/end", {"user": "kari"})

            async def is_out() -> bool:
                return (await browser.get("/api/v1/me")).status_code == 401

            await eventually(is_out, what="the end of the session by back-channel logout")
        assert len(await site.rows("select 1 from logouts")) == 1

    @pytest.mark.parametrize("token", ["", "x.y.z", "ø"])
    async def test_untrusted_logout_token_is_refused_as_a_problem(self, site: Site, token: str) -> None:
        async with site.browser() as browser:
            answer = await browser.post("/login/backchannel", data={"logout_token": token})
            assert answer.status_code in (400, 422)
            assert answer.headers["content-type"] == "application/problem+json"

    async def test_person_who_left_is_out_at_the_next_look(self, site: Site) -> None:
        async with site.logged_in() as browser:
            site.cases.employ(KARI, "Kari Prøve", "administrator", is_active=False)
            assert (await browser.get("/api/v1/me")).json()["code"] == "not-staff"
            assert (await browser.get("/api/v1/me")).json()["code"] == "login-required"
