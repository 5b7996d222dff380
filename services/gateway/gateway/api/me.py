# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Who am I: the logged-in person, and the token that changes must carry."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gateway.api.caller import Asker
from gateway.identities import level_of
from sikkersak.identity import Level

router = APIRouter(tags=["me"])


class Me(BaseModel):
    """The logged-in person."""

    staff_id: UUID
    name: str
    roles: list[str]
    schools: list[UUID]
    level: Level = Field(description="how surely ID-porten knew the person (M29)")
    csrf_token: str = Field(description="to be sent as X-CSRF-Token with every change")
    session_ends_at: datetime = Field(description="if it is not used before then")


@router.get("/me", summary="The logged-in person")
async def read_me(asker: Asker) -> Me:
    """Name, roles and schools of the logged-in person, and the token for changes."""
    staff, session = asker.person.staff, asker.person.session
    return Me(
        staff_id=staff.staff_id,
        name=staff.name,
        roles=sorted(staff.roles),
        schools=sorted(staff.schools),
        level=level_of(session),
        csrf_token=asker.person.secret.csrf_token(),
        session_ends_at=session.ends_at(asker.reception.limits),
    )
