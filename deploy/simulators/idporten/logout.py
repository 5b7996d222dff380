"""Ending the sign-on session: asked by a client, told to all of them, each once."""

import secrets
import time
from typing import Any

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulators.idporten.authorize import COOKIE
from simulators.idporten.pages import logged_out_page, refusal_page
from simulators.idporten.provider import TOKEN_SECONDS, Provider, SsoSession
from simulators.idporten.refusals import with_query
from simulators.idporten.registry import Client

EVENT = "http://schemas.openid.net/event/backchannel-logout"
PATIENCE = httpx.Timeout(5.0, connect=2.0)


async def end_session(request: Request) -> Response:
    """GET or POST /logout. Without a valid hint the person stays here; without a session it is an error."""
    provider: Provider = request.app.state.provider
    params = {name: str(value) for name, value in (await request.form()).items()} or dict(request.query_params)
    claims = provider.keys.read(params.get("id_token_hint", "")) or {}
    client = provider.registry.clients.get(str(claims.get("aud")))
    onward = params.get("post_logout_redirect_uri") if client else None
    if client and onward and onward not in client.post_logout_redirect_uris:
        return refusal_page("Adressen å gå tilbake til er ikke registrert for tjenesten.")
    if client and params.get("client_id", client.client_id) != client.client_id:
        return refusal_page("Utloggingen gjelder en annen tjeneste.")
    session = provider.session(request.cookies.get(COOKIE))
    if session is None:
        return refusal_page("Du var ikke logget inn.")
    if onward and "state" in params:
        onward = with_query(onward, {"state": params["state"]})
    response = _leave(provider, session, onward)
    response.delete_cookie(COOKIE)
    return response


def _leave(provider: Provider, session: SsoSession, onward: str | None) -> Response:
    frames = [
        with_query(client.frontchannel_logout_uri, {"iss": provider.issuer, "sid": session.sid})
        for client in _clients(provider, session)
        if client.frontchannel_logout_uri
    ]
    response = RedirectResponse(onward, status_code=303) if onward and not frames else logged_out_page(frames, onward)
    response.background = BackgroundTask(end, provider, session)
    return response


def _clients(provider: Provider, session: SsoSession) -> list[Client]:
    return [provider.registry.clients[name] for name in sorted(session.clients)]


async def end(provider: Provider, session: SsoSession) -> None:
    """Forgets the session and sends each client its logout token: one attempt, 2 s to connect, 5 s to answer."""
    provider.sessions.pop(session.cookie, None)
    for token, (code, _) in list(provider.access_tokens.items()):
        if code.sid == session.sid:
            del provider.access_tokens[token]
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        for client in _clients(provider, session):
            if client.backchannel_logout_uri:
                outcome = await _tell(http, client.backchannel_logout_uri, logout_token(provider, client, session))
                provider.logouts.append({"client_id": client.client_id, "sid": session.sid, "outcome": outcome})


async def _tell(http: httpx.AsyncClient, address: str, token: str) -> str:
    try:
        answer = await http.post(address, data={"logout_token": token})
        return str(answer.status_code)
    except httpx.HTTPError as error:
        # Transient to everybody else, but the real service makes one attempt and so does this one.
        return type(error).__name__


def logout_token(provider: Provider, client: Client, session: SsoSession) -> str:
    """The logout token for one client, with the certificate chain the real one carries."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": provider.issuer,
        "aud": client.client_id,
        "sub": provider.subject(client, session.user),
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": secrets.token_urlsafe(16),
        "sid": session.sid,
        "events": {EVENT: {}},
    }
    claims |= provider.quirks.logout_claims
    claims = {name: value for name, value in claims.items() if value is not None}
    return provider.keys.sign(claims, kind="logout+jwt", chain=True, forged=provider.quirks.forged)
