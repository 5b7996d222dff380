"""Signing by somebody who is present: the link for each click, the browser's return, and what may go wrong (M20)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from sikkersak.contracts.signing import (
    CancelJob,
    NextStep,
    OpenCeremony,
    ReadJob,
    ReturnFromCeremony,
    Signer,
    SigningFlow,
)
from sikkersak.errors import Declined
from sikkersak.identity import Actor
from sikkersak.identity.actor import ActorKind
from sikkersak.ids import new_id
from sikkersak.testing.waiting import eventually

POLL = "^GET .*/direct/signature-jobs$"
ITSELF = Actor(staff_id=new_id(), level="high", session="gateway", kind=ActorKind.SYSTEM)
ONE = (Signer(national_id="15926100175", name="Ola Prøve"),)


def leader(school: UUID) -> Actor:
    return Actor(
        staff_id=new_id(), roles=frozenset({"school_leader"}), schools=frozenset({school}), level="high", session="s"
    )


def employee() -> Actor:
    return Actor(staff_id=new_id(), roles=frozenset({"employee"}), level="high", session="s")


async def in_browser(address: str, what: str = "sign") -> httpx.Response:
    """Opens the address and does what the signer does."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as browser:
        page = await browser.get(address)
        if page.is_error:
            return page
        action = page.text.split(f'/{what}"')[0].rpartition('action="')[2]
        return await browser.post(str(httpx.URL(address).copy_with(path=f"{action}/{what}")))


def token_of(landed: httpx.Response) -> str:
    assert landed.status_code == 303, landed.text
    return parse_qs(urlsplit(landed.headers["location"]).query)["status_query_token"][0]


async def test_each_click_gets_a_link_of_its_own_and_the_return_leads_to_verified_evidence(
    house: Any, stand_in: Any
) -> None:
    school = new_id()
    await stand_in.put("faults", refuse_status=503, only=POLL)  # the token alone brings the result
    with house.signing():
        job = await house.ask_signatures(flow=SigningFlow.DIRECT, school_id=school)
        await house.at_portal(job)
        detail = await house.ask(ReadJob(job_id=job), leader(school))
        first = await house.ask(OpenCeremony(job_id=job, signer=1), leader(school))
        again = await house.ask(OpenCeremony(job_id=job, signer=1), leader(school))
        assert (await in_browser(first.url)).status_code == 410
        landed = await in_browser(again.url)
        await house.ask(ReturnFromCeremony(job_id=job, token=token_of(landed)), ITSELF)

        async def one_has() -> bool:
            return bool((await house.row(job))["signed_by"] == 1)

        await eventually(one_has, what="the first signature")
        second = await house.ask(OpenCeremony(job_id=job, signer=2, document_id=job), employee())
        landed = await in_browser(second.url)
        await house.ask(ReturnFromCeremony(job_id=job, token=token_of(landed)), ITSELF)
        await house.until(job, "signed")
        with pytest.raises(Declined, match="not-ready-to-sign"):
            await house.ask(OpenCeremony(job_id=job, signer=2), leader(school))

        async def token_is_forgotten() -> bool:
            return (await house.row(job))["status_token"] is None

        await eventually(token_is_forgotten, what="the token's end")
    assert detail.job.choices == (NextStep.SIGN_HERE, NextStep.CANCEL)
    assert landed.headers["location"].startswith(f"http://127.0.0.1:8080/signering/{job}/completion?")
    assert again.url not in house.log()
    assert [fact["type"] for fact in await house.facts()].count("signing.document.signed.v1") == 1


async def test_the_result_is_known_when_the_browser_never_comes_back(house: Any, stand_in: Any) -> None:
    school = new_id()
    with house.signing():
        job = await house.ask_signatures(flow=SigningFlow.DIRECT, school_id=school, signers=ONE)
        await house.at_portal(job)
        await in_browser((await house.ask(OpenCeremony(job_id=job), leader(school))).url)
        await house.until(job, "signed")

        async def is_confirmed() -> bool:
            return bool((await stand_in.jobs(job))[0]["confirmations"])

        await eventually(is_confirmed, what="the confirmation")


