"""What signing hears: orders to get something signed, and its own order to create the job."""

from __future__ import annotations

from signing import creating, following, store
from signing.desk import Desk
from sikkersak.contracts.signing import (
    CancelJobAtPortal,
    CreateJob,
    JobState,
    LookAtCeremony,
    RequestSignatures,
    SigningDossier,
)
from sikkersak.messaging.handlers import Handlers
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction
from sikkersak.vault.sealed import unseal

handlers: Handlers[Desk] = Handlers("signing")


@handlers.hears(RequestSignatures)
async def request_signatures(order: RequestSignatures, tx: Transaction, desk: Desk) -> None:
    """Takes on the obligation. Key: job_id; an order that came before changes nothing."""
    dossier = await unseal(desk.vault, order.dossier, SigningDossier)
    if await store.add_job(tx, order, dossier):
        await say(tx, CreateJob(job_id=order.job_id))


@handlers.performs(CreateJob)
async def create_job(order: CreateJob, desk: Desk) -> None:
    """Creates the job at the portal. Key: job_id; one that was begun is never created again: the portal has no idempotency key."""
    async with desk.database.transaction() as tx:
        row = await store.job(tx, order.job_id)
    if row["state"] == JobState.WAITING.value and row["creating_at"] is None:
        await creating.create(desk, row)


@handlers.performs(CancelJobAtPortal)
async def cancel_job(order: CancelJobAtPortal, desk: Desk) -> None:
    """Withdraws the job at the portal. Key: job_id and its state; what has ended is left as it ended."""
    async with desk.database.transaction() as tx:
        row = await store.job(tx, order.job_id)
    if row["state"] == JobState.AWAITING_SIGNATURES.value and row["cancel_asked_at"] is not None:
        await creating.cancel(desk, row)


@handlers.performs(LookAtCeremony)
async def look_at_ceremony(order: LookAtCeremony, desk: Desk) -> None:
    """Asks what came of a ceremony. Key: job_id and its token, which is forgotten when it was used."""
    async with desk.database.transaction() as tx:
        row = await store.job(tx, order.job_id)
    if row["state"] == JobState.AWAITING_SIGNATURES.value and row["status_token"] is not None:
        await following.look(desk, row)
