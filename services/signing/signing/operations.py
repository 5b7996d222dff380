"""What signing answers: how far signature jobs have come, and withdrawing one."""

from __future__ import annotations

from uuid import UUID

from signing import store
from signing.desk import Desk
from signing.domain import UNSETTLED
from sikkersak.contracts.signing import (
    CancelJob,
    CancelJobAtPortal,
    JobDetail,
    JobPage,
    JobState,
    JobView,
    ListJobs,
    ReadJob,
    SignerProgress,
    SignerView,
    SigningDossier,
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
    """Withdraws a job: at once while it is still here, else the portal is told and its answer decides."""
    del desk
    row = await store.visible_job(ask.tx, _schools(ask.actor), asked.job_id, asked.document_id)
    state = JobState(row["state"])
    if state not in UNSETTLED:
        raise Declined("signing-job-finished", "Oppdraget er avsluttet og kan ikke trekkes tilbake.")
    if state is JobState.AWAITING_SIGNATURES:
        if row["cancel_asked_at"] is None:
            await store.ask_cancel(ask.tx, asked.job_id)
            await say(ask.tx, CancelJobAtPortal(job_id=asked.job_id))
    elif row["creating_at"] is not None:
        raise Declined(
            "signing-job-in-doubt", "Oppdraget er på vei til signeringstjenesten. Prøv igjen når det er kommet fram."
        )
    else:
        await store.change(ask.tx, asked.job_id, JobState.FAILED, "cancelled")
    await store.note(ask.tx, asked.job_id, "cancel", "asked")
    return store.view(await store.job(ask.tx, asked.job_id))


def _schools(actor: Actor) -> list[UUID] | None:
    """Every school for those who see all, the own ones for those who follow them; one document's for anyone else.

    Access to the document is not decided here: the gateway asks only after cases has allowed it.
    """
    if actor.holds(Permission.FOLLOW_ALL_SENDINGS):
        return None
    return actor.schools_with(Permission.FOLLOW_SENDINGS)
