"""What the gateway remembers of people counts no more from the moment that cases tells of a change (M15, M16)."""

from __future__ import annotations

import pytest

from sikkersak.contracts.cases_roles import RolesChanged
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database
from sikkersak.testing.waiting import eventually

KARI = "14838141278"


@pytest.fixture(scope="module")
def environment(environment: dict[str, str]) -> dict[str, str]:
    """A gateway that would remember people for as long as it may."""
    return environment | {"IDENTITY_SECONDS": "60"}


async def told(site) -> None:
    database = await Database.connect(site.database_url, application="test", size=2)
    try:
        async with database.transaction() as tx:
            await say(tx, RolesChanged())
    finally:
        await database.close()


async def test_a_leavers_session_is_over_as_soon_as_cases_has_told_and_not_a_minute_later(site) -> None:
    async with site.logged_in() as browser:
        asked = len(site.cases.asked)
        assert (await browser.get("/api/v1/me")).status_code == 200
        assert len(site.cases.asked) == asked, "who it is, is remembered"
        site.cases.employ(KARI, "Kari Prøve", "administrator", is_active=False)
        assert (await browser.get("/api/v1/me")).status_code == 200

        await told(site)

        async def is_refused() -> bool:
            return (await browser.get("/api/v1/me")).status_code in (401, 403)

        await eventually(is_refused, what="the leaver's refusal")


async def test_who_is_still_here_notices_nothing(site) -> None:
    async with site.logged_in() as browser:
        asked = len(site.cases.asked)
        await told(site)

        async def is_asked_anew() -> bool:
            assert (await browser.get("/api/v1/me")).status_code == 200
            return len(site.cases.asked) > asked

        await eventually(is_asked_anew, what="a new look at who it is")
