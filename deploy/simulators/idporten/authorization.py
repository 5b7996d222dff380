"""Checking a request to log in, pushed or carried by the browser."""

import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping

from simulators.idporten.provider import PUSHED_SECONDS, AuthorizationRequest, Provider
from simulators.idporten.refusals import PageRefusal, RedirectRefusal, TokenRefusal
from simulators.idporten.registry import REQUESTABLE_LEVELS, Client

PRINTABLE = re.compile(r"[\x21-\x7e]{1,512}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
TEST_HINT = re.compile(r"testid:(\d{11})_idporten-loa-high")
LOCALES = ("nb", "nn", "en", "se")


def single(items: Iterable[tuple[str, object]]) -> dict[str, str]:
    """The parameters as a dictionary; OAuth allows none of them twice."""
    found: dict[str, str] = {}
    for name, value in items:
        if name in found:
            raise PageRefusal(f"Parameteren {name} står to ganger.")
        found[name] = str(value)
    return found


def resolve(provider: Provider, params: Mapping[str, str]) -> AuthorizationRequest:
    """The checked request behind these parameters, following `request_uri` to what was pushed."""
    uri = params.get("request_uri")
    if uri is None:
        return check(provider, params)
    client_id, pushed, expires = provider.pushed.get(uri, ("", {}, 0.0))
    if client_id != params.get("client_id") or time.time() > expires:
        raise PageRefusal("Forespørselen er ukjent, brukt eller for gammel. Begynn på nytt fra tjenesten.")
    return check(provider, pushed, pushed_as=uri)


def push(provider: Provider, client: Client, params: dict[str, str]) -> dict[str, str | int]:
    """Keeps a request for 120 seconds (RFC 9126) and tells what to call it."""
    if "request_uri" in params:
        raise TokenRefusal("invalid_request", "request_uri cannot be pushed")
    try:
        check(provider, {**params, "client_id": client.client_id})
    except RedirectRefusal as refusal:
        raise TokenRefusal(refusal.error, refusal.description) from refusal
    except PageRefusal as refusal:
        raise TokenRefusal("invalid_request", refusal.text) from refusal
    uri = f"urn:idporten:{secrets.token_urlsafe(32)}"
    kept = {name: value for name, value in params.items() if not name.startswith("client_assertion")}
    provider.pushed[uri] = (client.client_id, {**kept, "client_id": client.client_id}, time.time() + PUSHED_SECONDS)
    return {"request_uri": uri, "expires_in": PUSHED_SECONDS}


def check(provider: Provider, params: Mapping[str, str], *, pushed_as: str | None = None) -> AuthorizationRequest:
    """Every rule of the authorization request; what is wrong before the redirect address is known goes on a page."""
    client = provider.registry.clients.get(params.get("client_id", ""))
    if client is None:
        raise PageRefusal("Tjenesten er ikke registrert.")
    redirect_uri = params.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris:
        raise PageRefusal("Adressen å sende svaret til er ikke registrert for tjenesten.")
    fault = next(_faults(params), None)
    if fault:
        raise RedirectRefusal(fault[0], fault[1], redirect_uri, params.get("state", ""))
    return AuthorizationRequest(
        client=client,
        redirect_uri=redirect_uri,
        state=params["state"],
        nonce=params["nonce"],
        code_challenge=params["code_challenge"],
        acr=params.get("acr_values") or None,
        forced=params.get("prompt") == "login",
        max_age=int(params["max_age"]) if "max_age" in params else None,
        locale=next((word for word in params.get("ui_locales", "").split() if word in LOCALES), None),
        login_hint=params.get("login_hint"),
        pushed=pushed_as,
    )


def _faults(params: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if params.get("response_type") != "code":
        yield "unsupported_response_type", "response_type must be code"
    if "openid" not in params.get("scope", "").split():
        yield "invalid_scope", "scope must hold openid"
    if not PRINTABLE.fullmatch(params.get("state", "")) or not PRINTABLE.fullmatch(params.get("nonce", "")):
        yield "invalid_request", "state and nonce must be printable ASCII"
    if params.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(params.get("code_challenge", "")):
        yield "invalid_request", "PKCE with S256 is required"
    if params.get("acr_values", "") not in ("", *REQUESTABLE_LEVELS):
        yield "invalid_request", "acr_values is not supported"
    if params.get("prompt", "login") != "login":
        yield "invalid_request", "prompt must be login"
    if not re.fullmatch(r"\d{1,9}", params.get("max_age", "0")):
        yield "invalid_request", "max_age must be a number of seconds"
    if "request" in params:
        yield "request_not_supported", "send the parameters or a request_uri"


def hinted_person(wanted: AuthorizationRequest) -> str | None:
    """The synthetic person named by `login_hint`, who is logged in without a page."""
    match = TEST_HINT.fullmatch(wanted.login_hint or "")
    return match.group(1) if match else None
