"""Case types, parties, related cases, closing, and cases that follow a pupil."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from cases.domain.standing import Standing
from cases.store.access import VISIBLE
from cases.store.cases import SUMMARY, summary
from sikkersak.contracts.cases import CaseParty, RelatedCase
from sikkersak.contracts.cases_casework import (
    AddCaseParty,
    CaseType,
    ClosedCase,
    ClosingCandidate,
    Hindrance,
    PutCaseType,
)
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault.reference import VaultRef

# One row for each thing that stands in the way of closing, with the document where it is about one (M14).
HINDRANCES: Final = """
select case_id, 'unfinished' as code, document_id from documents where case_id = any($1) and state <> 'finished'
union all
select case_id, case kind when 'reopening' then 'not-reopened' else 'unarchived' end, document_id from archive_obligations
  where case_id = any($1) and state <> 'archived' and kind <> 'closing'
    and not (state = 'given_up' and kind in ('correction', 'withdrawal', 'reopening'))
union all
select case_id, 'unsigned', document_id from documents where case_id = any($1) and signing in ('waiting', 'awaiting_signatures')
union all
select case_id, 'undelivered', document_id from letters join documents using (document_id)
  where case_id = any($1) and letters.state <> 'delivered'
union all
select case_id, 'task-open', document_id from tasks where case_id = any($1) and done_at is null and kind = 'send_otherwise'
union all
select d.case_id, 'request-unanswered', d.document_id
  from documents d join access_request_entries e using (document_id) join access_requests r using (request_id)
  where d.case_id = any($1) and e.kind = 'request' and r.state not in ('answered', 'withdrawn')
"""
CANDIDATES: Final = """
select case_id, number, title, school_id, responsible_id, array_remove(array[
    case when has_left then 'caseworker_left' end, case when is_elsewhere then 'pupil_elsewhere' end,
    case when is_quiet then 'quiet' end], null) as why
