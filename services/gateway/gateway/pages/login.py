"""Log-in and log-out through ID-porten, as the browser and ID-porten itself see it (M29)."""

from __future__ import annotations

import secrets
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.login.identity import Demand
from gateway.login.provider import PendingLogin, new_pending, ticket_digest
from gateway.login.refusals import CallbackNotOurs, LoginRefused, Remedy
from gateway.login.session import SessionSecret, open_session
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
async def login(request: Request, return_to: str = "/", forced: bool = False) -> Response:
    """Begins a log-in and sends the browser to ID-porten."""
    return await _begin(reception_of(request), Demand(forced=forced), return_to)


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
        return await _begin(reception, Demand(forced=True), pending.return_to)


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


@router.post(BACK_CHANNEL)
async def login_backchannel(request: Request, logout_token: Annotated[str, Form()]) -> Response:
    """ID-porten says that a session has ended (OpenID Connect Back-Channel Logout §2.5). 204, or 400 when it does not hold."""
    reception = reception_of(request)
    notice = await reception.provider.logout_notice(logout_token, now())
    ended = await reception.sessions.log_out(notice)
    log.info("logged_out_by_provider", sessions=ended)
    return Response(status_code=NO_CONTENT)


async def _begin(reception: Reception, demand: Demand, return_to: str) -> Response:
    ticket, pending = new_pending(reception.provider.issuer, demand, now(), return_to=return_to)
    address = await reception.provider.authorization_address(pending)
    await reception.sessions.add_pending(pending)
    answer = RedirectResponse(address, SEE_OTHER)
    reception.cookies.give_ticket(answer, ticket)
    return answer


async def _enter(request: Request, reception: Reception, pending: PendingLogin) -> Response:
    """Opens a session for a log-in that counts, when the person is one of the staff; an older session here ends."""
    verified = await reception.provider.finish(pending, dict(request.query_params), now())
    secret, session = open_session(verified, reception.lookup_key, now())
    await reception.identities.of(session, now())
    await reception.sessions.add(session)
    await _end_older(request, reception)
    log.info("logged_in", level=session.authentications[-1].level)
    answer = RedirectResponse(pending.return_to, SEE_OTHER)
    reception.cookies.give_session(answer, secret.cookie())
    reception.cookies.take_ticket(answer)
    return answer


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
