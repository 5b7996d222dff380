# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Case types, parties, related cases, moves of pupils, closing and reopening, tasks (M10, M14, M16)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from gateway.api.caller import Asker, Body, Cursor, IfRead, Key, Limit, ReadOrNew, tagged, unquoted
from gateway.api.runs import LONG, Prefer, ordered
from gateway.problems import ACT, documented
from gateway.runs import is_wanted
from sikkersak.contracts.cases import CaseDetail, CaseSummary
from sikkersak.contracts.cases_casework import (
    AddCaseParty,
    BulkClosing,
    CaseType,
    CaseTypeList,
    CloseCases,
    ClosedCasePage,
    ClosingCandidatePage,
    ClosingChecklist,
    CompleteTask,
    FolderKind,
    ListCaseTypes,
    ListClosedCases,
    ListClosingCandidates,
    ListTasks,
    MovePupil,
    MoveResult,
    PartyPart,
    PutCaseType,
    ReadClosing,
    RelateCases,
    RemoveCaseParty,
    ReopenCase,
    SetPhase,
    Task,
    TaskKind,
    TaskPage,
)
from sikkersak.contracts.values import Party
from sikkersak.errors import NotFound

router = APIRouter(tags=["cases"])
CaseTypeCode = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$")]


class CaseTypeBody(Body):
    """A case type, found by its code, with its working statuses (M10)."""

    code: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    name: str = Field(min_length=1, max_length=200)
    folder: FolderKind
    statuses: tuple[str, ...] = Field(default=(), max_length=30)
    is_active: bool = True


class PhaseBody(Body):
    """One of the working statuses of the case's type."""

    phase: str = Field(min_length=1, max_length=100)


class PartyBody(Body):
    """Somebody with a part in the case."""

    role: PartyPart
    party: Party


class RelationBody(Body):
    """The other case, and whether they belong together."""

    other_id: UUID
    is_related: bool = True


class MoveBody(Body):
    """Where the pupil goes, and who answers for the open cases there."""

    to_school_id: UUID
    responsible_id: UUID


class ReasonBody(Body):
    """Why."""

    reason: str = Field(min_length=3, max_length=2000)


class BulkBody(Body):
    """Which cases are closed, and why."""

    case_ids: tuple[UUID, ...] = Field(min_length=1, max_length=500)
    remark: str = Field(min_length=3, max_length=2000)


class RemarkBody(Body):
    """How it was done."""

    remark: str = Field(min_length=3, max_length=2000)


@router.get("/case-types", summary="Case types")
async def list_case_types(asker: Asker) -> CaseTypeList:
    """Every case type with its working statuses."""
    return await asker.ask(ListCaseTypes())


@router.get("/case-types/{code}", summary="One case type", responses=documented(404))
async def read_case_type(code: CaseTypeCode, asker: Asker, response: Response) -> CaseType:
    """With its version as ETag."""
    found = next((one for one in (await asker.ask(ListCaseTypes())).items if one.code == code), None)
    if found is None:
        raise NotFound("case-type")
    tagged(response, found.tag)
    return found


@router.put("/case-types", summary="Create or change a case type", responses=documented(412, 428))
async def put_case_type(body: CaseTypeBody, asker: Asker, response: Response, version: ReadOrNew) -> CaseType:
    """For administrators."""
    kept = await asker.ask(PutCaseType(**dict(body), if_match=version))
    tagged(response, kept.tag)
    return kept


@router.put("/cases/{case_id}/phase", summary="Set the working status", responses=documented(404, 409, 412, 428))
async def set_phase(case_id: UUID, body: PhaseBody, asker: Asker, response: Response, version: IfRead) -> CaseSummary:
    """One of those that the case's type has; If-Match names the case's ETag."""
    moved = await asker.ask(SetPhase(case_id=case_id, phase=body.phase, if_match=unquoted(version)))
    tagged(response, moved.tag)
    return moved


@router.post("/cases/{case_id}/parties", summary="Add a party", responses=ACT)
async def add_case_party(case_id: UUID, body: PartyBody, asker: Asker, key: Key) -> CaseDetail:
    """Somebody gets a part in the case. Number and address are kept sealed."""
    return await asker.ask(AddCaseParty(case_id=case_id, **dict(body)), key)


