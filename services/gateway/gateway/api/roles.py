# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Roles: what each may do, and who has it, where, from when to when (M16)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from gateway.api.caller import Asker, Body, Cursor, IfRead, Key, Limit, tagged, unquoted
from gateway.problems import documented
from sikkersak.contracts.cases_roles import (
    Assignment,
    AssignmentPage,
    GiveRole,
    ListAssignments,
    ListRoles,
    PutRole,
    RoleContent,
    RoleList,
    TakeRole,
)
from sikkersak.errors import NotFound

router = APIRouter(tags=["roles"])
CREATED = 201
RoleName = Annotated[str, Path(min_length=1, max_length=60, description="the role, for example school_leader")]


class RoleBody(Body):
    """Everything that the role may do from now on."""

    permissions: frozenset[str] = Field(max_length=100)


class AssignmentBody(Body):
    """Who gets which role, where, from when to when."""

    staff_id: UUID
    role: str = Field(min_length=1, max_length=60)
    school_id: UUID | None = Field(description="none: at every school of the person's")
    from_date: date | None = Field(default=None, description="the first day that it counts; none means today")
    to_date: date | None = Field(default=None, description="the last day that it counts; none means until it is taken")


class EndingBody(Body):
    """When the role ends."""

    to_date: date | None = Field(default=None, description="the last day that it counts; none means at once")


@router.get("/roles", summary="What every role may do")
async def list_roles(asker: Asker) -> RoleList:
    """Each permission with its explanation in bokmål, nynorsk and English."""
    return await asker.ask(ListRoles())


@router.get("/roles/{role}", summary="What one role may do", responses=documented(404))
async def read_role(role: RoleName, asker: Asker, response: Response) -> RoleContent:
    """With its version as ETag."""
    found = next((one for one in (await asker.ask(ListRoles())).items if one.role == role), None)
    if found is None:
        raise NotFound("role")
    tagged(response, found.tag)
    return found


@router.put("/roles/{role}", summary="Decide what a role may do", responses=documented(404, 409, 412, 428))
async def put_role(role: RoleName, body: RoleBody, asker: Asker, response: Response, version: IfRead) -> RoleContent:
    """For those who may edit roles. It counts at once, for everybody who has the role."""
    kept = await asker.ask(PutRole(role=role, **dict(body), if_match=unquoted(version)))
    tagged(response, kept.tag)
    return kept


@router.get("/role-assignments", summary="Who has which role")
async def list_assignments(
    asker: Asker,
    staff_id: UUID | None = None,
    school_id: UUID | None = None,
    role: Annotated[str | None, Query(max_length=60)] = None,
    with_past: Annotated[bool, Query(description="also those whose last day is over")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> AssignmentPage:
    """For those who may edit roles."""
    asked = ListAssignments(
        staff_id=staff_id, school_id=school_id, role=role, with_past=with_past, cursor=cursor, limit=limit
    )
    return await asker.ask(asked)


@router.post("/role-assignments", summary="Give a role", status_code=CREATED, responses=documented(400, 404, 409))
async def give_role(body: AssignmentBody, asker: Asker, key: Key) -> Assignment:
    """At one school or at all of the person's, from a day to a day."""
    return await asker.ask(GiveRole(**dict(body)), key)


@router.post("/role-assignments/{assignment_id}/ending", summary="Take a role", responses=documented(400, 404, 409))
async def take_role(assignment_id: UUID, body: EndingBody, asker: Asker, key: Key) -> AssignmentPage:
    """At once, or after a last day. Answers with what the person has left."""
    return await asker.ask(TakeRole(assignment_id=assignment_id, **dict(body)), key)
