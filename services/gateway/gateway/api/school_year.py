# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""The school-year assistant (M16)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from gateway.api.caller import Asker, Body, Key
from gateway.api.runs import LONG, Prefer, ordered
from gateway.problems import documented
from gateway.runs import is_wanted
from sikkersak.contracts.cases_school_year import (
    ApplySchoolYear,
    PreviewSchoolYear,
    ReadSchoolYear,
    SchoolYearPlan,
    SchoolYearPreview,
    SchoolYearResult,
)

router = APIRouter(tags=["school year"])
SchoolIds = Annotated[tuple[UUID, ...], Query(min_length=1, max_length=200, description="the schools it is about")]


class PreviewBody(Body):
    """The plan to look at."""

    plan: SchoolYearPlan


class ApplyBody(Body):
    """The plan, as it was looked at."""

    plan: SchoolYearPlan
    plan_id: str = Field(pattern=r"^[0-9a-f]{64}$", description="from the preview")


@router.get("/school-year", summary="Who is what at the schools")
async def read_school_year(from_date: date, school_ids: SchoolIds, asker: Asker) -> SchoolYearPlan:
    """The plan as it would be if nothing changed: what to begin with."""
    return await asker.ask(ReadSchoolYear(from_date=from_date, school_ids=school_ids))


@router.post(
    "/school-year/preview",
    summary="What a plan would change",
    responses=documented(400) | LONG,
    response_model=SchoolYearPreview,
)
async def preview_school_year(
    body: PreviewBody, asker: Asker, key: Key, prefer: Prefer = None
) -> Response | SchoolYearPreview:
    """Who gets and loses what, and what is not finished at the schools. Nothing is changed."""
    asked = PreviewSchoolYear(plan=body.plan)
    return await ordered(asker, asked, key) if is_wanted(prefer) else await asker.ask(asked)


@router.post(
    "/school-year", summary="Apply a plan", responses=documented(400, 409) | LONG, response_model=SchoolYearResult
)
async def apply_school_year(
    body: ApplyBody, asker: Asker, key: Key, prefer: Prefer = None
) -> Response | SchoolYearResult:
    """All of it or nothing; refused when roles have changed since the preview."""
    asked = ApplySchoolYear(plan=body.plan, plan_id=body.plan_id)
    return await ordered(asker, asked, key) if is_wanted(prefer) else await asker.ask(asked, key)
