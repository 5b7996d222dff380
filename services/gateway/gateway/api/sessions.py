# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Where am I logged in: the person's own sessions, and ending them all (M29)."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gateway.api.caller import Asker, Key
from gateway.identities import level_of, session_name
from gateway.login.session import Session
from gateway.problems import documented
from gateway.reception import Reception
from sikkersak.clock import now
from sikkersak.identity import Level

router = APIRouter(prefix="/sessions", tags=["me"])


class SessionView(BaseModel):
    """One session of the person's own."""

    name: str = Field(description="as it stands in the audit log")
    begun_at: datetime
    last_seen_at: datetime
    ends_at: datetime = Field(description="if it is not used before then")
    level: Level = Field(description="how surely ID-porten knew the person")
    is_this: bool = Field(description="whether this very request belongs to it")


class SessionList(BaseModel):
    """The person's own sessions, the latest used first."""

    items: list[SessionView]


class Ended(BaseModel):
    """How many there were."""

    ended: int


@router.get("", summary="Where the person is logged in")
async def list_sessions(asker: Asker) -> SessionList:
    """On whatever machine."""
    found = await asker.reception.sessions.of_person(asker.person.session.pid_lookup)
    living = [one for one in found if one.ends_at(asker.reception.limits) > now()]
    return SessionList(items=[_view(one, asker.person.session, asker.reception) for one in living])


@router.post("/ending", summary="Log out everywhere", responses=documented(400))
async def end_sessions(asker: Asker, key: Key) -> Ended:
    """This session too. Asked again under the same key, nobody is logged in who could ask."""
    del key
    return Ended(ended=await asker.reception.end_all(asker.person.session.pid_lookup))


def _view(one: Session, this: Session, reception: Reception) -> SessionView:
    return SessionView(
        name=session_name(one),
        begun_at=one.begun_at,
        last_seen_at=one.last_seen_at,
        ends_at=one.ends_at(reception.limits),
        level=level_of(one),
        is_this=one.digest == this.digest,
    )
