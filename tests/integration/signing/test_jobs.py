"""Signature jobs from the order to their end, with the portal's faults on the way (M20)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sikkersak.clock import now
from sikkersak.contracts.notifier import ConsignmentState
from sikkersak.contracts.signing import CancelJob, JobState, ListJobs, NextStep, ReadJob, SignedEvidence, Signer
from sikkersak.errors import Declined
from sikkersak.identity import Actor
from sikkersak.ids import new_id
from sikkersak.testing.waiting import eventually
from sikkersak.vault import VaultRef, unseal

CREATE = "^POST .*/portal/signature-jobs$"
LEADER, OPERATIONS = "school_leader", "operations"


def actor(role: str, school: UUID | None = None) -> Actor:
    schools = frozenset({school}) if school else frozenset()
    return Actor(staff_id=new_id(), roles=frozenset({role}), schools=schools, level="high", session="s")


async def verdicts(house: Any, job: UUID, step: str) -> list[str]:
    rows = await house.rows("select verdict from attempts where job_id = $1 and step = $2 order by 1", job, step)
    return [row["verdict"] for row in rows]


async def test_what_all_have_signed_is_verified_stored_told_and_confirmed(house: Any, stand_in: Any) -> None:
    with house.signing():
        job = await house.ask_signatures(case_id=(case := new_id()))
        number = await house.at_portal(job)
        await stand_in.act(number, 1)

        async def one_has() -> bool:
            return bool((await house.row(job))["signed_by"] == 1)

        await eventually(one_has, what="the first signature")
        progress = await house.rows("select state from signers where job_id = $1 order by number", job)
        await stand_in.act(number, 2)
        row = await house.until(job, "signed")
        facts = await house.facts()

        async def is_confirmed() -> bool:
            return bool((await stand_in.jobs(job))[0]["files_gone"])

        await eventually(is_confirmed, what="the confirmation")
    assert [one["state"] for one in progress] == ["signed", "waiting"]
    changed = [fact for fact in facts if fact["type"] == "signing.job.changed.v1"]
    assert (changed[-1]["state"], changed[-1]["case_id"]) == ("signed", str(case))
    (signed,) = [fact for fact in facts if fact["type"] == "signing.document.signed.v1"]
    evidence = await unseal(house.vault, VaultRef.model_validate(row["evidence"]), SignedEvidence)
    assert signed["evidence"]["sha256"] == row["evidence"]["sha256"]
    assert len(evidence.xades) == 2
    assert (await house.vault.read_bytes(evidence.pades.ref, 10**7)).startswith(b"%PDF")


async def test_a_lost_answer_after_creating_gives_one_job_which_is_found_again(house: Any, stand_in: Any) -> None:
    await stand_in.put("faults", lose_answers=1, only=CREATE)
    with house.signing():
        job = await house.ask_signatures()

        async def is_in_doubt() -> bool:
            return await verdicts(house, job, "create") == ["outcome-unknown"]

        await eventually(is_in_doubt, what="the lost answer")
        (made,) = await stand_in.jobs(job)
        await stand_in.act(made["id"], 1)
        row = await house.until(job, "awaiting_signatures")
        await stand_in.act(made["id"], 2)
        await house.until(job, "signed")
    assert row["portal_job"] == made["id"]
    assert row["cancellation_url"]
    assert len(await stand_in.jobs(job)) == 1


async def test_an_answer_that_never_comes_is_a_persons_matter_and_still_taken_when_it_turns_up(
    house: Any, stand_in: Any
) -> None:
    await stand_in.put("faults", lose_answers=1, only=CREATE)
    with house.signing():
        job = await house.ask_signatures()
        await eventually(lambda: verdicts(house, job, "create"))
        async with house.database.transaction() as tx:
            await tx.execute("update jobs set creating_at = now() - interval '2 hours' where job_id = $1", job)
        await house.until(job, "failed", "outcome-unknown")
        page = await house.ask(ListJobs(document_id=job), actor(OPERATIONS))
        (made,) = await stand_in.jobs(job)
        for signer in (1, 2):
            await stand_in.act(made["id"], signer)
        await house.until(job, "signed")
    assert NextStep.OPERATIONS in page.items[0].choices
    assert len(await stand_in.jobs(job)) == 1


async def test_an_order_that_comes_twice_makes_one_job(house: Any, stand_in: Any) -> None:
    with house.signing():
        job = await house.ask_signatures()
        await house.ask_signatures(job)
        await house.at_portal(job)
        await house.ask_signatures(job)
        await house.facts()
    assert len(await stand_in.jobs(job)) == 1
    assert await verdicts(house, job, "create") == ["ok"]


async def test_a_crash_between_storing_and_confirming_is_made_good_by_confirming_again(
    house: Any, stand_in: Any
) -> None:
    with house.signing():
        job = await house.ask_signatures()
        number = await house.at_portal(job)
        await stand_in.put("faults", slow_seconds=30, only="/complete$")
        for signer in (1, 2):
            await stand_in.act(number, signer)
        await house.until(job, "signed")
        await house.kill()
    assert (await stand_in.jobs(job))[0]["confirmations"] == 0
    await stand_in.put("faults")
    await stand_in.post("leases/expire")
    async with house.database.transaction() as tx:
        await tx.execute("delete from polls")
    with house.signing():

        async def is_confirmed() -> bool:
            return bool((await stand_in.jobs(job))[0]["confirmations"])

        await eventually(is_confirmed, what="the confirmation")
        facts = await house.facts()
    # a relay that dies may say a message twice; the inbox knows it by its id
    assert len({fact["message_id"] for fact in facts if fact["type"] == "signing.document.signed.v1"}) == 1
    assert await verdicts(house, job, "signed") == ["verified"]


@pytest.mark.parametrize("how", ["pades", "pades-append", "other-document", "no-revocations"])
async def test_evidence_that_does_not_hold_is_kept_refused_and_shown(house: Any, stand_in: Any, how: str) -> None:
    await stand_in.put("quirks", tamper=how)
    with house.signing():
        job = await house.ask_signatures()
        number = await house.at_portal(job)
        for signer in (1, 2):
            await stand_in.act(number, signer)
        row = await house.until(job, "failed", "signature-not-verified")
        detail = await house.ask(ReadJob(job_id=job), actor(OPERATIONS))
        facts = await house.facts()
    evidence = await unseal(house.vault, VaultRef.model_validate(row["evidence"]), SignedEvidence)
    assert evidence.verdict.startswith("signature-not-verified: ")
    assert detail.job.choices == (NextStep.OPERATIONS,)
    assert [one.verdict for one in detail.attempts if one.step == "signed"] == [evidence.verdict]
    assert not [fact for fact in facts if fact["type"] == "signing.document.signed.v1"]


ENDS = [
    ("reject", "declined", "signer-declined", NextStep.ASK_AGAIN),
    ("expire", "expired", "time-ran-out", NextStep.ASK_AGAIN),
    ("reserve", "failed", "signer-reserved", NextStep.PAPER),
    ("contact-missing", "failed", "contact-missing", NextStep.GIVE_CONTACT),
    ("name-missing", "failed", "signer-name-missing", NextStep.PAPER),
]


async def test_every_end_without_a_signature_has_a_code_and_a_next_step(house: Any, stand_in: Any) -> None:
    with house.signing():
        jobs = [await house.ask_signatures() for _ in ENDS]
        for job, (act, *_) in zip(jobs, ENDS, strict=True):
            await stand_in.act(await house.at_portal(job), 2, act)
        for job, (_, state, code, step) in zip(jobs, ENDS, strict=True):
            await house.until(job, state, code)
            detail = await house.ask(ReadJob(job_id=job), actor(OPERATIONS))
            assert step in detail.job.choices, code
            assert detail.job.detail
            assert detail.job.delivery == ("given_up" if state == "expired" else "declined")
            assert detail.signers[0].state == "not_applicable"
        under_way = await house.ask_signatures()
        await house.at_portal(under_way)
        for state in ConsignmentState:  # the filter and what is shown are one reckoning
            found = (await house.ask(ListJobs(delivery=state, limit=200), actor(OPERATIONS))).items
            assert {one.delivery for one in found} <= {state}
            assert (under_way in {one.job_id for one in found}) == (state is ConsignmentState.SENT)


async def test_jobs_wait_unsent_while_the_portal_is_down_and_go_by_themselves(house: Any, stand_in: Any) -> None:
    await stand_in.put("faults", down=True)
    with house.signing():

        async def is_known_to_be_down() -> bool:
            return "circuit_opened" in house.log()

        await eventually(is_known_to_be_down, what="the circuit's opening")
        job = await house.ask_signatures()
        before = await house.until(job, "waiting")
        await stand_in.put("faults")
        await house.at_portal(job)
    assert before["creating_at"] is None
    assert len(await stand_in.jobs(job)) == 1
    assert "outcome-unknown" not in await verdicts(house, job, "create")


async def test_a_storm_of_429_is_waited_out_and_makes_no_job_twice(house: Any, stand_in: Any) -> None:
    with house.signing():
        await house.at_portal(await house.ask_signatures())
        await stand_in.put("faults", refuse_status=429, retry_after=1, only=CREATE)
        jobs = [await house.ask_signatures() for _ in range(3)]

        async def all_tried() -> bool:
            return all([await verdicts(house, job, "create") for job in jobs])

        await eventually(all_tried, what="a try of each")
        assert {(await house.row(job))["state"] for job in jobs} == {"waiting"}
        await stand_in.put("faults")
        for job in jobs:
            await house.until(job, "awaiting_signatures")
    for job in jobs:
        assert len(await stand_in.jobs(job)) == 1
    assert await house.place.depth("signing.create.parking") == 0


async def test_not_a_byte_of_content_goes_to_the_certificate_of_another_organisation(
    house: Any, programs: Any, begin_stand_in: Any
) -> None:
    impostor = begin_stand_in("--wrong-organisation")
    with house.signing(PORTAL_URL=impostor.url):
        job = await house.ask_signatures()
        row = await house.until(job, "waiting", "signing-wrong-organisation")
        page = await house.ask(ListJobs(document_id=job), actor(OPERATIONS))
    state = await impostor.state()
    assert (state["traffic"]["bytes"], state["counts"]["jobs"]) == (0, 0)
    assert row["creating_at"] is None
    assert "annen virksomhet" in page.items[0].detail
    with house.signing():  # mended by operations: it goes by itself
        await house.until(job, "awaiting_signatures")


async def test_a_clock_that_is_off_is_said_so_and_the_job_goes_when_it_is_mended(house: Any, stand_in: Any) -> None:
    await stand_in.put("quirks", clock_seconds=30)
    with house.signing():
        job = await house.ask_signatures()
        await house.until(job, "waiting", "signing-clock-skew")
        page = await house.ask(ListJobs(document_id=job), actor(OPERATIONS))
        await stand_in.put("quirks")
        await house.until(job, "awaiting_signatures")
    assert "Klokken" in page.items[0].detail
    assert "signing_clock_skew" in house.log()
    assert len(await stand_in.jobs(job)) == 1


async def test_several_documents_and_groups_that_sign_one_after_another(house: Any, stand_in: Any) -> None:
    signers = (
        Signer(national_id="15926100175", name="Ola Prøve", order=0),
        Signer(national_id="15926100256", name="Kari Prøve", order=1, email="kari@example.no", on_behalf_of="other"),
        Signer(name="Faglig leder", order=1, mobile="99999999", on_behalf_of="other"),
    )
    with house.signing():
        further = (await house.file("Vedlegg.pdf"),)
        job = await house.ask_signatures(signers=signers, further=further, days_open=7, message="Les først.")
        number = await house.at_portal(job)
        (made,) = await stand_in.jobs(job)
        assert [signer["open"] for signer in made["signers"]] == [True, False, False]
        assert len(made["documents"]) == 2
        await stand_in.act(number, 1)
        for signer in (2, 3):
            await stand_in.act(number, signer)
        row = await house.until(job, "signed")
    evidence = await unseal(house.vault, VaultRef.model_validate(row["evidence"]), SignedEvidence)
    assert len(evidence.xades) == 3
    assert row["expires_at"] - row["ordered_at"] == timedelta(days=14)


async def test_what_the_service_would_never_take_is_refused_before_anything_is_sent(house: Any, stand_in: Any) -> None:
    with house.signing():
        alone = (Signer(national_id="15926100175", name="Ola Prøve", on_behalf_of="other"),)
        nowhere = await house.ask_signatures(signers=alone)
        further = (await house.file("Vedlegg.pdf"),)
        advanced = await house.ask_signatures(further=further, is_advanced=True, level=4)
        large = await house.file()
        huge = large.model_copy(update={"ref": large.ref.model_copy(update={"size": 10_485_761})})
        heavy = await house.ask_signatures(document=huge)
        await house.until(nowhere, "failed", "contact-needed")
        await house.until(advanced, "failed", "job-not-possible")
        await house.until(heavy, "failed", "documents-too-large")
    assert (await stand_in.state())["counts"]["jobs"] == 0


async def test_a_job_is_withdrawn_and_what_has_ended_is_not(house: Any, stand_in: Any) -> None:
    school = new_id()
    with house.signing():
        job = await house.ask_signatures(school_id=school)
        late = await house.ask_signatures(school_id=school)
        await house.at_portal(job)
        number = await house.at_portal(late)
        with pytest.raises(Declined, match="not-found"):
            await house.ask(CancelJob(job_id=job), actor(LEADER, new_id()))
        view = await house.ask(CancelJob(job_id=job), actor(LEADER, school))
        await house.until(job, "failed", "cancelled")
        with pytest.raises(Declined, match="signing-job-finished"):
            await house.ask(CancelJob(job_id=job), actor(LEADER, school))
        await stand_in.put("faults", refuse_status=503, only="^GET .*/portal/signature-jobs$")
        for signer in (1, 2):
            await stand_in.act(number, signer)
        await house.ask(CancelJob(job_id=late), actor(LEADER, school))
        await eventually(lambda: verdicts(house, late, "cancel"))
        await stand_in.put("faults")
        await house.until(late, "signed")
    assert view.detail == "Oppdraget trekkes tilbake hos signeringstjenesten."
    assert (await stand_in.jobs(job))[0]["cancelled"]


async def test_nothing_leaves_while_outward_effects_are_off_and_all_does_when_they_are_on(
    house: Any, stand_in: Any
) -> None:
    with house.signing(OUTWARD_EFFECTS="off"):
        job, school = await house.ask_signatures(), new_id()
        withdrawn = await house.ask_signatures(school_id=school)
        await house.until(job, "waiting", "outward-effects-off")
        await house.until(withdrawn, "waiting", "outward-effects-off")
        with pytest.raises(Declined, match="forbidden"):
            await house.ask(CancelJob(job_id=withdrawn), actor(OPERATIONS))
        await house.ask(CancelJob(job_id=withdrawn), actor(LEADER, school))
        await house.until(withdrawn, "failed", "cancelled")
    assert (await stand_in.state())["traffic"]["bytes"] == 0
    with house.signing():
        await house.at_portal(job)
    assert await stand_in.jobs(withdrawn) == []


async def test_a_change_of_no_job_of_ours_is_kept_unconfirmed(house: Any, stand_in: Any) -> None:
    with house.signing():
        job = await house.ask_signatures()
        number = await house.at_portal(job)
        async with house.database.transaction() as tx:  # as if another application used our queue
            await tx.execute("delete from attempts where job_id = $1", job)
            await tx.execute("delete from signers where job_id = $1", job)
            await tx.execute("delete from jobs where job_id = $1", job)
        await stand_in.act(number, 1)

        async def is_kept() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = await house.rows(
                "select * from strange_changes where portal_job = $1", number
            )
            return found

        (kept,) = await eventually(is_kept, what="the change")
    content = await house.vault.read_bytes(VaultRef.model_validate(kept["content"]), 10**6)
    assert str(job).encode() in content
    assert (await stand_in.jobs(job))[0]["confirmations"] == 0


async def test_schools_are_reminded_once_before_the_time_runs_out(house: Any, stand_in: Any) -> None:
    with house.signing():
        job = await house.ask_signatures()
        await house.at_portal(job)

        async def is_reminded() -> Any:
            return (await house.row(job))["reminded_at"]

        await eventually(is_reminded, what="the reminder")
    assert (await house.row(job))["expires_at"] > now()


async def test_each_sees_what_is_theirs_to_see_and_no_number_stands_in_log_or_answer(house: Any, stand_in: Any) -> None:
    school = new_id()
    with house.signing():
        job = await house.ask_signatures(school_id=school)
        await house.at_portal(job)
        detail = await house.ask(ReadJob(job_id=job), actor(LEADER, school))
        named = await house.ask(ReadJob(job_id=job, document_id=job), actor("employee"))
        for nobody in (actor("employee"), actor(LEADER, new_id())):
            with pytest.raises(Declined):
                await house.ask(ReadJob(job_id=job), nobody)
    assert detail == named
    assert detail.job.state is JobState.AWAITING_SIGNATURES
    assert [signer.name for signer in detail.signers] == ["Ola Prøve", "Kari Prøve"]
    for secret in ("15926100175", "15926100256", "Prøve", "Pr\\u00f8ve", "Samtykke"):
        assert secret not in house.log()
        assert secret == "Prøve" or secret not in detail.model_dump_json()
