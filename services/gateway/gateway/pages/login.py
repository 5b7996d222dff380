"""Log-in and log-out through ID-porten, as the browser and ID-porten itself see it (M29)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.login.identity import Demand, VerifiedLogin
from gateway.login.provider import PendingLogin, new_pending, ticket_digest
from gateway.login.refusals import AnotherPerson, CallbackNotOurs, LoginRefused, Remedy, SessionEnded
from gateway.login.session import Session, SessionSecret, open_session, strengthen
from gateway.pages.view import reception_of
from gateway.reception import Reception
from sikkersak.clock import now
from sikkersak.errors import Declined, Transient

BACK_CHANNEL: Final = "/login/backchannel"
SEE_OTHER: Final = 303
NO_CONTENT: Final = 204
router = APIRouter(include_in_schema=False)
log = structlog.get_logger(__name__)


@router.get("/login")
async def login(request: Request, return_to: str = "/", forced: bool = False, strengthen: bool = False) -> Response:
    """Begins a log-in and sends the browser to ID-porten; with `strengthen`, one that the living session goes on with."""
    reception = reception_of(request)
    reception.logins.take(request.client.host if request.client else "")
    session = await _living(request, reception) if strengthen else None
    demand = Demand(reception.freshness.level, forced=True) if session else Demand(forced=forced)
    return await _begin(reception, demand, return_to, session.digest if session else None)


@router.get("/login/callback")
async def login_callback(request: Request) -> Response:
    """Where ID-porten sends the browser back. One that began in Feide begins again, forced, by itself (M29)."""
    reception = reception_of(request)
    pending = await reception.sessions.take_pending(ticket_digest(reception.cookies.ticket_of(request) or ""))
    if pending is None:
        raise CallbackNotOurs
    try:
        return await _enter(request, reception, pending)
    except LoginRefused as refused:
        log.info("login_refused", reason=refused.code, is_forced=pending.demand.forced)
        if refused.remedy is not Remedy.FORCED_LOGIN or pending.demand.forced:
            raise
        return await _begin(reception, replace(pending.demand, forced=True), pending.return_to, pending.continues)


@router.post("/logout")
async def logout(request: Request, csrf: Annotated[str | None, Form()] = None) -> Response:
    """Ends the session here, then at ID-porten. Works also while ID-porten or cases is away."""
    reception = reception_of(request)
    cookie = reception.cookies.session_of(request)
    try:
        secret = SessionSecret.from_cookie(cookie or "")
    except Declined:  # no session: nothing to end
        return _forgotten(reception, "/logged-out")
    secret.check_csrf(request.headers.get("X-CSRF-Token") or csrf)
    session = await reception.end(secret.digest())
    if session is None:
        return _forgotten(reception, "/logged-out")
    log.info("logged_out")
    try:
        hint = secret.unseal(session.sealed_id_token)
        address = await reception.provider.logout_address(hint, secrets.token_urlsafe(16))
    except (Transient, Declined) as away:
        log.warning("provider_logout_skipped", exception_type=type(away).__name__)
        address = "/logged-out"
    return _forgotten(reception, address)


@router.post("/logout/everywhere")
async def logout_everywhere(request: Request, csrf: Annotated[str | None, Form()] = None) -> Response:
    """Ends every session of this person, on whatever machine, then the one at ID-porten."""
    reception = reception_of(request)
    person = await reception.recognise(reception.cookies.session_of(request))
    if person is not None:
        person.secret.check_csrf(request.headers.get("X-CSRF-Token") or csrf)
        await reception.end_all(person.session.pid_lookup, but=person.session.digest)
    return await logout(request, csrf)


@router.post(BACK_CHANNEL)
async def login_backchannel(request: Request, logout_token: Annotated[str, Form()]) -> Response:
    """ID-porten says that a session has ended (OpenID Connect Back-Channel Logout §2.5). 204, or 400 when it does not hold."""
    reception = reception_of(request)
    notice = await reception.provider.logout_notice(logout_token, now())
    ended = await reception.sessions.log_out(notice)
    log.info("logged_out_by_provider", sessions=ended)
    return Response(status_code=NO_CONTENT)


async def _begin(reception: Reception, demand: Demand, return_to: str, continues: bytes | None = None) -> Response:
    ticket, pending = new_pending(reception.provider.issuer, demand, now(), return_to=return_to, continues=continues)
    address = await reception.provider.authorization_address(pending)
    await reception.sessions.add_pending(pending)
    answer = RedirectResponse(address, SEE_OTHER)
    reception.cookies.give_ticket(answer, ticket)
    return answer


async def _enter(request: Request, reception: Reception, pending: PendingLogin) -> Response:
    """Opens a session for a log-in that counts, when the person is one of the staff; an older session here ends."""
    verified = await reception.provider.finish(pending, dict(request.query_params), now())
    older = await reception.sessions.find(pending.continues) if pending.continues else None
    if older is not None:
        secret, session = await _strengthened(reception, older, verified)
    else:
        secret, session = open_session(verified, reception.lookup_key, now())
        await reception.identities.of(session, now())
        await reception.sessions.add(session)
        await _end_older(request, reception)
    log.info("logged_in", level=session.authentications[-1].level, is_strengthened=older is not None)
    answer = RedirectResponse(pending.return_to, SEE_OTHER)
    reception.cookies.give_session(answer, secret.cookie())
    reception.cookies.take_ticket(answer)
    return answer


async def _strengthened(reception: Reception, older: Session, verified: VerifiedLogin) -> tuple[SessionSecret, Session]:
    """The same session under a new secret; somebody else's log-in ends it."""
    try:
        secret, session = strengthen(older, verified, reception.lookup_key, reception.limits, now())
    except AnotherPerson:
        await reception.end(older.digest)
        raise
    if not await reception.sessions.replace(older.digest, session):
        raise SessionEnded
    reception.identities.forget(older.digest)
    return secret, session


async def _living(request: Request, reception: Reception) -> Session | None:
    person = await reception.recognise(reception.cookies.session_of(request))
    return person.session if person else None


async def _end_older(request: Request, reception: Reception) -> None:
    cookie = reception.cookies.session_of(request)
    if cookie is None:
        return
    try:
        await reception.end(SessionSecret.from_cookie(cookie).digest())
    except LoginRefused:  # the cookie was no session
        return


def _forgotten(reception: Reception, address: str) -> Response:
    answer = RedirectResponse(address, SEE_OTHER)
    reception.cookies.take_session(answer)
    return answer
