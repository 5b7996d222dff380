"""The paper register (M6): where scanned paper lies, since when, from when it can be shredded, and who did it.

A school's own: every statement names the school, so that what belongs to another is not there (R8).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from intake.mailroom import Mailroom
from intake.operations import operations
from sikkersak.clock import local_date, now
from sikkersak.contracts.intake_distribution import (
    AddPaper,
    ChangePaper,
    ListPapers,
    Paper,
    PaperPage,
    PaperState,
    ShreddingDue,
    ShredPapers,
)
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.identity import Permission
from sikkersak.identity.policy.intake import PAPER
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row, Transaction

__all__ = ["operations"]  # with everything below answered too
UNPLACED: Final = "Ikke oppgitt"
SCANS: Final = ("folder", "mailbox")
REMIND_EVERY: Final = timedelta(days=7)
# What is shredded comes last, what is due first.
PAGE: Final = """
select * from papers where school_id = $1
  and ($2::text is null or case when shredded_on is not null then 'shredded' when shred_from <= $3 then 'due' else 'kept' end = $2)
  and ($4::date is null or (shredded_on is not null, shred_from, paper_id) > ($5, $4, $6))
order by shredded_on is not null, shred_from, paper_id limit $7
"""
OF_SCAN: Final = """
insert into papers (paper_id, school_id, mail_id, reference, place, kept_since, shred_from, noted_by)
select $2, school_id, mail_id, coalesce(named_case, 'Skannet ' || to_char($3::date, 'DD.MM.YYYY')), $5, $3, $4, decided_by
from mail where mail_id = $1 and school_id is not null
on conflict (mail_id) do nothing
"""
DUE: Final = """
with due as (
  update papers set reminded_at = now()
  where shredded_on is null and shred_from <= $1 and (reminded_at is null or reminded_at < now() - $2::interval)
  returning school_id)
