"""What signing keeps: jobs, attempts, the permitted poll time. All SQL of the service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from signing.portal import JobCreated
from sikkersak.contracts.signing import JobChanged, JobState, JobView, ListJobs, RequestSignatures
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row, Transaction, present

UNSETTLED: Final = ("waiting", "awaiting_signatures")


async def add_job(tx: Transaction, order: RequestSignatures, signers: int, days_open: int) -> bool:
    """The obligation, once for a job id; false when it is there already."""
    sql = """
    insert into jobs (job_id, document_id, school_id, dossier, signers, expires_at)
    values ($1, $2, $3, $4, $5, now() + $6::interval) on conflict do nothing returning true
    """
    ids = (order.job_id, order.document_id, order.school_id)
    return bool(await tx.fetchval(sql, *ids, order.dossier.model_dump(mode="json"), signers, timedelta(days=days_open)))


async def job(tx: Transaction, job_id: UUID, *, for_update: bool = False) -> Row:
    """One job."""
    sql = f"select * from jobs where job_id = $1 {'for update' if for_update else ''}"
    return present(await tx.fetchrow(sql, job_id), "job")


async def known_job(tx: Transaction, reference: str | None) -> Row | None:
    """The job that the portal's reference names, if it is one of ours."""
    try:
        job_id = UUID(str(reference))
    except ValueError:
        return None
    return await tx.fetchrow("select * from jobs where job_id = $1 for update", job_id)


async def begin_creating(tx: Transaction, job_id: UUID) -> bool:
    """Marks that the portal is about to be asked; false when it was asked before and may have done it."""
    sql = """
    update jobs set creating_at = now(), attempts = attempts + 1
    where job_id = $1 and creating_at is null and state = 'waiting' returning true
    """
    return bool(await tx.fetchval(sql, job_id))


async def not_created(tx: Transaction, job_id: UUID) -> None:
    """The portal certainly did not take it: it may be asked again."""
    await tx.execute("update jobs set creating_at = null where job_id = $1 and created_at is null", job_id)


async def created(tx: Transaction, job_id: UUID, made: JobCreated) -> None:
    """The portal has it: the signers are invited."""
    sql = "update jobs set created_at = now(), portal_job = $2, cancellation_url = $3 where job_id = $1"
    await tx.execute(sql, job_id, made.job_id, made.cancellation_url)
    await change(tx, job_id, JobState.AWAITING_SIGNATURES)


async def change(tx: Transaction, job_id: UUID, state: JobState, code: str | None = None, **also: Any) -> Row | None:
    """Moves a job that is not settled, and tells it. None when it was settled, or nothing is new."""
    names = list(also)
    changes = "".join(f", {name} = ${position}" for position, name in enumerate(names, start=5))
    sql = f"""
    update jobs set state = $2, code = $3, changed_at = now(){changes}
    where job_id = $1 and state = any($4) returning *
    """
    row = await tx.fetchrow(sql, job_id, state.value, code, list(UNSETTLED), *(also[name] for name in names))
    if row is not None:
        await say(tx, JobChanged.model_validate({name: row[name] for name in JobChanged.model_fields}))
    return row


async def note(tx: Transaction, job_id: UUID, step: str, verdict: str) -> None:
    """Adds what was done to the record of attempts."""
    await tx.execute("insert into attempts (job_id, step, verdict) values ($1, $2, $3)", job_id, step, verdict)


async def next_poll_at(tx: Transaction, queue: str) -> datetime | None:
    """When the portal may be polled again."""
    moment: datetime | None = await tx.fetchval("select next_poll_at from polls where queue = $1", queue)
    return moment


async def keep_next_poll(tx: Transaction, queue: str, moment: datetime) -> None:
    """Keeps the permitted time beyond a restart."""
    sql = "insert into polls values ($1, $2) on conflict (queue) do update set next_poll_at = excluded.next_poll_at"
    await tx.execute(sql, queue, moment)


async def unanswered(tx: Transaction, after: timedelta) -> list[Row]:
    """Jobs whose creation was never answered, for so long that a person must look at the portal."""
    sql = """
    select * from jobs where state = 'waiting' and creating_at < now() - $1::interval and created_at is null for update
    """
    return await tx.fetch(sql, after)


async def unmoved(tx: Transaction) -> list[UUID]:
    """Jobs that nobody has begun to create for hours: their order is said again."""
    sql = """
    update jobs set changed_at = now() where state = 'waiting' and creating_at is null
    and changed_at < now() - interval '3 hours' returning job_id
    """
    return [row["job_id"] for row in await tx.fetch(sql)]


async def job_page(tx: Transaction, schools: list[UUID] | None, asked: ListJobs) -> list[JobView]:
    """Jobs that this actor may see, newest first; none of no school (R8)."""
    sql = """
    select * from jobs where ($1::boolean or school_id = any($2::uuid[]) or document_id = $3)
    and ($3::uuid is null or document_id = $3) and ($4::text is null or state = $4)
    and ($5::uuid is null or job_id < $5) order by job_id desc limit $6
    """
    state = asked.state.value if asked.state else None
    before = UUID(asked.cursor) if asked.cursor else None
    rows = await tx.fetch(sql, schools is None, schools or [], asked.document_id, state, before, asked.limit)
    return [JobView.model_validate({name: row[name] for name in JobView.model_fields}) for row in rows]
