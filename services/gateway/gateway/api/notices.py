# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Announcements to the schools' channels, in a person's own words (M22)."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from gateway.api.caller import Asker, Body, Key
from gateway.problems import documented
from sikkersak.contracts.notifier import AnnounceOutage, ConsignmentPage

router = APIRouter(prefix="/notices", tags=["notices"])


class OutageBody(Body):
    """What is said, and to whom; every channel where no school is named."""

    text: str = Field(min_length=3, max_length=500, description="nothing about persons: the channel is open to many")
    is_over: bool = Field(default=False, description="the all-clear")
    school_ids: tuple[UUID, ...] = Field(default=(), max_length=200)


@router.post("/outages", summary="Announce an outage or its end", responses=documented(400, 409))
async def announce_outage(body: OutageBody, asker: Asker, key: Key) -> ConsignmentPage:
    """For administrators, mail distributors and operations; answers with one notice for each channel."""
    asked = AnnounceOutage(text=body.text, is_over=body.is_over, school_ids=body.school_ids)
    return await asker.ask(asked, key)
