"""What intake keeps of mail and attachments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from intake import plan
from intake.sorting.engine import Decision
from intake.svarinn.shipment import Shipment
from sikkersak.contracts.intake import Attachment, MailAct, MailState, MailSummary, PlanEntry, SameContent
from sikkersak.contracts.values import Party, PartyKind
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present

# A listed shipment is one row, however often it is listed and by however many replicas (M1).
NOTE_SEEN: Final = """
insert into mail (mail_id, system, shipment_id, title, sender, receiver_organisation, shipment_type,
                  external_reference, replies_to, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, now()))
on conflict (system, shipment_id) do nothing
"""
SUMMARY: Final = """
select m.*, (select count(*) from attachments a where a.mail_id = m.mail_id) as attachments,
  array(select distinct problem from attachments a where a.mail_id = m.mail_id and problem is not null) as problems,
  exists (select from attachments a join attachments b on b.sha256 = a.sha256 and b.mail_id <> a.mail_id
          join mail o on o.mail_id = b.mail_id
          where a.mail_id = m.mail_id and a.problem is distinct from 'empty' and o.stored_at is not null
            and coalesce(o.split_from, o.mail_id) <> coalesce(m.split_from, m.mail_id)) as has_same_content
from mail m
"""
FILES: Final = "select * from attachments where mail_id = $1 order by position"
# Files of other shipments that are the very same; parts of one shipment are no strangers to each other.
SAME_CONTENT: Final = """
select a.attachment_id, o.mail_id, o.title, o.state, o.received_at
from attachments a join mail m using (mail_id) join attachments b on b.sha256 = a.sha256 and b.mail_id <> a.mail_id
join mail o on o.mail_id = b.mail_id
where a.mail_id = $1 and a.problem is distinct from 'empty' and o.stored_at is not null
  and coalesce(o.split_from, o.mail_id) <> coalesce(m.split_from, m.mail_id)
order by o.received_at, o.mail_id limit 200
"""
BACKOFF: Final = timedelta(seconds=5)
CLAIM: Final = """
update mail set claimed_by = $2, claimed_until = now() + $3
where mail_id = $1 and state = 'seen' and (claimed_by is null or claimed_by = $2 or claimed_until < now())
returning true
"""


async def note_seen(tx: Transaction, system: str, shipment: Shipment) -> Row:
    """The row of a listed shipment, made now if it is new."""
    sender = Party(
        kind=PartyKind.PERSON if shipment.sender.person else PartyKind.ORGANISATION,
        name=shipment.sender.address.name or "Ukjent avsender",
        national_id=shipment.sender.person or shipment.sender.organisation,
    )
    await tx.execute(
        NOTE_SEEN,
        new_id(),
        system,
        shipment.shipment_id,
        shipment.title or "Uten tittel",
        sender.model_dump(mode="json"),
        shipment.receiver.organisation or "",
        shipment.shipment_type or "",
        shipment.external_reference,
        shipment.replies_to,
        shipment.sent_at,
    )
    sql = "update mail set left_queue_at = null where system = $1 and shipment_id = $2 and left_queue_at is not null"
    await tx.execute(sql, system, shipment.shipment_id)
    sql = "select * from mail where system = $1 and shipment_id = $2"
    row = await tx.fetchrow(sql, system, shipment.shipment_id)
    return present(row, "mail")


async def keep_stored(
    tx: Transaction, mail_id: UUID, attachments: list[Attachment], decision: Decision, digest: bytes
) -> bool:
    """Safe here: the attachments, where it belongs, and whether the same content came before. False if it was already."""
    sql = """
    update mail set state = 'stored', stored_at = now(), belonging = $2, rule = $3, content_digest = $4, problem = null,
      duplicate_of = (select min(mail_id::text)::uuid from mail o
                      where o.content_digest = $4 and o.mail_id <> $1 and o.stored_at is not null)
    where mail_id = $1 and state = 'seen' returning true
    """
    if not await tx.fetchval(sql, mail_id, decision.belonging.value, decision.explanation, digest):
        return False
    rows = [
        (one.attachment_id, mail_id, at, one.file.model_dump(mode="json"), one.problem, list(one.warnings), one.scan)
        for at, one in enumerate(attachments)
    ]
    sql = """insert into attachments (attachment_id, mail_id, position, file, problem, warnings, scan)
    values ($1, $2, $3, $4, $5, $6, $7)"""
    await tx.executemany(sql, rows)
    return True


async def claim(tx: Transaction, mail_id: UUID, holder: UUID, lasts: timedelta) -> bool:
    """Takes or renews the right to fetch it; false when another holds it or it is safe here already."""
    return bool(await tx.fetchval(CLAIM, mail_id, holder, lasts))


async def release(tx: Transaction, mail_id: UUID, holder: UUID) -> None:
    """Gives the right up."""
    sql = "update mail set claimed_by = null, claimed_until = null where mail_id = $1 and claimed_by = $2"
    await tx.execute(sql, mail_id, holder)


async def keep_left(tx: Transaction, system: str, listed: list[UUID]) -> None:
    """What was seen, is not safe here and is not listed any more: another took it, or somebody in KS's own pages."""
    sql = """
    update mail set left_queue_at = now(), problem = 'left-queue'
    where system = $1 and way = 'svarinn' and state = 'seen' and left_queue_at is null and not shipment_id = any($2)
    """
    await tx.execute(sql, system, listed)


