"""Creating a job is not idempotent: a lost answer must never become a second job by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from signing.digdir.client import DigdirPortal
from signing.portal import OutcomeUnknown
from sikkersak.errors import Declined, Transient

StandIn = Any  # the fixture of conftest.py


async def test_a_lost_answer_is_unknown_and_the_job_is_found_again_by_its_reference(
    stand_in: StandIn, portal: DigdirPortal
) -> None:
    stand_in.put("faults", lose_answers=1, only="/portal/signature-jobs$")
    with pytest.raises(OutcomeUnknown):
        await portal.create(stand_in.new_job("lost-and-found"))
    assert len(stand_in.requests("POST")) == 1
    assert await stand_in.poll(portal) is None

    job = stand_in.state()["jobs"][0]["id"]
    stand_in.act(job, 1)
    change = await stand_in.next_change(portal)
    assert (change.job_id, change.reference) == (job, "lost-and-found")
    assert change.cancellation_url is not None
    assert stand_in.state()["counts"]["jobs"] == 1


async def test_the_service_makes_a_second_job_of_a_repeated_order(stand_in: StandIn, portal: DigdirPortal) -> None:
    first = await portal.create(stand_in.new_job("same"))
    second = await portal.create(stand_in.new_job("same"))
    assert first.job_id != second.job_id
    assert stand_in.state()["counts"]["jobs"] == 2


async def test_an_error_of_the_server_leaves_the_outcome_unknown(stand_in: StandIn, portal: DigdirPortal) -> None:
    stand_in.put("faults", refuse_status=503)
    with pytest.raises(OutcomeUnknown):
        await portal.create(stand_in.new_job())


async def test_a_connection_broken_before_the_answer_leaves_the_outcome_unknown(
    stand_in: StandIn, portal: DigdirPortal
) -> None:
    stand_in.put("faults", down=True)
    with pytest.raises(OutcomeUnknown):
        await portal.create(stand_in.new_job())


async def test_without_a_connection_it_is_certain_that_nothing_was_sent(begin: Callable[..., StandIn]) -> None:
    async with begin().portal(root="https://127.0.0.1:9/api") as portal:
        with pytest.raises(Transient) as failure:
            await portal.create(begin().new_job())
    assert not isinstance(failure.value, OutcomeUnknown)


@pytest.mark.parametrize("empty", [False, True])
async def test_a_refusal_is_declined_and_quotes_nothing_personal(
    stand_in: StandIn, portal: DigdirPortal, empty: bool
) -> None:
    stand_in.put("quirks", empty_error=empty)
    job = stand_in.new_job()
    with pytest.raises(Declined) as refused:
        await portal.create(job.model_copy(update={"signers": (job.signers[0], job.signers[0])}))
    assert refused.value.code == ("signing-refused-400" if empty else "signing-schema-validation-error")
    assert stand_in.guardians[0] not in str(refused.value)
    assert stand_in.state()["counts"]["jobs"] == 0


async def test_a_repeated_confirmation_does_no_harm(stand_in: StandIn, portal: DigdirPortal) -> None:
    created = await portal.create(stand_in.new_job())
    stand_in.act(created.job_id, 1)
    change = await stand_in.next_change(portal)
    stand_in.put("faults", lose_answers=1, only="/complete$")
    with pytest.raises(Transient) as lost:
        await portal.confirm(change)
    assert not isinstance(lost.value, OutcomeUnknown)
    await portal.confirm(change)
    assert await stand_in.poll(portal) is None


async def test_a_download_cut_short_is_never_taken_for_a_file(stand_in: StandIn, portal: DigdirPortal) -> None:
    created = await portal.create(stand_in.new_job())
    stand_in.act(created.job_id, 1)
    change = await stand_in.next_change(portal)
    stand_in.put("faults", cut_after_bytes=100, only="/xades/")
    with pytest.raises(Transient):
        await portal.download(change.signers[0].xades_url or "")
