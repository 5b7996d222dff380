"""A job from order to confirmation, against the stand-in over mutual TLS."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from signing.digdir.client import DigdirPortal
from signing.evidence import ExpectedEvidence, ReceivedEvidence, verify_evidence
from signing.portal import (
    Availability,
    ContactInformation,
    OnBehalfOf,
    PortalJobState,
    PortalSigner,
    SignerState,
)
from sikkersak.errors import Declined

StandIn = Any  # the fixture of conftest.py


async def test_both_guardians_sign_and_the_evidence_holds(stand_in: StandIn, portal: DigdirPortal) -> None:
    job = stand_in.new_job()
    created = await portal.create(job)
    assert created.reference == job.reference

    stand_in.act(created.job_id, 1)
    first = await stand_in.next_change(portal)
    assert (first.job_id, first.reference, first.state) == (
        created.job_id,
        job.reference,
        PortalJobState.IN_PROGRESS,
    )
    assert [signer.state for signer in first.signers] == [SignerState.SIGNED, SignerState.WAITING]
    await portal.confirm(first)

    stand_in.act(created.job_id, 2)
    last = await stand_in.next_change(portal)
    assert last.state is PortalJobState.COMPLETED
    assert tuple(signer.national_id for signer in last.signers) == stand_in.guardians
    assert last.pades_url is not None
    received = ReceivedEvidence(
        pades=await portal.download(last.pades_url),
        xades=tuple([await portal.download(signer.xades_url or "") for signer in last.signers]),
    )
    expected = ExpectedEvidence.of([document.content for document in job.documents], stand_in.guardians)
    verdict = await verify_evidence(received, expected, stand_in.trust())
    assert verdict.document.long_term_data
    assert verdict.document.timestamped
    assert [signer.national_id for signer in verdict.signers] == list(stand_in.guardians)
    assert all(signer.documents == expected.documents for signer in verdict.signers)
    assert json.loads(verdict.to_text())["document"]["organisation"] == "984661185"

    await portal.confirm(last)
    assert await stand_in.poll(portal) is None
    with pytest.raises(Declined) as gone:
        await portal.download(last.pades_url)
    assert gone.value.code == "signing-files-gone"


async def test_a_change_that_is_not_confirmed_comes_back(stand_in: StandIn, portal: DigdirPortal) -> None:
    created = await portal.create(stand_in.new_job())
    stand_in.act(created.job_id, 1)
    first = await stand_in.next_change(portal)
    stand_in.control.post("/_control/leases/expire").raise_for_status()
    assert (await stand_in.next_change(portal)).raw == first.raw


async def test_a_rejection_ends_the_job_for_everybody(stand_in: StandIn, portal: DigdirPortal) -> None:
    created = await portal.create(stand_in.new_job())
    stand_in.act(created.job_id, 2, "reject")
    change = await stand_in.next_change(portal)
    assert change.state is PortalJobState.FAILED
    assert [signer.state for signer in change.signers] == [SignerState.NOT_APPLICABLE, SignerState.REJECTED]
    assert change.pades_url is None


async def test_the_next_group_opens_when_the_first_has_signed(stand_in: StandIn, portal: DigdirPortal) -> None:
    signers = tuple(PortalSigner(national_id=number, order=place) for place, number in enumerate(stand_in.guardians))
    created = await portal.create(stand_in.new_job(signers=signers))
    assert [signer["open"] for signer in stand_in.state()["jobs"][0]["signers"]] == [True, False]
    stand_in.act(created.job_id, 1)
    assert [signer["open"] for signer in stand_in.state()["jobs"][0]["signers"]] == [True, True]


async def test_a_deadline_that_passes_expires_the_job(stand_in: StandIn, portal: DigdirPortal) -> None:
    job = stand_in.new_job().model_copy(update={"availability": Availability(duration=timedelta(days=7))})
    await portal.create(job)
    stand_in.control.post("/_control/clock", json={"seconds": 7 * 86_400 + 1}).raise_for_status()
    change = await stand_in.next_change(portal)
    assert change.state is PortalJobState.FAILED
    assert {signer.state for signer in change.signers} == {SignerState.EXPIRED}


async def test_a_signer_may_be_addressed_by_contact_information_alone(stand_in: StandIn, portal: DigdirPortal) -> None:
    contact = ContactInformation(email="undertegner@example.org", mobile="99999999")
    job = stand_in.new_job(signers=(PortalSigner(notification=contact, on_behalf_of=OnBehalfOf.OTHER),))
    created = await portal.create(job)
    stand_in.act(created.job_id, 1)
    change = await stand_in.next_change(portal)
    assert change.signers[0].contact == contact
    assert change.signers[0].national_id is None


async def test_a_job_is_cancelled_once_and_not_after_its_end(stand_in: StandIn, portal: DigdirPortal) -> None:
    created = await portal.create(stand_in.new_job())
    await portal.cancel(created.cancellation_url)
    assert stand_in.state()["jobs"][0]["cancelled"]
    with pytest.raises(Declined) as late:
        await portal.cancel(created.cancellation_url)
    assert late.value.code == "signing-job-finished"


async def test_words_and_elements_of_the_future_are_tolerated(stand_in: StandIn, portal: DigdirPortal) -> None:
    created = await portal.create(stand_in.new_job())
    stand_in.put("quirks", signer_status="FUTURE_STATUS", unknown_element=True)
    stand_in.act(created.job_id, 1)
    change = await stand_in.next_change(portal)
    assert change.state is PortalJobState.IN_PROGRESS
    assert [(signer.state, signer.word) for signer in change.signers] == [(SignerState.UNKNOWN, "FUTURE_STATUS")] * 2


async def test_the_service_tells_who_we_are(stand_in: StandIn, portal: DigdirPortal) -> None:
    assert await portal.describe_access() == f"You are {stand_in.sender}"
