"""What signing keeps: jobs, attempts, the permitted poll time. All SQL of the service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from signing.domain import PROGRESS, delivery, time_open
from signing.portal import DirectJobCreated, JobCreated, SignerStatus
from sikkersak.contracts.notifier import Announce, Notice
from sikkersak.contracts.signing import (
    AttemptView,
    JobChanged,
    JobState,
    JobView,
    ListJobs,
    RequestSignatures,
    SigningDossier,
    SigningFlow,
)
from sikkersak.guidance.signatures import CANCELLING, EFFECTS_OFF, job_guidance
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row, Transaction, present

UNSETTLED: Final = ("waiting", "awaiting_signatures")


async def add_job(tx: Transaction, order: RequestSignatures, dossier: SigningDossier) -> bool:
    """The obligation and its signers, once for a job id; false when it is there already."""
    sql = """
    insert into jobs (job_id, document_id, case_id, school_id, dossier, signers, expires_at, flow, asked_by)
    values ($1, $2, $3, $4, $5, $6, coalesce($8, now()) + $7::interval, $9, $10) on conflict do nothing returning true
    """
    ids = (order.job_id, order.document_id, order.case_id, order.school_id)
    reference = order.dossier.model_dump(mode="json")
    asked = dossier.signers
    time = (time_open(dossier), dossier.opens_at)
    is_new = bool(await tx.fetchval(sql, *ids, reference, len(asked), *time, dossier.flow.value, order.asked_by))
    if is_new:
        rows = [(order.job_id, number, signer.order) for number, signer in enumerate(asked, start=1)]
        await tx.executemany("insert into signers (job_id, number, signing_order) values ($1, $2, $3)", rows)
    return is_new


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


async def created_direct(tx: Transaction, job_id: UUID, made: DirectJobCreated) -> None:
    """The service has it: those who are present can be led there."""
    sql = "update jobs set created_at = now(), portal_job = $2, status_url = $3 where job_id = $1"
    await tx.execute(sql, job_id, made.job_id, made.status_url)
    rows = [(job_id, number, address) for number, address in enumerate(made.signers, start=1)]
    await tx.executemany("update signers set address = $3 where job_id = $1 and number = $2", rows)
    await change(tx, job_id, JobState.AWAITING_SIGNATURES)


async def address(tx: Transaction, job_id: UUID, number: int) -> str | None:
    """Where the service is asked for a fresh link for one signer who has not signed."""
    sql = "select address from signers where job_id = $1 and number = $2 and state = 'waiting'"
    found: str | None = await tx.fetchval(sql, job_id, number)
    return found


async def keep_token(tx: Transaction, job_id: UUID, token: str) -> bool:
    """Somebody has come back from the service. Whether it is a job that waits for that."""
    sql = """
    update jobs set status_token = $2 where job_id = $1 and flow = 'direct' and state = 'awaiting_signatures'
    and status_token is distinct from $2 returning true
    """
    return bool(await tx.fetchval(sql, job_id, token))


async def forget_token(tx: Transaction, job_id: UUID, token: str) -> None:
    """It was used. One that has come since stays."""
    await tx.execute("update jobs set status_token = null where job_id = $1 and status_token = $2", job_id, token)


async def change(tx: Transaction, job_id: UUID, state: JobState, code: str | None = None, **also: Any) -> Row | None:
    """Moves a job that is not settled, and tells it. None when it was settled, or nothing is new."""
    names = list(also)
    changes = "".join(f", {name} = ${position}" for position, name in enumerate(names, start=5))
    sql = f"""
    update jobs set state = $2, code = $3, changed_at = now(){changes}
    where job_id = $1 and (state = any($4) or code = 'outcome-unknown') returning *
    """
    row = await tx.fetchrow(sql, job_id, state.value, code, list(UNSETTLED), *(also[name] for name in names))
    if row is not None:
        await _tell(tx, row)
        if state not in {JobState.WAITING, JobState.AWAITING_SIGNATURES}:
            await announce(tx, row, Notice.SIGNATURE_ENDED)
    return row


async def _tell(tx: Transaction, row: Row) -> None:
    """Says the fact about where it is, as it is shown to staff."""
    known = {name: row[name] for name in JobChanged.model_fields}
    await say(tx, JobChanged.model_validate(known | {"code": _code(row)}))


async def announce(tx: Transaction, row: Row, notice: Notice) -> None:
    """Tells the school, and whoever asked for the signatures."""
    await say(tx, Announce(notice_id=new_id(), notice=notice, school_id=row["school_id"]))
    if row["asked_by"] is not None:
        own = {"school_id": row["school_id"], "staff_id": row["asked_by"]}
        await say(tx, Announce(notice_id=new_id(), notice=notice, **own))


async def keep_progress(tx: Transaction, job_id: UUID, seen: list[tuple[int, SignerStatus]]) -> None:
    """How far each signer has come, by the place in the dossier."""
    sql = "update signers set state = $3, since = $4 where job_id = $1 and number = $2"
    for number, status in seen:
        await tx.execute(sql, job_id, number, PROGRESS[status.state].value, status.since)


async def progress(tx: Transaction, job_id: UUID) -> list[Row]:
    """The signers of one job in their order."""
    return await tx.fetch("select * from signers where job_id = $1 order by number", job_id)


async def attempts(tx: Transaction, job_id: UUID) -> list[AttemptView]:
    """Everything that was done for one job."""
    rows = await tx.fetch("select at, step, verdict from attempts where job_id = $1 order by attempt_id", job_id)
    return [AttemptView.model_validate(dict(row)) for row in rows]


async def wait(tx: Transaction, job_id: UUID, code: str) -> None:
    """The job waits, and says what for. Nothing was sent: it may be tried again."""
    sql = """
    update jobs set creating_at = null, code = $2 where job_id = $1 and state = 'waiting' and created_at is null
    and code is distinct from $2 returning true
    """
    if await tx.fetchval(sql, job_id, code):
        await change(tx, job_id, JobState.WAITING, code)


async def ask_cancel(tx: Transaction, job_id: UUID) -> None:
    """A person has withdrawn it; the portal's answer decides."""
    sql = """
    update jobs set cancel_asked_at = now(), changed_at = now() where job_id = $1 and state = 'awaiting_signatures'
    returning *
    """
    row = await tx.fetchrow(sql, job_id)
    if row is not None:
        await _tell(tx, row)


