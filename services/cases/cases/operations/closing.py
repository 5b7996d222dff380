"""Closing and reopening: the checklist, one case or many, the view of closed cases (M14, M16)."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from cases import followup
from cases.domain.folders import CaseNotClosable, demand_closable, demand_closed
from cases.domain.standing import Permission, Standing
from cases.dossiers import Sealed
from cases.office import Office
from cases.operations import operations
from cases.store import access, audit, cases, folders, people
from sikkersak.clock import OSLO, now
from sikkersak.contracts.cases import CaseStatus, CaseSummary, CloseCase
from sikkersak.contracts.cases_casework import (
    BulkClosing,
    CloseCases,
    ClosedCasePage,
    ClosingCandidatePage,
    ClosingChecklist,
    ListClosedCases,
    ListClosingCandidates,
    NotClosed,
    ReadClosing,
    ReopenCase,
)
from sikkersak.contracts.cases_documents import EventKind
from sikkersak.errors import Declined, Forbidden
from sikkersak.messaging.operations import Ask


class BadCursor(Declined):
    """Not a place in a list that was given out."""

    def __init__(self) -> None:
        super().__init__("bad-cursor", "Listen kan ikke fortsette herfra. Hent den på nytt.", status=422)


@operations.answers(ReadClosing)
async def read_closing(asked: ReadClosing, ask: Ask, office: Office) -> ClosingChecklist:
    """What hinders closing, each with the document it is about."""
    del office
    standing = await people.asking(ask)
    await access.readable_case(ask.tx, standing, asked.case_id)
    found = await folders.hindrances(ask.tx, asked.case_id)
    return ClosingChecklist(case_id=asked.case_id, is_closable=not found, hindrances=found)


@operations.answers(CloseCase)
async def close_case(asked: CloseCase, ask: Ask, office: Office) -> CaseSummary:
    """Closes a case that nothing hinders, here and in the archive (M14)."""
    standing = await people.asking(ask)
    await _close(ask, office, standing, asked.case_id, asked.remark)
    return await cases.case_summary(ask.tx, asked.case_id)


@operations.answers(CloseCases)
async def close_cases(asked: CloseCases, ask: Ask, office: Office) -> BulkClosing:
    """Each on its own: one that cannot be closed keeps none of the others open."""
    standing = await people.asking(ask)
    closed: list[UUID] = []
    refused: list[NotClosed] = []
    for case_id in sorted(set(asked.case_ids)):  # always in the same order: two at once cannot wait for each other
        try:
            async with ask.tx.transaction():
                await _close(ask, office, standing, case_id, asked.remark)
            closed.append(case_id)
        except Declined as no:
            hindrances = no.hindrances if isinstance(no, CaseNotClosable) else ()
            refused.append(NotClosed(case_id=case_id, code=no.code, detail=no.detail, hindrances=hindrances))
    return BulkClosing(closed=tuple(closed), not_closed=tuple(refused))


@operations.answers(ReopenCase)
async def reopen_case(asked: ReopenCase, ask: Ask, office: Office) -> CaseSummary:
    """Opens it again; the reason stands on the timeline, and the case file is opened again in the archive."""
    standing = await people.asking(ask)
    case = await access.readable_case(ask.tx, standing, asked.case_id)
    standing.demand_at(Permission.REOPEN_CASE, case["school_id"])
    await folders.lock(ask.tx, asked.case_id)
    demand_closed(CaseStatus((await cases.case_summary(ask.tx, asked.case_id)).status))
    await folders.reopen(ask.tx, asked.case_id)
    await cases.add_event(ask.tx, asked.case_id, EventKind.NOTE, f"Gjenåpnet: {asked.reason}", now())
    await followup.archive_reopening(ask.tx, Sealed(office), case, asked.reason)
    reopened = await cases.case_summary(ask.tx, asked.case_id)
    await audit.note(ask.tx, standing.staff_id, "case-reopened", case_id=asked.case_id)
    return reopened


@operations.answers(ListClosedCases)
async def list_closed_cases(asked: ListClosedCases, ask: Ask, office: Office) -> ClosedCasePage:
    """Closed cases of the schools that the actor leads; nothing for everybody else."""
    del office
    standing = await people.asking(ask)
    schools = standing.led_schools
    if asked.school_id is not None:
        schools = [asked.school_id] if asked.school_id in schools else []
    found = await folders.closed_page(ask.tx, schools, _place(asked.cursor), asked.limit)
    last = found[-1].summary if len(found) == asked.limit else None
    following = f"{last.closed_at.isoformat()}|{last.case_id}" if last and last.closed_at else None
    return ClosedCasePage(items=tuple(found), next=following)


@operations.answers(ListClosingCandidates)
async def list_closing_candidates(asked: ListClosingCandidates, ask: Ask, office: Office) -> ClosingCandidatePage:
    """What may be closed when the year ends; closing is asked for by their ids, and looks at each once more (M16)."""
    del office
    standing = await people.asking(ask)
    closing = set(standing.schools_with(Permission.CLOSE_SCHOOL_CASE))
    schools = [one for one in standing.led_schools if one in closing and asked.school_id in (None, one)]
    quiet = datetime.combine(asked.quiet_since, time(), OSLO) if asked.quiet_since else None
    after = _place_of_case(asked.cursor)
    found = await folders.closing_candidates(ask.tx, schools, quiet, after, asked.limit)
    await audit.note(ask.tx, standing.staff_id, "closing-candidates-listed", found=len(found))
    following = str(found[-1].case_id) if len(found) == asked.limit else None
    return ClosingCandidatePage(items=tuple(found), next=following)


async def _close(ask: Ask, office: Office, standing: Standing, case_id: UUID, remark: str) -> None:
    await folders.lock(ask.tx, case_id)  # before anything is looked at: who writes meanwhile waits for the answer
    case = await access.readable_case(ask.tx, standing, case_id)
    may_close = standing.holds_at(Permission.CLOSE_SCHOOL_CASE, case["school_id"])
    if case["responsible_id"] != standing.staff_id and not may_close:
        raise Forbidden("Bare hovedsaksbehandler eller skoleleder kan avslutte saken.")
    if case["status"] != CaseStatus.OPEN:
        raise access.CaseClosed
    demand_closable(await folders.hindrances(ask.tx, case_id))
    await cases.close(ask.tx, case_id, remark, standing.staff_id)
    await followup.archive_closing(ask.tx, Sealed(office), case, remark)
    await audit.note(ask.tx, standing.staff_id, "case-closed", case_id=case_id)


def _place_of_case(cursor: str | None) -> UUID | None:
    try:
        return UUID(cursor) if cursor else None
    except ValueError:
        raise BadCursor from None


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    moment, _, case_id = cursor.partition("|")
    try:
        return datetime.fromisoformat(moment), UUID(case_id)
    except ValueError:
        raise BadCursor from None
