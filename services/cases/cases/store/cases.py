"""Cases and their events."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sikkersak.clock import local_date, now
from sikkersak.contracts.cases import CaseSummary
from sikkersak.contracts.cases_documents import EventKind
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present

# The year's row is locked until the commit: numbers have no gaps, whatever happens beside (M10).
NEXT_NUMBER: Final = """
insert into case_numbers (year, last) values ($1, 1)
on conflict (year) do update set last = case_numbers.last + 1 returning last
"""
SUMMARY: Final = """
select c.*, (select count(*) from documents d where d.case_id = c.case_id) as documents,
  (select count(*) from archive_obligations o where o.case_id = c.case_id and o.state <> 'archived') as not_archived
from cases c
"""


async def open_case(tx: Transaction, fields: dict[str, Any]) -> UUID:
    """A new case with the next number of the year, by the calendar in Norway (R12). Returns its id."""
    year = local_date(now()).year
    running = await tx.fetchval(NEXT_NUMBER, year)
    sql = """
    insert into cases (case_id, year, running, title, public_title, case_type, school_id, pupil_id, responsible_id, access)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    """
    case_id = new_id()
    names = ("title", "public_title", "case_type", "school_id", "pupil_id", "responsible_id", "access")
    await tx.execute(sql, case_id, year, running, *(fields[name] for name in names))
    return case_id


async def case_summary(tx: Transaction, case_id: UUID) -> CaseSummary:
    """One line; the caller has shown that the actor may see the case."""
    row = await tx.fetchrow(f"{SUMMARY} where c.case_id = $1", case_id)
    return summary(row)


def summary(row: Row | None) -> CaseSummary:
    """A row as others see it."""
    if row is None:
        raise LookupError("the case was there a moment ago")
    return CaseSummary(
        case_id=row["case_id"],
        number=f"{row['year']}/{row['running']}",
        title=row["title"],
        case_type=row["case_type"],
        status=row["status"],
        school_id=row["school_id"],
        pupil_id=row["pupil_id"],
        responsible_id=row["responsible_id"],
        opened_at=row["opened_at"],
        documents=row["documents"],
        not_archived=row["not_archived"],
        phase=row["phase"],
        closed_at=row["closed_at"],
    )


async def case(tx: Transaction, case_id: UUID) -> Row | None:
    """A case by id, for orders from other services, which carry no actor."""
    return await tx.fetchrow("select * from cases where case_id = $1", case_id)


async def case_with_names(tx: Transaction, case_id: UUID) -> Row:
    """A case with the names of its school and of who is responsible, for what others are told of it."""
    sql = """
    select c.*, s.name as school, s.organisation as school_organisation, r.name as responsible
    from cases c join schools s using (school_id) join staff r on r.staff_id = c.responsible_id where c.case_id = $1
    """
    return present(await tx.fetchrow(sql, case_id), "case")


async def school_of(tx: Transaction, case_id: UUID) -> UUID:
    """The school that a case belongs to."""
    school_id: UUID = await tx.fetchval("select school_id from cases where case_id = $1", case_id)
    return school_id


async def put_responsible(tx: Transaction, case_id: UUID, staff_id: UUID) -> None:
    """Another is its main caseworker from now on."""
    await tx.execute("update cases set responsible_id = $2 where case_id = $1", case_id, staff_id)


async def close(tx: Transaction, case_id: UUID, remark: str, by: UUID) -> None:
    """Closes with the remark that says why (M14)."""
    sql = (
        "update cases set status = 'closed', closed_at = now(), closing_remark = $2, closed_by = $3 where case_id = $1"
    )
    await tx.execute(sql, case_id, remark, by)


async def add_event(
    tx: Transaction, case_id: UUID, kind: EventKind, title: str, happened_at: datetime, mail_id: UUID | None = None
) -> UUID:
    """A new event on the timeline. Mail that already has one is refused by the database."""
    event_id: UUID = (await add_event_row(tx, case_id, kind, title, happened_at, mail_id))["event_id"]
    return event_id


async def add_event_row(
    tx: Transaction, case_id: UUID, kind: EventKind, title: str, happened_at: datetime, mail_id: UUID | None = None
) -> Row:
    """As `add_event`, for whoever goes on with the event itself."""
    sql = """insert into events (event_id, case_id, kind, title, happened_at, mail_id) values ($1, $2, $3, $4, $5, $6)
    returning *"""
    return present(await tx.fetchrow(sql, new_id(), case_id, kind.value, title, happened_at, mail_id), "event")


async def event(tx: Transaction, event_id: UUID) -> Row | None:
    """One event; what it is in the archive follows from it."""
    return await tx.fetchrow("select * from events where event_id = $1", event_id)


async def event_of_mail(tx: Transaction, mail_id: UUID) -> Row | None:
    """The event that a piece of mail became, if it did."""
    return await tx.fetchrow("select * from events where mail_id = $1", mail_id)


async def events(tx: Transaction, case_id: UUID) -> list[Row]:
    """The timeline, newest first; the caller has shown that the actor may read the case."""
    return await tx.fetch("select * from events where case_id = $1 order by happened_at desc, event_id desc", case_id)
