"""The authorization endpoint: single sign-on, the page, and the answer from page or program."""

import secrets
import time

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulators.idporten.authorization import hinted_person, resolve, single
from simulators.idporten.pages import login_page, refusal_page
from simulators.idporten.provider import (
    INTERACTION_SECONDS,
    SSO_TOTAL_SECONDS,
    AuthorizationRequest,
    Provider,
    SsoSession,
)
from simulators.idporten.refusals import PageRefusal, RedirectRefusal, with_query
from simulators.idporten.registry import METHODS

COOKIE = "idporten_sso"


async def begin(request: Request) -> Response:
    """GET /authorize: back at once with single sign-on or a test hint, else the page."""
    provider: Provider = request.app.state.provider
    try:
        wanted = resolve(provider, single(request.query_params.multi_items()))
        hinted = hinted_person(wanted)
        if hinted:
            return _log_in(provider, wanted, hinted, "testid", request.cookies.get(COOKIE))
    except (PageRefusal, RedirectRefusal) as refusal:
        return _refuse(provider, refusal)
    session = provider.session(request.cookies.get(COOKIE))
    if session and provider.may_reuse(session, wanted):
        return _answer(provider, session, wanted)
    interaction = secrets.token_urlsafe(24)
    provider.interactions[interaction] = (wanted, time.time() + INTERACTION_SECONDS)
    return login_page(provider, wanted, interaction)


async def choose(request: Request) -> Response:
    """POST /authorize: the page's form, or a program that sends `user` and `method` to the request's own address."""
    provider: Provider = request.app.state.provider
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        wanted = _wanted(provider, form.pop("interaction", None), single(request.query_params.multi_items()) or form)
        if form.get("cancel"):
            raise RedirectRefusal("access_denied", "the user cancelled", wanted.redirect_uri, wanted.state)
        method = form.get("method", "minid")
        return _log_in(provider, wanted, form.get("user", ""), method, request.cookies.get(COOKIE))
    except (PageRefusal, RedirectRefusal) as refusal:
        return _refuse(provider, refusal)


def _wanted(provider: Provider, interaction: str | None, params: dict[str, str]) -> AuthorizationRequest:
    if interaction is None:
        return resolve(provider, params)
    wanted, expires = provider.interactions.pop(interaction, (None, 0.0))
    if wanted is None or time.time() > expires:
        raise PageRefusal("Siden var for gammel. Begynn på nytt fra tjenesten.")
    return wanted


def _log_in(
    provider: Provider, wanted: AuthorizationRequest, name: str, method: str, cookie: str | None
) -> RedirectResponse:
    user = provider.registry.user(name)
    if user is None or method not in METHODS:
        raise PageRefusal("Personen eller innloggingsmåten finnes ikke her.")
    if not provider.reaches(METHODS[method], wanted):
        raise PageRefusal("Tjenesten krever en sterkere innlogging enn den du valgte.")
    return _answer(provider, provider.log_in(user, method, wanted, cookie), wanted)


def _answer(provider: Provider, session: SsoSession, wanted: AuthorizationRequest) -> RedirectResponse:
    code = provider.issue_code(session, wanted)
    issuer = provider.quirks.callback_issuer or provider.issuer
    address = with_query(wanted.redirect_uri, {"code": code, "state": wanted.state, "iss": issuer})
    response = RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
    response.set_cookie(COOKIE, session.cookie, max_age=SSO_TOTAL_SECONDS, httponly=True, samesite="lax")
    return response


def _refuse(provider: Provider, refusal: PageRefusal | RedirectRefusal) -> Response:
    if isinstance(refusal, RedirectRefusal):
        return RedirectResponse(refusal.address(provider.issuer), status_code=303)
    return refusal_page(refusal.text)
