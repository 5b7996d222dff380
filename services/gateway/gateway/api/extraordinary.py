# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Emergency access and "access to everything" (M17)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from gateway.api.caller import Asker, Body, Cursor, Key, Limit
from gateway.problems import ACT, documented
from sikkersak.contracts.cases_extraordinary import (
    ConfirmFullAccess,
    EmergencyGrant,
    EmergencyPage,
    EndFullAccess,
    FindUnseenCases,
    FullAccessGrant,
    FullAccessPage,
    ListEmergencyAccess,
    ListFullAccess,
    ProposeFullAccess,
    TakeEmergencyAccess,
    UnseenCaseList,
)

router = APIRouter(tags=["extraordinary access"])
CREATED = 201
SchoolId = Annotated[UUID, Query(description="the school")]


class UnseenBody(Body):
    """Which case is it: by its number, or those of one pupil."""

    number: str | None = Field(default=None, max_length=20, description="for example 2026/14")
    pupil_id: UUID | None = None


class EmergencyBody(Body):
    """Why, and for how long."""

    reason: str = Field(min_length=10, max_length=1000)
    hours: int = Field(default=8, ge=1, le=24)


class FullAccessBody(Body):
    """For whom, why, and for how long."""

    staff_id: UUID
    reason: str = Field(min_length=20, max_length=1000)
    hours: int = Field(default=4, ge=1, le=72)


@router.post("/schools/{school_id}/unseen-cases", summary="Find a case for emergency access", responses=ACT)
async def find_unseen_cases(school_id: UUID, body: UnseenBody, asker: Asker, key: Key) -> UnseenCaseList:
    """Numbers and types only, and the question stands in the audit log: hence a POST."""
    return await asker.ask(FindUnseenCases(school_id=school_id, **dict(body)), key)


@router.post("/cases/{case_id}/emergency-access", summary="Take emergency access", status_code=CREATED, responses=ACT)
async def take_emergency_access(case_id: UUID, body: EmergencyBody, asker: Asker, key: Key) -> EmergencyGrant:
    """Reads one case of the own school for some hours. The school's leaders are told; everything read is marked."""
    return await asker.ask(TakeEmergencyAccess(case_id=case_id, **dict(body)), key)


@router.get("/schools/{school_id}/emergency-access", summary="Emergency access at a school", responses=documented(404))
async def list_emergency_access(
    school_id: UUID, asker: Asker, cursor: Cursor = None, limit: Limit = 50
) -> EmergencyPage:
    """Who, which case, why, and how much was read; it is ended by taking the person off the case."""
    return await asker.ask(ListEmergencyAccess(school_id=school_id, cursor=cursor, limit=limit))


@router.get("/full-access", summary="Access to everything: who has and had it")
async def list_full_access(asker: Asker, cursor: Cursor = None, limit: Limit = 50) -> FullAccessPage:
    """For administrators."""
    return await asker.ask(ListFullAccess(cursor=cursor, limit=limit))


@router.post("/full-access", summary="Propose access to everything", status_code=CREATED, responses=ACT)
async def propose_full_access(body: FullAccessBody, asker: Asker, key: Key) -> FullAccessGrant:
    """For somebody else. Nothing happens until another administrator confirms, within 24 hours."""
    return await asker.ask(ProposeFullAccess(**dict(body)), key)


@router.post("/full-access/{grant_id}/confirmation", summary="Confirm access to everything", responses=ACT)
async def confirm_full_access(grant_id: UUID, asker: Asker, key: Key) -> FullAccessGrant:
    """By another than who proposed it and who gets it; begins at once, and the administrators are told."""
    return await asker.ask(ConfirmFullAccess(grant_id=grant_id), key)


@router.post("/full-access/{grant_id}/ending", summary="End access to everything", responses=ACT)
async def end_full_access(grant_id: UUID, asker: Asker, key: Key) -> FullAccessGrant:
    """Before its time, or withdraws the proposal."""
    return await asker.ask(EndFullAccess(grant_id=grant_id), key)
