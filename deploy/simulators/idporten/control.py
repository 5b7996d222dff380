"""What tests and demonstrations may see and change, under /_control; beside the faults every stand-in has.

| call | does |
| --- | --- |
| GET, PUT /_control/quirks | reads, replaces the ways to misbehave (see `Quirks`; what is left out is off) |
| POST /_control/keys/rotate `{"keep_old": true}` | takes a new signing key in use |
| POST /_control/sessions `{"user", "method", "age_seconds"}` | a sign-on session begun elsewhere; gives its cookie |
| POST /_control/sessions/age `{"seconds"}` | lets time pass for all sessions |
| POST /_control/sessions/end `{"user"}` | the person logs out from another service |
"""

import time
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulators.idporten.authorize import COOKIE
from simulators.idporten.logout import end
from simulators.idporten.provider import Provider, Quirks
from simulators.idporten.registry import METHODS


class BeginSession(BaseModel):
    """A session that began before the client came; `method` feide is the one that must not count."""

    user: str
    method: str = "feide"
    age_seconds: float = 0


class RotateKeys(BaseModel):
    """Whether tokens signed with older keys can still be checked."""

    keep_old: bool = True


class Seconds(BaseModel):
    """How much time passes."""

    seconds: float


class Person(BaseModel):
    """Whose sessions."""

    user: str


def state(provider: Provider) -> dict[str, Any]:
    """Counts and items; the numbers of the (synthetic) persons are left out."""
    sessions = [
        {
            "user": session.user.username,
            "method": session.method.amr,
            "sid": session.sid,
            "clients": sorted(session.clients),
            "age_seconds": round(time.time() - session.authenticated, 1),
        }
        for session in provider.sessions.values()
        if session.is_alive()
    ]
    return {
        "issuer": provider.issuer,
        "users": [user.username for user in provider.registry.users],
        "clients": sorted(provider.registry.clients),
        "sessions": sessions,
        "logins": provider.logins,
        "codes": len(provider.codes),
        "logouts": provider.logouts,
        "quirks": provider.quirks.model_dump(exclude_defaults=True),
    }


async def quirks(request: Request) -> JSONResponse:
    """GET, PUT /_control/quirks."""
    provider: Provider = request.app.state.provider
    if request.method == "PUT":
        provider.quirks = Quirks.model_validate_json(await request.body())
    return JSONResponse(provider.quirks.model_dump())


async def rotate(request: Request) -> JSONResponse:
    """POST /_control/keys/rotate."""
    provider: Provider = request.app.state.provider
    order = RotateKeys.model_validate_json(await request.body() or b"{}")
    return JSONResponse({"kid": provider.keys.rotate(keep_old=order.keep_old)})


async def begin_session(request: Request) -> JSONResponse:
    """POST /_control/sessions."""
    provider: Provider = request.app.state.provider
    order = BeginSession.model_validate_json(await request.body())
    user = provider.registry.user(order.user)
    if user is None or order.method not in METHODS:
        return JSONResponse({"error": "unknown user or method"}, status_code=404)
    session = provider.log_in(user, order.method, None, None)
    session.created -= order.age_seconds
    session.authenticated -= order.age_seconds
    return JSONResponse({"sid": session.sid, "cookie": {"name": COOKIE, "value": session.cookie}}, status_code=201)


async def age_sessions(request: Request) -> JSONResponse:
    """POST /_control/sessions/age."""
    provider: Provider = request.app.state.provider
    provider.age(Seconds.model_validate_json(await request.body()).seconds)
    return JSONResponse(state(provider))


async def end_sessions(request: Request) -> JSONResponse:
    """POST /_control/sessions/end: answers when every client has been told or has failed to hear."""
    provider: Provider = request.app.state.provider
    user = provider.registry.user(Person.model_validate_json(await request.body()).user)
    for session in [session for session in provider.sessions.values() if session.user == user]:
        await end(provider, session)
    return JSONResponse(state(provider))


async def refuse_order(_: Request, error: Exception) -> JSONResponse:
    """A control order that cannot be read is the tester's mistake and says so."""
    if not isinstance(error, ValidationError):
        raise error
    return JSONResponse({"error": error.errors(include_url=False, include_context=False)}, status_code=422)


ROUTES = [
    Route("/_control/quirks", quirks, methods=["GET", "PUT"]),
    Route("/_control/keys/rotate", rotate, methods=["POST"]),
    Route("/_control/sessions", begin_session, methods=["POST"]),
    Route("/_control/sessions/age", age_sessions, methods=["POST"]),
    Route("/_control/sessions/end", end_sessions, methods=["POST"]),
]
