"""Creating a job at the portal, at most once, and withdrawing it. What may exist already is left for the poll to find."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from signing import composing, store
from signing.desk import Desk
from signing.portal import DirectJob, DirectJobCreated, JobCreated, OutcomeUnknown, PortalJob
from sikkersak.contracts.signing import JobState, SigningFlow
from sikkersak.errors import CircuitOpen, Declined, Transient
from sikkersak.guidance.signatures import EFFECTS_OFF, NOT_ANSWERED, SET_UP
from sikkersak.persistence.database import Row

log = structlog.get_logger(__name__)

SET_UP_PAUSE: Final = timedelta(minutes=1)


class NotLetIn(Transient):
    """The set-up is at fault, not the job: it waits, and the circuit opens."""

    def __init__(self, refused: Declined) -> None:
        super().__init__(refused.code, retry_after=SET_UP_PAUSE)
        self.code = refused.code


async def create(desk: Desk, row: Row) -> None:
    """Creates the job. Key: job_id; one that was begun is never begun again unless it certainly was not taken."""
    job_id = row["job_id"]
    if not desk.outward_effects:
        async with desk.database.transaction() as tx:
            await store.wait(tx, job_id, EFFECTS_OFF)
        return
    try:
        job = await composing.compose(desk, row)
    except Declined as no:
        await _fail(desk, row, no)
        return
    async with desk.database.transaction() as tx:
        if not await store.begin_creating(tx, job_id):
            return
    try:
        made = await _post(desk, job)
    except OutcomeUnknown:  # never repeated: the poll finds it, or a person looks
        await _left_in_doubt(desk, row)
    except (Transient, CircuitOpen) as later:
        async with desk.database.transaction() as tx:
            await store.not_created(tx, job_id)
            await store.note(tx, job_id, "create", later.reason[:200])
            if isinstance(later, NotLetIn):
                await store.wait(tx, job_id, later.code)
        raise
    except Declined as no:
        await _fail(desk, row, no)
    else:
        await _keep(desk, job_id, made)


async def _keep(desk: Desk, job_id: UUID, made: JobCreated | DirectJobCreated) -> None:
    async with desk.database.transaction() as tx:
        if isinstance(made, DirectJobCreated):
            await store.created_direct(tx, job_id, made)
        else:
            await store.created(tx, job_id, made)
        await store.note(tx, job_id, "create", "ok")


async def _left_in_doubt(desk: Desk, row: Row) -> None:
    """At the screen nobody has the link of a job whose answer was lost, so nobody can sign it: a person asks anew at once."""
    async with desk.database.transaction() as tx:
        await store.note(tx, row["job_id"], "create", "outcome-unknown")
        if row["flow"] == SigningFlow.DIRECT:
            await store.change(tx, row["job_id"], JobState.FAILED, NOT_ANSWERED)


async def _post(desk: Desk, job: PortalJob | DirectJob) -> JobCreated | DirectJobCreated:
    async with desk.circuit.attempt():
        try:
            return await (desk.portal.create_direct(job) if isinstance(job, DirectJob) else desk.portal.create(job))
        except Declined as no:
            if no.code not in SET_UP:
                raise
            log.error("signing_set_up_refused", code=no.code)
            raise NotLetIn(no) from no


async def _fail(desk: Desk, row: Row, no: Declined) -> None:
    async with desk.database.transaction() as tx:
        await store.change(tx, row["job_id"], JobState.FAILED, no.code)
        await store.note(tx, row["job_id"], "create", no.code)


async def cancel(desk: Desk, row: Row) -> None:
    """Withdraws the job. When it is too late the poll brings the end that it had."""
    url = row["cancellation_url"]
    if url is None or not desk.outward_effects:
        return
    try:
        async with desk.circuit.attempt():
            await desk.portal.cancel(url)
    except Declined as no:
        async with desk.database.transaction() as tx:
            await store.keep_cancelled_too_late(tx, row["job_id"])
            await store.note(tx, row["job_id"], "cancel", no.code)
        return
    async with desk.database.transaction() as tx:
        await store.change(tx, row["job_id"], JobState.FAILED, "cancelled")
        await store.note(tx, row["job_id"], "cancel", "ok")
