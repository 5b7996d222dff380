# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""How I am told of what happens: each person's own choice (M22)."""

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from gateway.api.caller import Asker, Body, IfRead, tagged, unquoted
from gateway.problems import documented
from sikkersak.contracts.notifier import (
    MailRhythm,
    Notice,
    OwnPreferences,
    Preferences,
    PutOwnChannel,
    PutPreferences,
    ReadPreferences,
    RemoveOwnChannel,
)

router = APIRouter(prefix="/me/notices", tags=["notices"])


class PreferencesBody(Body):
    """What is chosen; what is left out is as it is for everybody."""

    by_email: bool = True
    by_teams: bool = Field(default=False, description="in a Teams channel of one's own, once it is put")
    rhythm: MailRhythm = Field(default=MailRhythm.HOURLY, description="outages and their end are told at once")
    muted: tuple[Notice, ...] = Field(default=(), max_length=20, description="not told of")
    quiet_hours: str | None = Field(
        default=None,
        pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-3])$",
        description="Norwegian time, as 17-7; weekends are quiet too then",
    )


class ChannelBody(Body):
    """The address that Workflows in Teams gives for a channel."""

    webhook: str = Field(min_length=10, max_length=2000, repr=False, description="a secret: it is never shown again")


@router.get("", summary="How I am told")
async def read_preferences(asker: Asker, response: Response) -> OwnPreferences:
    """By e-mail, in a Teams channel of one's own, or both; the schools' channels are not a person's to choose."""
    own = await asker.ask(ReadPreferences())
    tagged(response, own.tag)
    return own


@router.put("", summary="Choose how I am told", responses=documented(412, 428))
async def put_preferences(body: PreferencesBody, asker: Asker, response: Response, version: IfRead) -> OwnPreferences:
    """One digest instead of one mail for each thing; the same request again changes nothing."""
    wanted = Preferences.model_validate(body.model_dump())
    own = await asker.ask(PutPreferences(preferences=wanted, if_match=unquoted(version)))
    tagged(response, own.tag)
    return own


@router.put("/channel", summary="A Teams channel of my own", responses=documented(400))
async def put_own_channel(body: ChannelBody, asker: Asker) -> OwnPreferences:
    """Only addresses of Microsoft's Workflows are taken. With `by_teams` the digest is posted there."""
    return await asker.ask(PutOwnChannel(webhook=body.webhook))


@router.delete("/channel", summary="Remove my own Teams channel")
async def remove_own_channel(asker: Asker) -> OwnPreferences:
    """A second time changes nothing."""
    return await asker.ask(RemoveOwnChannel())