async def keep_refused(tx: Transaction, mail_id: UUID) -> None:
    """SvarInn knows that it is not taken in here."""
    sql = "update mail set refusal_reported_at = now(), left_queue_at = now() where mail_id = $1"
    await tx.execute(sql, mail_id)


async def keep_acknowledged(tx: Transaction, mail_id: UUID) -> None:
    """The sender's system knows that it is safe here, or no longer holds it."""
    await tx.execute("update mail set acknowledged_at = now() where mail_id = $1", mail_id)


async def keep_problem(tx: Transaction, mail_id: UUID, code: str, at_least: timedelta | None = None) -> Row:
    """It could not be taken in this time: when to try again, growing to an hour. Other shipments go on."""
    sql = """
    update mail set attempts = attempts + 1, problem = $2,
      left_queue_at = case when $2 = 'left-queue' then now() end,
      next_try_at = now() + greatest($4, least($3::interval * power(2, least(attempts, 12)), interval '1 hour'))
    where mail_id = $1 returning *
    """
    row = await tx.fetchrow(sql, mail_id, code, BACKOFF, at_least)
    return present(row, "mail")


async def may_report(tx: Transaction, mail_id: UUID) -> bool:
    """Whether a failure may be reported now: each report is a line in the sender's log, so at most one a day."""
    sql = """
    update mail set reported_at = now()
    where mail_id = $1 and attempts >= 3 and (reported_at is null or reported_at < now() - interval '1 day')
    returning true
    """
    return bool(await tx.fetchval(sql, mail_id))


async def mail(tx: Transaction, mail_id: UUID) -> Row:
    """One piece of mail that is safe here, with what the inbox shows of its attachments."""
    row = await tx.fetchrow(f"{SUMMARY} where m.mail_id = $1 and m.stored_at is not null", mail_id)
    return present(row, "mail")


async def locked_mail(tx: Transaction, mail_id: UUID) -> Row:
    """One piece of mail that is safe here, for whoever decides about it: locked until the transaction ends."""
    row = await tx.fetchrow("select * from mail where mail_id = $1 and stored_at is not null for update", mail_id)
    return present(row, "mail")


async def mail_page(tx: Transaction, state: MailState | None, after: str | None, limit: int) -> list[MailSummary]:
    """The inbox, oldest first."""
    sql = f"""{SUMMARY} where m.stored_at is not null and ($1::text is null or m.state = $1)
    and ($2::uuid is null or m.mail_id > $2) order by m.mail_id limit $3"""
    rows = await tx.fetch(sql, state.value if state else None, UUID(after) if after else None, limit)
    entries = await plan.entries_in_force(tx)
    return [summary(row, entries) for row in rows]


