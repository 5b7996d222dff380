"""Signing at the screen, from order to confirmation, against the stand-in over mutual TLS."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from signing.digdir.client import DigdirPortal
from signing.evidence import ExpectedEvidence, ReceivedEvidence, verify_evidence
from signing.portal import DirectSigner, OutcomeUnknown, PortalJobState, SignerState
from sikkersak.contracts.signing import SigningFlow
from sikkersak.errors import Declined

StandIn = Any  # the fixture of conftest.py
DIRECT = SigningFlow.DIRECT


def token_of(landed: httpx.Response) -> str:
    """What the browser brings back."""
    assert landed.status_code == 303, landed.text
    return parse_qs(urlsplit(landed.headers["location"]).query)["status_query_token"][0]


async def test_those_present_sign_one_after_another_and_the_evidence_holds(
    stand_in: StandIn, portal: DigdirPortal
) -> None:
    job = stand_in.new_direct_job()
    created = await portal.create_direct(job)
    assert created.reference == job.reference
    assert created.status_url is not None
    for address in created.signers:
        landed = stand_in.in_browser(await portal.redirect(address))
        assert landed.headers["location"].startswith("https://skolen.example/completion?x=1&status_query_token=")
    change = await portal.look(created.status_url, token_of(landed))
    assert change.state is PortalJobState.COMPLETED
    assert tuple(signer.national_id for signer in change.signers) == stand_in.guardians
    received = ReceivedEvidence(
        pades=await portal.download(change.pades_url or ""),
        xades=tuple([await portal.download(signer.xades_url or "") for signer in change.signers]),
    )
    expected = ExpectedEvidence.of([document.content for document in job.documents], stand_in.guardians)
    verdict = await verify_evidence(received, expected, stand_in.trust())
    assert [signer.national_id for signer in verdict.signers] == list(stand_in.guardians)
    await portal.confirm(change)
    assert stand_in.state()["jobs"][0]["files_gone"]


async def test_the_result_is_polled_for_when_the_browser_never_comes_back(
    stand_in: StandIn, portal: DigdirPortal
) -> None:
    created = await portal.create_direct(stand_in.new_direct_job(signers=(DirectSigner(identifier="signer-1"),)))
    stand_in.in_browser(await portal.redirect(created.signers[0]))
    assert await stand_in.poll(portal) is None  # each flow has its own queue
    change = await stand_in.next_change(portal, DIRECT)
    assert (change.state, change.reference) == (PortalJobState.COMPLETED, "reference-1")
    assert [(signer.identifier, signer.national_id) for signer in change.signers] == [("signer-1", None)]
    await portal.confirm(change)


@pytest.mark.parametrize(("what", "state"), [("reject", SignerState.REJECTED), ("fail", SignerState.FAILED)])
async def test_a_no_and_a_failure_are_told_apart(
    stand_in: StandIn, portal: DigdirPortal, what: str, state: SignerState
) -> None:
    created = await portal.create_direct(stand_in.new_direct_job())
    landed = stand_in.in_browser(await portal.redirect(created.signers[1]), what)
    assert f"/{'rejection' if what == 'reject' else 'error'}?" in landed.headers["location"]
    change = await stand_in.next_change(portal, DIRECT)
    assert change.state is PortalJobState.FAILED
    assert [signer.state for signer in change.signers] == [SignerState.NOT_APPLICABLE, state]


async def test_an_address_opens_once_and_a_fresh_one_closes_those_before_it(
    stand_in: StandIn, portal: DigdirPortal
) -> None:
    created = await portal.create_direct(stand_in.new_direct_job())
    stale, fresh = await portal.redirect(created.signers[0]), await portal.redirect(created.signers[0])
    assert stand_in.in_browser(stale).status_code == 410
    assert stand_in.in_browser(fresh).status_code == 303
    assert stand_in.in_browser(fresh).status_code == 410


async def test_a_status_is_told_for_the_browsers_token_only_and_not_before_the_signer_is_done(
    stand_in: StandIn, portal: DigdirPortal
) -> None:
    created = await portal.create_direct(stand_in.new_direct_job())
    assert created.status_url is not None
    with pytest.raises(Declined) as early:
        await portal.look(created.status_url, "none")
    assert early.value.code == "signing-signing-ceremony-not-completed"
    stand_in.in_browser(await portal.redirect(created.signers[0]))
    with pytest.raises(Declined) as no:
        await portal.look(created.status_url, "none")
    assert no.value.code == "signing-invalid-status-query-token"


async def test_a_lost_answer_leaves_a_job_that_nobody_has_the_address_of(
    stand_in: StandIn, portal: DigdirPortal
) -> None:
    stand_in.put("faults", lose_answers=1, only="/direct/signature-jobs$")
    with pytest.raises(OutcomeUnknown):
        await portal.create_direct(stand_in.new_direct_job())
    assert stand_in.state()["counts"]["jobs"] == 1
    assert await stand_in.poll(portal, DIRECT) is None


async def test_not_a_byte_goes_to_another_organisation(begin: Any) -> None:
    impostor = begin("--wrong-organisation")
    async with impostor.portal() as portal:
        with pytest.raises(Declined) as no:
            await portal.create_direct(impostor.new_direct_job())
    assert no.value.code == "signing-wrong-organisation"
    assert impostor.state()["traffic"]["bytes"] == 0
