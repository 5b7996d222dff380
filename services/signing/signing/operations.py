"""What signing answers: how far signature jobs have come, and withdrawing one."""

from __future__ import annotations

from uuid import UUID

from signing import store
from signing.desk import Desk
from signing.domain import UNSETTLED
from sikkersak.contracts.signing import (
    CancelJob,
    CancelJobAtPortal,
    Ceremony,
    CeremonyReturn,
    JobDetail,
    JobPage,
    JobState,
    JobView,
    ListJobs,
    LookAtCeremony,
    OpenCeremony,
    ReadJob,
    ReturnFromCeremony,
    SignerProgress,
    SignerView,
    SigningDossier,
    SigningFlow,
)
from sikkersak.errors import Declined
from sikkersak.identity import Actor, Permission
from sikkersak.messaging.operations import Ask, Operations
from sikkersak.messaging.outbox import say
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import unseal

operations: Operations[Desk] = Operations("signing")


@operations.answers(ListJobs)
async def list_jobs(asked: ListJobs, ask: Ask, desk: Desk) -> JobPage:
    """Jobs of one document, or those the actor watches over. No names stand in them."""
    del desk
    found = await store.job_page(ask.tx, _schools(ask.actor), asked)
    return JobPage(items=tuple(found), next=str(found[-1].job_id) if len(found) == asked.limit else None)


@operations.answers(ReadJob)
async def read_job(asked: ReadJob, ask: Ask, desk: Desk) -> JobDetail:
    """One job, its signers by name, and what was done. Access to the document is decided by cases before this is asked."""
    schools = _schools(ask.actor)
    row = await store.visible_job(ask.tx, schools, asked.job_id, asked.document_id)
    dossier = await unseal(desk.vault, VaultRef.model_validate(row["dossier"]), SigningDossier)
    signers = tuple(
        SignerView(
            number=one["number"],
            name=signer.name,
            order=signer.order,
            state=SignerProgress(one["state"]),
            since=one["since"],
        )
        for one, signer in zip(await store.progress(ask.tx, asked.job_id), dossier.signers, strict=False)
    )
    return JobDetail(job=store.view(row), signers=signers, attempts=tuple(await store.attempts(ask.tx, asked.job_id)))


@operations.answers(CancelJob)
async def cancel_job(asked: CancelJob, ask: Ask, desk: Desk) -> JobView:
    """Withdraws a job: at once while it is still here, else the portal is told and its answer decides.

    A job at the screen cannot be withdrawn there: no link is given any more, and what was given opens once.
    """
    del desk
    row = await store.visible_job(ask.tx, _written(ask.actor), asked.job_id, asked.document_id)
    state = JobState(row["state"])
    if state not in UNSETTLED:
        raise Declined("signing-job-finished", "Oppdraget er avsluttet og kan ikke trekkes tilbake.")
    if state is JobState.AWAITING_SIGNATURES and row["flow"] == SigningFlow.PORTAL:
        if row["cancel_asked_at"] is None:
            await store.ask_cancel(ask.tx, asked.job_id)
            await say(ask.tx, CancelJobAtPortal(job_id=asked.job_id))
    elif state is JobState.WAITING and row["creating_at"] is not None:
        raise Declined(
            "signing-job-in-doubt", "Oppdraget er på vei til signeringstjenesten. Prøv igjen når det er kommet fram."
        )
    else:
        await store.change(ask.tx, asked.job_id, JobState.FAILED, "cancelled")
    await store.note(ask.tx, asked.job_id, "cancel", "asked")
    return store.view(await store.job(ask.tx, asked.job_id))


@operations.answers(OpenCeremony)
async def open_ceremony(asked: OpenCeremony, ask: Ask, desk: Desk) -> Ceremony:
    """A fresh link for one who is present; every click gets its own, and none is kept."""
    row = await store.visible_job(ask.tx, _written(ask.actor), asked.job_id, asked.document_id)
    address = await store.address(ask.tx, asked.job_id, asked.signer)
    is_open = row["flow"] == SigningFlow.DIRECT and row["state"] == JobState.AWAITING_SIGNATURES
    if not is_open or address is None or not desk.outward_effects:
        raise Declined("not-ready-to-sign", "Det er ikke noe å signere her på skjermen nå.")
    async with desk.circuit.attempt():
        url = await desk.portal.redirect(address)
    await store.note(ask.tx, asked.job_id, "open", f"signer {asked.signer}")
    return Ceremony(job_id=asked.job_id, signer=asked.signer, url=url)


@operations.answers(ReturnFromCeremony)
async def return_from_ceremony(asked: ReturnFromCeremony, ask: Ask, desk: Desk) -> CeremonyReturn:
    """Notes that somebody has come back, and asks the service what came of it. The landing itself is never believed."""
    del desk
    if await store.keep_token(ask.tx, asked.job_id, asked.token):
        await say(ask.tx, LookAtCeremony(job_id=asked.job_id))
    return CeremonyReturn()


def _written(actor: Actor) -> list[UUID] | None:
    """The schools in whose cases the actor may write; one document's for anyone whom cases has confirmed."""
    return actor.schools_with(Permission.WRITE_SCHOOL)


def _schools(actor: Actor) -> list[UUID] | None:
    """Every school for those who see all, the own ones for those who follow them; one document's for anyone else.

    Access to the document is not decided here: the gateway asks only after cases has allowed it.
    """
    if actor.holds(Permission.FOLLOW_ALL_SENDINGS):
        return None
    return actor.schools_with(Permission.FOLLOW_SENDINGS)
