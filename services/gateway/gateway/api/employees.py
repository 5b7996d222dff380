# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""People from a file, the HR system's roles, and the work that leavers left (M16)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.caller import Asker, Body, IfRead, Key, tagged, unquoted
from gateway.problems import documented
from gateway.staff_file import COLUMNS, read
from sikkersak.contracts.cases_employees import (
    HrRole,
    HrRoleList,
    ImportResult,
    ImportStaff,
    ListHrRoles,
    ListOpenWork,
    OpenWorkList,
    PutHrRoles,
    ReassignWork,
)
from sikkersak.errors import Forbidden
from sikkersak.identity import Permission

router = APIRouter(tags=["people"])
CSV = "text/csv"
PATIENCE_SECONDS = 60.0
FILE = {"content": {CSV: {"schema": {"type": "string"}, "example": ";".join(COLUMNS)}}, "required": True}


class HrRolesBody(Body):
    """The HR roles that give "ansatt basis"; all others give nothing."""

    hr_roles: tuple[HrRole, ...] = Field(max_length=200)


class HandoverBody(Body):
    """Whose work goes to whom."""

    from_staff_id: UUID
    to_staff_id: UUID
    case_ids: tuple[UUID, ...] = Field(default=(), max_length=500, description="none: all of them")


@router.post(
    "/staff-imports",
    summary="Import people from a file",
    responses=documented(400, 409, 413, 415),
    openapi_extra={"requestBody": FILE},
)
async def import_staff(
    request: Request,
    asker: Asker,
    key: Key,
    is_trial: Annotated[bool, Query(description="show the difference, change nothing")] = True,
    is_whole: Annotated[bool, Query(description="who is not in the file has left")] = False,
) -> ImportResult:
    """A CSV file in UTF-8 with a heading. Every fault is named by line; with one fault nothing is applied."""
    if not asker.person.actor.holds(Permission.ADMINISTER):  # cases asks again; a stranger's file is not even read
        raise Forbidden("Bare administrator kan importere ansatte.")
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != CSV:
        raise HTTPException(415)
    rows, faults = read(await request.body(), asker.reception.lookup_key)
    if not rows:
        return ImportResult(errors=tuple(faults), changes=(), unchanged=0, is_applied=False)
    asked = ImportStaff(rows=tuple(rows), is_trial=is_trial or bool(faults), is_whole=is_whole)
    actor, rpc = asker.person.actor, asker.reception.rpc
    result = await rpc.ask(asked, actor=actor, idempotency_key=key, within=PATIENCE_SECONDS)
    every = sorted((*faults, *result.errors), key=lambda fault: fault.line)
    return result.model_copy(update={"errors": tuple(every)})


@router.get("/hr-roles", summary="Which roles of the HR system give access")
async def list_hr_roles(asker: Asker, response: Response) -> HrRoleList:
    """Those that give "ansatt basis", and those that were seen and give nothing; with its version as ETag."""
    found = await asker.ask(ListHrRoles())
    tagged(response, found.tag)
    return found


@router.put("/hr-roles", summary="Decide which roles of the HR system give access", responses=documented(412, 428))
async def put_hr_roles(body: HrRolesBody, asker: Asker, response: Response, version: IfRead) -> HrRoleList:
    """Everybody's "ansatt basis" follows at once."""
    kept = await asker.ask(PutHrRoles(**dict(body), if_match=unquoted(version)))
    tagged(response, kept.tag)
    return kept


@router.get("/schools/{school_id}/open-work", summary="Work that waits for somebody else", responses=documented(404))
async def list_open_work(
    school_id: UUID, asker: Asker, staff_id: Annotated[UUID | None, Query(description="one person's")] = None
) -> OpenWorkList:
    """What leavers left at the school, or what one person has there: case numbers and counts."""
    return await asker.ask(ListOpenWork(school_id=school_id, staff_id=staff_id))


@router.post("/schools/{school_id}/handovers", summary="Give work to another", responses=documented(400, 404, 409))
async def reassign_work(school_id: UUID, body: HandoverBody, asker: Asker, key: Key) -> OpenWorkList:
    """Open cases and unfinished documents; answers with what is left."""
    return await asker.ask(ReassignWork(school_id=school_id, **dict(body)), key)