select school_id, count(*)::int as papers from due group by school_id order by school_id
"""


def month_after(day: date) -> date:
    """The same day of the next month, or its last."""
    year, month = divmod(day.year * 12 + day.month, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


async def note_scan(tx: Transaction, mail: Row) -> None:
    """Mail that was registered now, if it came in as a scan: its paper is in the register once. Key: mail_id."""
    if mail["way"] in SCANS:
        since = local_date(mail["received_at"])
        await tx.execute(OF_SCAN, mail["mail_id"], new_id(), since, month_after(since), UNPLACED)


@operations.answers(ListPapers)
async def list_papers(asked: ListPapers, ask: Ask, mailroom: Mailroom) -> PaperPage:
    """What is due first."""
    del mailroom
    _demand_school(ask, asked.school_id)
    place = await _place(ask.tx, asked)
    state = asked.state.value if asked.state else None
    rows = await ask.tx.fetch(PAGE, asked.school_id, state, _today(), *place, asked.limit)
    following = str(rows[-1]["paper_id"]) if len(rows) == asked.limit else None
    return PaperPage(items=tuple(_paper(row) for row in rows), next=following)


@operations.answers(AddPaper)
async def add_paper(asked: AddPaper, ask: Ask, mailroom: Mailroom) -> Paper:
    """Paper that was not scanned by way of this product, or before it."""
    del mailroom
    _demand_school(ask, asked.school_id)
    if asked.kept_since > _today():
        raise Declined("paper-in-future", "Datoen kan ikke være fram i tid.", status=422)
    shred_from = asked.shred_from or month_after(asked.kept_since)
    _demand_after(shred_from, asked.kept_since)
    sql = """insert into papers (paper_id, school_id, reference, place, kept_since, shred_from, noted_by)
    values ($1, $2, $3, $4, $5, $6, $7) returning *"""
    who = (asked.school_id, asked.reference, asked.place, asked.kept_since, shred_from, ask.actor.staff_id)
    return _paper(await ask.tx.fetchrow(sql, new_id(), *who))


@operations.answers(ChangePaper)
async def change_paper(asked: ChangePaper, ask: Ask, mailroom: Mailroom) -> Paper:
    """Where it lies, or until when. What is kept longer is reminded of anew."""
    del mailroom
    _demand_school(ask, asked.school_id)
    row = await _lock(ask.tx, asked.school_id, asked.paper_id)
    _demand_kept(row)
    if asked.shred_from is not None:
        _demand_after(asked.shred_from, row["kept_since"])
    sql = """update papers set place = coalesce($2, place), shred_from = coalesce($3, shred_from),
    reminded_at = case when $3::date is null then reminded_at end where paper_id = $1 returning *"""
    return _paper(await ask.tx.fetchrow(sql, asked.paper_id, asked.place, asked.shred_from))


@operations.answers(ShredPapers)
async def shred_papers(asked: ShredPapers, ask: Ask, mailroom: Mailroom) -> PaperPage:
    """All of them, or none."""
    del mailroom
    _demand_school(ask, asked.school_id)
    if asked.shredded_on > _today():
        raise Declined("paper-in-future", "Datoen kan ikke være fram i tid.", status=422)
    shredded = []
    for paper_id in sorted(set(asked.paper_ids)):  # always in the same order: two at once cannot wait for each other
        row = await _lock(ask.tx, asked.school_id, paper_id)
        _demand_kept(row)
        if row["shred_from"] > asked.shredded_on:
            raise Declined("paper-too-early", f"Papiret skal oppbevares til {row['shred_from']:%d.%m.%Y}.")
        sql = "update papers set shredded_on = $2, shredded_by = $3 where paper_id = $1 returning *"
        shredded.append(_paper(await ask.tx.fetchrow(sql, paper_id, asked.shredded_on, ask.actor.staff_id)))
    return PaperPage(items=tuple(shredded))


async def remind(mailroom: Mailroom) -> None:
    """Says once a week for each school that paper is due. Key: the paper and when it was last reminded of."""
    async with mailroom.database.transaction() as tx:
        for row in await tx.fetch(DUE, _today(), REMIND_EVERY):
            await say(tx, ShreddingDue(school_id=row["school_id"], papers=row["papers"]))


async def _place(tx: Transaction, asked: ListPapers) -> tuple[date | None, bool, UUID | None]:
    """Where the page before ended."""
    if asked.cursor is None:
        return None, False, None
    try:
        row = await _lock(tx, asked.school_id, UUID(asked.cursor))
    except (ValueError, NotFound):
        raise Declined("bad-cursor", "Listen kan ikke fortsette herfra. Hent den på nytt.", status=422) from None
    return row["shred_from"], row["shredded_on"] is not None, row["paper_id"]


async def _lock(tx: Transaction, school_id: UUID, paper_id: UUID) -> Row:
    row = await tx.fetchrow(
        "select * from papers where school_id = $1 and paper_id = $2 for update", school_id, paper_id
    )
    if row is None:
        raise NotFound("paper")
    return row


def _demand_school(ask: Ask, school_id: UUID) -> None:
    """The school's leaders for their own, distributors for all."""
    if not ask.actor.holds(Permission.HANDLE_MAIL) and school_id not in ask.actor.schools_with(Permission.WRITE_SCHOOL):
        raise Forbidden(PAPER)


def _demand_kept(row: Row) -> None:
    if row["shredded_on"] is not None:
        raise Declined("paper-shredded", "Papiret er makulert.")


def _demand_after(shred_from: date, kept_since: date) -> None:
    if shred_from < kept_since:
        raise Declined("paper-dates", "Makuleringsdatoen kan ikke være før papiret ble tatt vare på.", status=422)


def _today() -> date:
    return local_date(now())


def _paper(row: Row | None) -> Paper:
    if row is None:
        raise NotFound("paper")
    is_due = row["shred_from"] <= _today()
    state = PaperState.SHREDDED if row["shredded_on"] else PaperState.DUE if is_due else PaperState.KEPT
    return Paper.model_validate({**row, "state": state})
