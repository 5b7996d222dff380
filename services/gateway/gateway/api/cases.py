# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Cases: the list, the timeline, access, closing, audit (M10, M14, M15, M18)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from gateway.api.caller import Asker, Body, Cursor, Key, Limit, tagged
from gateway.problems import ACT, documented
from sikkersak.contracts.cases import (
    CaseDetail,
    CasePage,
    CaseStatus,
    CaseSummary,
    CloseCase,
    GiveAccess,
    ListCases,
    OpenCase,
    ReadCase,
    Right,
)
from sikkersak.contracts.cases_audit import AuditPage, ReadAudit
from sikkersak.contracts.values import AccessAssessment

router = APIRouter(tags=["cases"])
CREATED = 201


class CaseBody(Body):
    """A new case (M10)."""

    school_id: UUID
    pupil_id: UUID | None = None
    title: str = Field(min_length=3, max_length=300)
    public_title: str | None = Field(default=None, max_length=300)
    case_type: str = Field(default="pupil", max_length=60)
    responsible_id: UUID | None = Field(default=None, description="none makes it the one who opens it")
    access: AccessAssessment = AccessAssessment()


class AccessBody(Body):
    """Who gets which right; no right takes it away (M15)."""

    staff_id: UUID
    right: Right | None
    from_date: date | None = Field(default=None, description="the first day that it counts; none means now")
    to_date: date | None = Field(default=None, description="the last day that it counts; none means until it is taken")


class ClosingBody(Body):
    """Why the case is closed (M14)."""

    remark: str = Field(min_length=3, max_length=2000)


@router.get("/cases", summary="The cases that the person may see")
async def list_cases(
    asker: Asker,
    status: CaseStatus | None = None,
    school_id: UUID | None = None,
    pupil_id: UUID | None = None,
    query: Annotated[str | None, Query(max_length=100, description="part of the title, or the number")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CasePage:
    """Newest first, and how many there are in all (M15)."""
    asked = ListCases(status=status, school_id=school_id, pupil_id=pupil_id, query=query, cursor=cursor, limit=limit)
    return await asker.ask(asked)


@router.post("/cases", summary="Open a case", status_code=CREATED, responses=documented(400, 404, 409))
async def open_case(body: CaseBody, asker: Asker, key: Key, response: Response) -> CaseSummary:
    """For those whose role may create cases at the school."""
    case = await asker.ask(OpenCase(**dict(body)), key)
    response.headers["Location"] = f"/api/v1/cases/{case.case_id}"
    return case


@router.get("/cases/{case_id}", summary="One case", responses=documented(404))
async def read_case(case_id: UUID, asker: Asker, response: Response) -> CaseDetail:
    """With its timeline, who is on it, and its version as ETag. Reading leaves a row in the audit log."""
    found = await asker.ask(ReadCase(case_id=case_id))
    tagged(response, found.summary.tag)
    return found


@router.post("/cases/{case_id}/access", summary="Give or take access", responses=ACT)
async def give_access(case_id: UUID, body: AccessBody, asker: Asker, key: Key) -> CaseDetail:
    """Puts someone on the case, or takes them off (M15)."""
    return await asker.ask(GiveAccess(case_id=case_id, **dict(body)), key)


@router.post("/cases/{case_id}/closing", summary="Close a case", responses=ACT)
async def close_case(case_id: UUID, body: ClosingBody, asker: Asker, key: Key) -> CaseSummary:
    """Refused, with the reasons, while something hinders it (M14)."""
    return await asker.ask(CloseCase(case_id=case_id, **dict(body)), key)


@router.get("/cases/{case_id}/audit", summary="Who has seen and done what", responses=documented(404))
async def read_audit(case_id: UUID, asker: Asker, cursor: Cursor = None, limit: Limit = 100) -> AuditPage:
    """Newest first. For school leaders of the school, and administrators (M18)."""
    return await asker.ask(ReadAudit(case_id=case_id, cursor=cursor, limit=limit))
