# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""How I am told of what happens: each person's own choice (M22)."""

from fastapi import APIRouter
from pydantic import Field

from gateway.api.caller import Asker, Body
from sikkersak.contracts.notifier import (
    MailRhythm,
    Notice,
    OwnPreferences,
    Preferences,
    PutPreferences,
    ReadPreferences,
)

router = APIRouter(prefix="/me/notices", tags=["notices"])


class PreferencesBody(Body):
    """What is chosen; what is left out is as it is for everybody."""

    by_email: bool = True
    rhythm: MailRhythm = Field(default=MailRhythm.HOURLY, description="outages and their end are told at once")
    muted: tuple[Notice, ...] = Field(default=(), max_length=20, description="not told of by e-mail")
    quiet_hours: str | None = Field(
        default=None,
        pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-3])$",
        description="Norwegian time, as 17-7; weekends are quiet too then",
    )


@router.get("", summary="How I am told")
async def read_preferences(asker: Asker) -> OwnPreferences:
    """By e-mail; the schools' Teams channels are not a person's to choose."""
    return await asker.ask(ReadPreferences())


@router.put("", summary="Choose how I am told")
async def put_preferences(body: PreferencesBody, asker: Asker) -> OwnPreferences:
    """One digest instead of one mail for each thing; the same request again changes nothing."""
    return await asker.ask(PutPreferences(preferences=Preferences.model_validate(body.model_dump())))