async def shown(tx: Transaction, mail_id: UUID) -> MailSummary:
    """One piece of mail as the inbox shows it."""
    return summary(await mail(tx, mail_id), await plan.entries_in_force(tx))


async def files(tx: Transaction, mail_id: UUID) -> tuple[Attachment, ...]:
    """The files of one piece of mail, in the sender's order."""
    rows = await tx.fetch(FILES, mail_id)
    return tuple(Attachment.model_validate(dict(row)) for row in rows)


async def attachments(tx: Transaction, mail_id: UUID) -> tuple[Attachment, ...]:
    """The files, and where the very same came before or after: for whoever looks at it."""
    rows = await tx.fetch(FILES, mail_id)
    same: defaultdict[UUID, list[SameContent]] = defaultdict(list)
    for row in await tx.fetch(SAME_CONTENT, mail_id):
        same[row["attachment_id"]].append(SameContent.model_validate(dict(row)))
    return tuple(Attachment.model_validate({**row, "same_content": tuple(same[row["attachment_id"]])}) for row in rows)


def summary(row: Row, entries: Sequence[PlanEntry]) -> MailSummary:
    """A row as the inbox shows it; `entries` are the plan's."""
    suggested = plan.planned_for(entries, row)
    return MailSummary(
        mail_id=row["mail_id"],
        state=row["state"],
        title=row["title"],
        sender=row["sender"]["name"],
        receiver_organisation=row["receiver_organisation"],
        school_id=row["school_id"] or (suggested.entry.school_id if suggested else None),
        received_at=row["received_at"],
        attachments=row["attachments"],
        belonging=row["belonging"],
        rule=row["rule"],
        problems=tuple(row["problems"]),
        duplicate_of=row["duplicate_of"],
        case_id=row["case_id"],
        undo_until=row["held_until"],
        split_from=row["split_from"],
        has_same_content=row["has_same_content"],
        content_removed_at=row["content_removed_at"],
    )


async def note_act(tx: Transaction, mail_id: UUID, act: str, by: UUID | None = None) -> None:
    """Notes what was done, or came of it."""
    await tx.execute("insert into mail_acts (mail_id, act, by) values ($1, $2, $3)", mail_id, act, by)


async def history(tx: Transaction, mail_id: UUID) -> tuple[MailAct, ...]:
    """What was done with it, and came of it."""
    rows = await tx.fetch("select act, at, by from mail_acts where mail_id = $1 order by act_id", mail_id)
    return tuple(MailAct.model_validate(dict(row)) for row in rows)


async def decide(
    tx: Transaction, mail_id: UUID, state: MailState, act: str, by: UUID, *, held_seconds: float = 0.0, **also: Any
) -> None:
    """A person's decision, and the note of it; `also` are columns that change with it, `held_seconds` its time to be undone."""
    names = list(also)
    changes = "".join(f", {name} = ${position}" for position, name in enumerate(names, start=6))
    sql = f"""with noted as (insert into mail_acts (mail_id, act, by) values ($1, $4, $3))
    update mail set state = $2, decided_by = $3, decided_at = now(), order_at = now(),
    registration_error = null, held_until = case when $5::float8 > 0 then now() + make_interval(secs => $5) end{changes}
    where mail_id = $1"""
    await tx.execute(sql, mail_id, state.value, by, act, held_seconds, *(also[name] for name in names))


async def settle(tx: Transaction, mail_id: UUID, before: MailState, after: MailState, **also: Any) -> Row | None:
    """What became of a decision elsewhere, and that it did; the mail then. A fact that was overtaken changes nothing."""
    names = list(also)
    changes = "".join(f", {name} = ${position}" for position, name in enumerate(names, start=5))
    sql = f"""with settled as (update mail set state = $3{changes} where mail_id = $1 and state = $2 returning *),
    noted as (insert into mail_acts (mail_id, act) select mail_id, $4 from settled)
    select * from settled"""
    act = "returned" if after is MailState.STORED else after.value
    return await tx.fetchrow(sql, mail_id, before.value, after.value, act, *(also[name] for name in names))