async def keep_cancelled_too_late(tx: Transaction, job_id: UUID) -> None:
    """The job has ended at the portal: its end is on its way."""
    sql = "update jobs set cancel_asked_at = null, changed_at = now() where job_id = $1 and state = any($2) returning *"
    row = await tx.fetchrow(sql, job_id, list(UNSETTLED))
    if row is not None:
        await _tell(tx, row)


async def keep_address(tx: Transaction, job_id: UUID, portal_job: int, cancellation_url: str | None) -> None:
    """Where the job is at the portal, known from a change when the answer to its creation was lost."""
    sql = """
    update jobs set portal_job = $2, cancellation_url = coalesce(cancellation_url, $3),
      created_at = coalesce(created_at, creating_at) where job_id = $1
    """
    await tx.execute(sql, job_id, portal_job, cancellation_url)


async def keep_strange(tx: Transaction, portal_job: int, content: dict[str, Any]) -> None:
    """A change of no job of ours, kept once however often it comes."""
    sql = """
    insert into strange_changes (portal_job, content) values ($1, $2)
    on conflict (portal_job) do update set last_at = now(), times = strange_changes.times + 1
    """
    await tx.execute(sql, portal_job, content)


async def uncancelled(tx: Transaction) -> list[UUID]:
    """Withdrawals that the portal has not been told of for minutes: their order is said again."""
    sql = """
    update jobs set cancel_asked_at = now() where state = 'awaiting_signatures'
    and cancel_asked_at < now() - interval '10 minutes' returning job_id
    """
    return [row["job_id"] for row in await tx.fetch(sql)]


async def running_out(tx: Transaction, before: timedelta) -> list[Row]:
    """Jobs whose time runs out within `before`, each once."""
    sql = """
    update jobs set reminded_at = now() where state = 'awaiting_signatures' and reminded_at is null
    and expires_at < now() + $1::interval and expires_at > now() returning school_id, asked_by
    """
    return await tx.fetch(sql, before)


async def let_go(tx: Transaction) -> list[UUID]:
    """Jobs that waited for outward effects, which are on now."""
    sql = """
    update jobs set code = null, changed_at = now() where state = 'waiting' and code = $1 and creating_at is null
    returning job_id
    """
    return [row["job_id"] for row in await tx.fetch(sql, EFFECTS_OFF)]


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
    and ($5::uuid is null or job_id < $5) and ($6::uuid is null or school_id = $6)
    and ($7::timestamptz is null or ordered_at >= $7)
    and ($8::text is null or $8 = case
      when state = 'waiting' then case when attempts > 0 then 'trying' else 'waiting' end
      when state = 'awaiting_signatures' then 'sent'
      when state = 'signed' then 'delivered'
      when state = 'expired' or code = 'outcome-unknown' then 'given_up' else 'declined' end)
    order by job_id desc limit $9
    """
    before = UUID(asked.cursor) if asked.cursor else None
    wanted = (asked.document_id, asked.state, before, asked.school_id, asked.since, asked.delivery, asked.limit)
    rows = await tx.fetch(sql, schools is None, schools or [], *wanted)
    return [view(row) for row in rows]


async def visible_job(tx: Transaction, schools: list[UUID] | None, job_id: UUID, document_id: UUID | None) -> Row:
    """One job that this actor may see, locked for this transaction."""
    sql = """
    select * from jobs where job_id = $3 and ($1::boolean or school_id = any($2::uuid[]) or document_id = $4)
    for update
    """
    return present(await tx.fetchrow(sql, schools is None, schools or [], job_id, document_id), "job")


def view(row: Row) -> JobView:
    """As staff see it: with what to read and do."""
    state, code = JobState(row["state"]), _code(row)
    advice = job_guidance(state, code, SigningFlow(row["flow"]))
    made = {"detail": advice.detail, "choices": advice.choices, "delivery": delivery(state, code, row["attempts"])}
    known = {name: row[name] for name in JobView.model_fields if name not in made}
    return JobView.model_validate(known | made)


def _code(row: Row) -> str | None:
    """Its code; that it is being withdrawn is said while the portal is asked."""
    is_cancelling = row["cancel_asked_at"] is not None and row["state"] == JobState.AWAITING_SIGNATURES
    return CANCELLING if is_cancelling else row["code"]