from (
  select c.case_id, c.year || '/' || c.running as number, c.title, c.school_id, c.responsible_id,
    not (select s.is_active from staff s where s.staff_id = c.responsible_id) as has_left,
    coalesce((select p.school_id from pupils p where p.pupil_id = c.pupil_id) <> c.school_id, false) as is_elsewhere,
    $2::timestamptz is not null and not exists (
      select from events e where e.case_id = c.case_id and e.happened_at >= $2) as is_quiet
  from cases c
  where c.school_id = any($1) and c.status = 'open' and ($3::uuid is null or c.case_id > $3)
) looked_at
where has_left or is_elsewhere or is_quiet order by case_id limit $4
"""
REASONS: Final = {
    "unfinished": "Dokumentet er ikke ferdigstilt. Ferdigstill det, eller skriv det ferdig først.",
    "unarchived": "Dokumentet er ikke arkivert ennå. Vent, eller se arkivloggen.",
    "not-reopened": "Saken er ikke gjenåpnet i arkivet ennå. Vent, eller se arkivloggen.",
    "unsigned": "Dokumentet venter på signatur.",
    "undelivered": "Et brev er ikke levert. Vent, eller avgjør hva som skal gjøres med det.",
    "task-open": "En oppgave om å sende dokumentet på annen måte er ikke utført.",
    "request-unanswered": "Innsynskravet er ikke besvart ennå. Besvar det, eller noter at det er trukket.",
}


async def case_types(tx: Transaction) -> tuple[CaseType, ...]:
    """Every case type by name."""
    return tuple(CaseType.model_validate(dict(row)) for row in await tx.fetch("select * from case_types order by name"))


async def case_type(tx: Transaction, code: str) -> CaseType | None:
    """One case type."""
    row = await tx.fetchrow("select * from case_types where code = $1", code)
    return CaseType.model_validate(dict(row)) if row else None


async def put_case_type(tx: Transaction, wanted: PutCaseType) -> CaseType:
    """Creates or changes by code."""
    sql = """
    insert into case_types (code, name, folder, statuses, is_active) values ($1, $2, $3, $4, $5)
    on conflict (code) do update set name = excluded.name, folder = excluded.folder, statuses = excluded.statuses,
      is_active = excluded.is_active
    """
    await tx.execute(sql, wanted.code, wanted.name, wanted.folder.value, list(wanted.statuses), wanted.is_active)
    return CaseType.model_validate(wanted.model_dump())


async def set_phase(tx: Transaction, case_id: UUID, phase: str) -> None:
    """The working status."""
    await tx.execute("update cases set phase = $2 where case_id = $1", case_id, phase)


async def add_party(tx: Transaction, wanted: AddCaseParty, dossier: VaultRef) -> None:
    """Gives somebody a part; number and address are in the sealed dossier."""
    sql = "insert into case_parties (party_id, case_id, role, kind, name, dossier) values ($1, $2, $3, $4, $5, $6)"
    who = (wanted.role.value, wanted.party.kind.value, wanted.party.name)
    await tx.execute(sql, new_id(), wanted.case_id, *who, dossier.model_dump(mode="json"))


async def remove_party(tx: Transaction, case_id: UUID, party_id: UUID) -> bool:
    """Ends a part; false when there is none."""
    sql = """
    update case_parties set removed_at = now() where case_id = $1 and party_id = $2 and removed_at is null returning true
    """
    return bool(await tx.fetchval(sql, case_id, party_id))


async def parties(tx: Transaction, case_id: UUID) -> tuple[CaseParty, ...]:
    """Who has a part in it now."""
    sql = "select * from case_parties where case_id = $1 and removed_at is null order by name, party_id"
    return tuple(CaseParty.model_validate(dict(row)) for row in await tx.fetch(sql, case_id))


async def relate(tx: Transaction, one: UUID, other: UUID, *, is_related: bool) -> None:
    """Two cases belong together, or no longer; it is one row whichever way it is said."""
    low, high = sorted((one, other))
    if is_related:
        await tx.execute("insert into case_relations values ($1, $2) on conflict do nothing", low, high)
    else:
        await tx.execute("delete from case_relations where case_id = $1 and other_id = $2", low, high)


async def related(tx: Transaction, standing: Standing, case_id: UUID) -> tuple[RelatedCase, ...]:
    """Those of the related cases that this person may read (R8)."""
    sql = f"""
    select c.case_id, c.year || '/' || c.running as number, c.title from cases c
    where c.case_id in (select other_id from case_relations where case_id = $4
                        union select case_id from case_relations where other_id = $4) and {VISIBLE}
    order by c.case_id"""
    who = (standing.staff_id, standing.led_schools, standing.reads_everything)
    return tuple(RelatedCase.model_validate(dict(row)) for row in await tx.fetch(sql, *who, case_id))


# --- closing


async def lock(tx: Transaction, case_id: UUID) -> None:
    """Holds the case until the commit: who would write in it meanwhile waits, and then sees that it is closed."""
    await tx.execute("select from cases where case_id = $1 for update", case_id)


async def hindrances(tx: Transaction, case_id: UUID) -> tuple[Hindrance, ...]:
    """Everything that stands in the way of closing (M14)."""
    return (await hindrances_of(tx, [case_id]))[case_id]


async def hindrances_of(tx: Transaction, case_ids: list[UUID]) -> dict[UUID, tuple[Hindrance, ...]]:
    """The same for each of these."""
    found: dict[UUID, list[Hindrance]] = {case_id: [] for case_id in case_ids}
    for row in await tx.fetch(HINDRANCES, case_ids):
        code = row["code"]
        found[row["case_id"]].append(Hindrance(code=code, document_id=row["document_id"], detail=REASONS[code]))
    return {case_id: tuple(one) for case_id, one in found.items()}


async def closing_candidates(
    tx: Transaction, schools: list[UUID], quiet_since: datetime | None, after: UUID | None, limit: int
) -> list[ClosingCandidate]:
    """Open cases of these schools that may be ones to close, the oldest first, with what hinders each (M16)."""
    rows = await tx.fetch(CANDIDATES, schools, quiet_since, after, limit)
    hindering = await hindrances_of(tx, [row["case_id"] for row in rows])
    return [
        ClosingCandidate.model_validate(
            dict(row) | {"hindrances": hindering[row["case_id"]], "is_closable": not hindering[row["case_id"]]}
        )
        for row in rows
    ]


async def reopen(tx: Transaction, case_id: UUID) -> None:
    """Opens again; why stands in the audit log and on the timeline."""
    sql = (
        "update cases set status = 'open', closed_at = null, closed_by = null, closing_remark = null where case_id = $1"
    )
    await tx.execute(sql, case_id)


async def closed_page(
    tx: Transaction, schools: list[UUID], before: tuple[datetime, UUID] | None, limit: int
) -> list[ClosedCase]:
    """Closed cases of these schools, the last closed first."""
    sql = f"""{SUMMARY}
    where c.case_id = any(array(
      select one.case_id from unnest($1::uuid[]) led cross join lateral (
        select closed_at, case_id from cases where school_id = led and status = 'closed'
          and ($2::timestamptz is null or (closed_at, case_id) < ($2, $3)) order by closed_at desc, case_id desc limit $4
      ) one order by one.closed_at desc, one.case_id desc limit $4
    )) order by c.closed_at desc, c.case_id desc"""
    rows = await tx.fetch(sql, schools, *(before or (None, None)), limit)
    return [
        ClosedCase(summary=summary(row), closed_by=row["closed_by"], remark=row["closing_remark"] or "") for row in rows
    ]


# --- a pupil moves


async def move_pupil(tx: Transaction, pupil_id: UUID, school_id: UUID) -> None:
    """The pupil belongs to another school from now on."""
    await tx.execute("update pupils set school_id = $2 where pupil_id = $1", pupil_id, school_id)


async def move_open_cases(tx: Transaction, pupil_id: UUID, school_id: UUID, responsible_id: UUID) -> list[Row]:
    """Open cases follow their pupil; returns them."""
    sql = """
    update cases set school_id = $2, responsible_id = $3
    where pupil_id = $1 and status = 'open' and school_id <> $2 returning case_id
    """
    return await tx.fetch(sql, pupil_id, school_id, responsible_id)


async def drop_members_elsewhere(tx: Transaction, case_ids: list[UUID], school_id: UUID) -> int:
    """Takes off those who do not work at the case's new school; returns how many."""
    sql = """
    with gone as (
      delete from case_members m where m.case_id = any($1::uuid[]) and not exists (
        select from staff_schools x where x.staff_id = m.staff_id and x.school_id = $2) returning 1)
    select count(*) from gone
    """
    count: int = await tx.fetchval(sql, case_ids, school_id)
    return count
