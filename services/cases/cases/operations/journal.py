"""The public journal: read by pages, or made into a file for publishing (M19)."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Final
from uuid import UUID

from cases import journal_files
from cases.domain.publicity import shielded, shown_parties
from cases.domain.titles import SHIELD
from cases.dossiers import Sealed
from cases.office import Office
from cases.operations import operations
from cases.store import audit, journal
from sikkersak.clock import local_date, now
from sikkersak.contracts.archiver import RecordType
from sikkersak.contracts.cases_journal import (
    ExportPublicJournal,
    JournalFile,
    JournalPage,
    JournalRecord,
    ReadPublicJournal,
)
from sikkersak.contracts.values import AccessAssessment, File, Party, PartyKind
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row

MOST_DAYS: Final = 366
MOST_RECORDS: Final = 5000
AT_ONCE: Final = 8
UNNAMED: Final = "Unntatt offentlighet"


class PeriodWrong(Declined):
    """It ends before it begins, or is longer than a year."""

    def __init__(self) -> None:
        super().__init__("period-wrong", "Perioden må begynne før den slutter, og være høyst ett år.", status=422)


class JournalTooLong(Declined):
    """One file would hold too much."""

    def __init__(self) -> None:
        super().__init__(
            "journal-too-long", f"Perioden har mer enn {MOST_RECORDS} journalposter. Velg en kortere.", status=422
        )


@operations.answers(ReadPublicJournal)
async def read_public_journal(asked: ReadPublicJournal, ask: Ask, office: Office) -> JournalPage:
    """A page of it; nothing of what is exempt leaves here."""
    days = _period(asked.from_date, asked.to_date)
    after = _place(asked.cursor)
    rows = await journal.page(ask.tx, days, asked.school_id, after, asked.limit, internal_too=asked.internal_too)
    items = await _records(office, rows)
    last = rows[-1] if len(rows) == asked.limit else None
    following = f"{last['finished_at'].isoformat()}|{last['document_id']}" if last else None
    return JournalPage(items=items, next=following)


@operations.answers(ExportPublicJournal)
async def export_public_journal(asked: ExportPublicJournal, ask: Ask, office: Office) -> JournalFile:
    """All of a period in one file; what was published when can be asked of the audit log."""
    days = _period(asked.from_date, asked.to_date)
    rows = await journal.page(ask.tx, days, asked.school_id, None, MOST_RECORDS + 1, internal_too=asked.internal_too)
    if len(rows) > MOST_RECORDS:
        raise JournalTooLong
    records = await _records(office, rows)
    name, media_type, content = await journal_files.made(asked, records)
    file = File(name=name, media_type=media_type, ref=await office.vault.put(content, media_type))
    about = {"from_date": str(asked.from_date), "to_date": str(asked.to_date), "format": asked.format.value}
    about |= {"school_id": str(asked.school_id) if asked.school_id else "", "records": str(len(records))}
    await audit.note(ask.tx, ask.actor.staff_id, "public-journal-made", about=about)
    return JournalFile(file=file, records=len(records))


async def _records(office: Office, rows: list[Row]) -> tuple[JournalRecord, ...]:
    """Sealed names are opened to be left out; a pupil's guardians once, however many entries there are."""
    sealed, slots = Sealed(office), asyncio.Semaphore(AT_ONCE)
    pupils = {row["pupil_id"]: row for row in rows if row["pupil_id"] is not None}

    async def guardians(row: Row) -> tuple[str, ...]:
        async with slots:
            pupil = await sealed.pupil(row)
        return (pupil.name, *(guardian.party.name for guardian in pupil.guardians))

    async def parties(row: Row) -> tuple[Party, ...]:
        async with slots:
            return await sealed.parties(row)

    families = dict(zip(pupils, await asyncio.gather(*map(guardians, pupils.values())), strict=True))
    opened = await asyncio.gather(*map(parties, rows))
    return tuple(
        _record(row, found, families.get(row["pupil_id"], ())) for row, found in zip(rows, opened, strict=True)
    )


def _record(row: Row, parties: tuple[Party, ...], family: tuple[str, ...]) -> JournalRecord:
    access = AccessAssessment.model_validate(row["access"])
    people = (party.name for party in parties if party.kind is PartyKind.PERSON)
    names = (row["pupil"] or "", *family, *row["names"], *people)
    if access.is_exempt:  # then whoever wrote or got it is not told by the title either
        names += tuple(party.name for party in parties)
    journal_date, record_type = local_date(row["finished_at"]), RecordType(row["record_type"])
    is_own = record_type is not RecordType.INCOMING
    return JournalRecord(
        entry=row["entry"],
        journal=row["journal"],
        case_title=shielded(row["case_title"], names) or SHIELD,
        title=shielded(row["public_title"], names) or SHIELD,
        record_type=record_type,
        school=SHIELD if row["is_protected"] else row["school"],
        journal_date=journal_date,
        document_date=row["document_date"] or (journal_date if is_own else None),
        parties=shown_parties(parties, is_exempt=access.is_exempt, journal_date=journal_date, today=local_date(now())),
        legal_basis=(access.legal_basis or UNNAMED) if access.is_exempt else None,
        is_withdrawn=row["withdrawn_at"] is not None,
    )


def _period(first: date, last: date) -> tuple[date, date]:
    if not 0 <= (last - first).days <= MOST_DAYS:
        raise PeriodWrong
    return first, last


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    moment, _, document_id = cursor.partition("|")
    return datetime.fromisoformat(moment), UUID(document_id)
