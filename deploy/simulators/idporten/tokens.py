"""The endpoints programs call: pushed request, token, userinfo."""

import base64
import hashlib
import hmac
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from simulators.idporten.authorization import push, single
from simulators.idporten.client_authentication import authenticate
from simulators.idporten.keys import unsigned
from simulators.idporten.provider import TOKEN_SECONDS, Code, Provider
from simulators.idporten.refusals import PageRefusal, TokenRefusal
from simulators.idporten.registry import Client

VERIFIER_LENGTHS = range(43, 129)
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def refuse(refusal: TokenRefusal) -> JSONResponse:
    """The refusal as OAuth words it."""
    body = {"error": refusal.error, "error_description": refusal.description}
    return JSONResponse(body, status_code=refusal.status, headers=NO_STORE)


async def _form(request: Request) -> dict[str, str]:
    try:
        return single((await request.form()).multi_items())
    except PageRefusal as refusal:
        raise TokenRefusal("invalid_request", "a parameter is repeated") from refusal


async def pushed(request: Request) -> JSONResponse:
    """POST /par."""
    provider: Provider = request.app.state.provider
    try:
        form = await _form(request)
        client = authenticate(provider, form)
        return JSONResponse(push(provider, client, form), status_code=201, headers=NO_STORE)
    except TokenRefusal as refusal:
        return refuse(refusal)


async def token(request: Request) -> JSONResponse:
    """POST /token: a code, once, for the client and the verifier it was issued to."""
    provider: Provider = request.app.state.provider
    try:
        form = await _form(request)
        client = authenticate(provider, form)
        if form.get("grant_type") != "authorization_code":
            raise TokenRefusal("unsupported_grant_type", "only authorization_code")
        code = _redeem(provider, client, form)
    except TokenRefusal as refusal:
        return refuse(refusal)
    code.access_token = secrets.token_urlsafe(32)
    provider.access_tokens[code.access_token] = (code, time.time() + TOKEN_SECONDS)
    body = {
        "access_token": code.access_token,
        "id_token": id_token(provider, code),
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "scope": "openid profile",
    }
    return JSONResponse(body, headers=NO_STORE)


def _redeem(provider: Provider, client: Client, form: dict[str, str]) -> Code:
    code = provider.codes.get(form.get("code", ""))
    if code is None or code.request.client != client or time.time() > code.expires:
        raise TokenRefusal("invalid_grant", "the code is unknown or too old")
    if code.access_token is not None:
        provider.access_tokens.pop(code.access_token, None)
        raise TokenRefusal("invalid_grant", "the code has been used")
    if form.get("redirect_uri") != code.request.redirect_uri:
        raise TokenRefusal("invalid_grant", "redirect_uri differs from the request")
    verifier = form.get("code_verifier", "")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if len(verifier) not in VERIFIER_LENGTHS or not hmac.compare_digest(digest, code.request.code_challenge):
        # A code shown with a wrong verifier is in wrong hands: it is spent.
        code.access_token = ""
        raise TokenRefusal("invalid_grant", "code_verifier does not match")
    return code


def id_token(provider: Provider, code: Code) -> str:
    """The signed statement of who logged in, bent by the quirks that are switched on."""
    now = int(time.time()) - (600 if provider.quirks.expired else 0)
    client = code.request.client
    claims: dict[str, Any] = {
        "iss": provider.issuer,
        "aud": client.client_id,
        "sub": provider.subject(client, code.user),
        "acr": code.method.acr,
        "amr": [code.method.amr],
        "auth_time": code.authenticated,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": secrets.token_urlsafe(16),
        "locale": code.request.locale or code.user.locale,
        "nonce": code.request.nonce,
    }
    if code.method.tells_pid:
        claims["pid"] = code.user.pid
    if client.hears_logout:
        claims["sid"] = code.sid
    claims |= provider.quirks.claims
    claims = {name: value for name, value in claims.items() if name not in provider.quirks.omit}
    if provider.quirks.unsigned:
        return unsigned(claims)
    return provider.keys.sign(claims, forged=provider.quirks.forged)


async def userinfo(request: Request) -> JSONResponse:
    """GET or POST /userinfo with a living access token."""
    provider: Provider = request.app.state.provider
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    code, expires = provider.access_tokens.get(credential, (None, 0.0))
    if scheme.lower() != "bearer" or code is None or time.time() > expires:
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        return JSONResponse({"error": "invalid_token"}, status_code=401, headers=headers)
    body = {"sub": provider.subject(code.request.client, code.user), "locale": code.user.locale}
    if code.method.tells_pid:
        body["pid"] = code.user.pid
    return JSONResponse(body, headers=NO_STORE)