@router.post("/cases/{case_id}/parties/{party_id}/removal", summary="Take a party off", responses=ACT)
async def remove_case_party(case_id: UUID, party_id: UUID, asker: Asker, key: Key) -> CaseDetail:
    """They have no part in it any more."""
    return await asker.ask(RemoveCaseParty(case_id=case_id, party_id=party_id), key)


@router.post("/cases/{case_id}/relations", summary="Relate cases", responses=ACT)
async def relate_cases(case_id: UUID, body: RelationBody, asker: Asker, key: Key) -> CaseDetail:
    """Says that two cases belong together, or no longer."""
    return await asker.ask(RelateCases(case_id=case_id, **dict(body)), key)


@router.get("/cases/{case_id}/closing", summary="What hinders closing", responses=documented(404))
async def read_closing(case_id: UUID, asker: Asker) -> ClosingChecklist:
    """Each thing, with the document it is about (M14)."""
    return await asker.ask(ReadClosing(case_id=case_id))


@router.post("/cases/{case_id}/reopening", summary="Reopen a case", responses=ACT)
async def reopen_case(case_id: UUID, body: ReasonBody, asker: Asker, key: Key) -> CaseSummary:
    """A right of its own, for school leaders, with a reason (M14)."""
    return await asker.ask(ReopenCase(case_id=case_id, reason=body.reason), key)


@router.get("/closed-cases", summary="Closed cases")
async def list_closed_cases(
    asker: Asker,
    school_id: Annotated[UUID | None, Query(description="only this school's")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ClosedCasePage:
    """Those of the schools that the person leads, the last closed first (M14)."""
    return await asker.ask(ListClosedCases(school_id=school_id, cursor=cursor, limit=limit))


@router.post("/closed-cases", summary="Close several cases", responses=ACT | LONG, response_model=BulkClosing)
async def close_cases(body: BulkBody, asker: Asker, key: Key, prefer: Prefer = None) -> Response | BulkClosing:
    """With one remark; what hinders each is said (M16)."""
    asked = CloseCases(**dict(body))
    return await ordered(asker, asked, key) if is_wanted(prefer) else await asker.ask(asked, key)


@router.get("/closing-candidates", summary="Cases that may be closed when the year ends")
async def list_closing_candidates(
    asker: Asker,
    school_id: Annotated[UUID | None, Query(description="only this school's")] = None,
    quiet_since: Annotated[date | None, Query(description="also where nothing has happened since this day")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ClosingCandidatePage:
    """Of caseworkers who have left and pupils who have moved, each with what hinders it; close them at `/closed-cases` (M16)."""
    asked = ListClosingCandidates(school_id=school_id, quiet_since=quiet_since, cursor=cursor, limit=limit)
    return await asker.ask(asked)


@router.post("/pupils/{pupil_id}/move", tags=["people"], summary="A pupil changes school", responses=ACT)
async def move_pupil(pupil_id: UUID, body: MoveBody, asker: Asker, key: Key) -> MoveResult:
    """Open cases follow; who does not work at the new school loses access to them (M10)."""
    return await asker.ask(MovePupil(pupil_id=pupil_id, **dict(body)), key)


@router.get("/tasks", tags=["tasks"], summary="Open tasks")
async def list_tasks(asker: Asker, kind: TaskKind | None = None, cursor: Cursor = None, limit: Limit = 50) -> TaskPage:
    """The person's own, and those of the schools that they lead.

    A letter that did not arrive has `choices`; deciding at `/consignments/{letter_id}/resolution` ends its task.
    """
    return await asker.ask(ListTasks(kind=kind, cursor=cursor, limit=limit))


@router.post("/tasks/{task_id}/completion", tags=["tasks"], summary="Complete a task", responses=ACT)
async def complete_task(task_id: UUID, body: RemarkBody, asker: Asker, key: Key) -> Task:
    """With a remark that says how it was done."""
    return await asker.ask(CompleteTask(task_id=task_id, remark=body.remark), key)