async def test_a_no_and_a_failure_at_the_screen_have_a_next_step(house: Any, stand_in: Any) -> None:
    school = new_id()
    with house.signing():
        for what, state, code in (
            ("reject", "declined", "signer-declined"),
            ("fail", "failed", "ceremony-failed"),
        ):
            job = await house.ask_signatures(flow=SigningFlow.DIRECT, school_id=school, signers=ONE)
            await house.at_portal(job)
            await in_browser((await house.ask(OpenCeremony(job_id=job), leader(school))).url, what)
            await house.until(job, state, code)
            detail = await house.ask(ReadJob(job_id=job), leader(school))
            assert NextStep.ASK_AGAIN in detail.job.choices


async def test_a_lost_answer_gives_one_job_that_nobody_can_sign_and_says_so_at_once(house: Any, stand_in: Any) -> None:
    await stand_in.put("faults", lose_answers=1, only="^POST .*/direct/signature-jobs$")
    school = new_id()
    with house.signing():
        job = await house.ask_signatures(flow=SigningFlow.DIRECT, school_id=school)
        await house.until(job, "failed", "signing-not-answered")
        detail = await house.ask(ReadJob(job_id=job), leader(school))
    assert NextStep.ASK_AGAIN in detail.job.choices
    assert "lenken kom aldri fram" in detail.job.detail
    assert len(await stand_in.jobs(job)) == 1


async def test_a_token_that_is_none_changes_nothing_and_a_withdrawn_job_gives_no_link(
    house: Any, stand_in: Any
) -> None:
    school = new_id()
    with house.signing():
        job = await house.ask_signatures(flow=SigningFlow.DIRECT, school_id=school)
        number = await house.at_portal(job)
        await stand_in.put("faults", refuse_status=503, only=POLL)
        await stand_in.act(number, 1)
        landed = await in_browser((await house.ask(OpenCeremony(job_id=job, signer=2), leader(school))).url, "reject")
        await house.ask(ReturnFromCeremony(job_id=job, token="made up"), ITSELF)

        async def is_refused() -> bool:
            sql = "select 1 from attempts where job_id = $1 and step = 'look'"
            return bool(await house.rows(sql, job))

        await eventually(is_refused, what="the refusal of the token")
        assert (await house.row(job))["state"] == "awaiting_signatures"
        for nobody in (leader(new_id()), employee()):
            with pytest.raises(Declined):
                await house.ask(OpenCeremony(job_id=job), nobody)
        with pytest.raises(Declined, match="forbidden"):
            await house.ask(ReturnFromCeremony(job_id=job, token="x"), leader(school))
        await house.ask(CancelJob(job_id=job), leader(school))
        with pytest.raises(Declined, match="not-ready-to-sign"):
            await house.ask(OpenCeremony(job_id=job), leader(school))
    assert landed.status_code == 303
    assert (await house.row(job))["code"] == "cancelled"


async def test_what_is_signed_through_a_link_that_was_open_when_the_job_was_withdrawn_is_noted_and_not_taken(
    house: Any, stand_in: Any
) -> None:
    school = new_id()
    with house.signing():
        job = await house.ask_signatures(flow=SigningFlow.DIRECT, school_id=school, signers=ONE)
        await house.at_portal(job)
        link = (await house.ask(OpenCeremony(job_id=job), leader(school))).url
        await house.ask(CancelJob(job_id=job), leader(school))
        await in_browser(link)

        async def is_confirmed() -> bool:
            return bool((await stand_in.jobs(job))[0]["confirmations"])

        await eventually(is_confirmed, what="the confirmation")
        detail = await house.ask(ReadJob(job_id=job), leader(school))
    assert "signed after the end" in {attempt.verdict for attempt in detail.attempts}
    assert (detail.job.code, (await house.row(job))["evidence"]) == ("cancelled", None)


async def test_where_nobody_signs_at_the_screen_it_is_said_and_that_queue_is_left_alone(
    house: Any, stand_in: Any
) -> None:
    with house.signing(PORTAL_FLOWS='["portal"]'):
        job = await house.ask_signatures(flow=SigningFlow.DIRECT)
        await house.until(job, "failed", "flow-not-available")
        await house.at_portal(await house.ask_signatures())
    assert await stand_in.requests("GET", "/direct/signature-jobs") == []
