"""Log-in: OAuth 2 client credentials, found through OpenID Connect discovery."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Mapping
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.noark.refusal import Refused


class Access:
    """Who may come in, and the tokens that were given out. Tokens do not outlive a restart."""

    def __init__(self, clients: Mapping[str, str], token_seconds: int) -> None:
        self.clients = dict(clients)
        self.token_seconds = token_seconds
        self.issued = 0
        self._tokens: dict[str, tuple[str, float]] = {}

    def grant(self, client: str, secret: str) -> dict[str, object] | None:
        """A token, or None for a wrong client or secret."""
        expected = self.clients.get(client)
        if expected is None or not hmac.compare_digest(expected.encode(), secret.encode()):
            return None
        token = secrets.token_urlsafe(32)
        self._tokens[token] = (client, time.monotonic() + self.token_seconds)
        self.issued += 1
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.token_seconds}

    def who(self, request: Request) -> str | None:
        """The client behind the bearer token; None without one.

        :raises Refused: 401 for a token that is unknown or has expired.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not token:
            return None
        client, until = self._tokens.get(token, ("", 0.0))
        if scheme.lower() != "bearer" or until < time.monotonic():
            raise Refused(401, "Tilgangsnøkkelen er ugyldig eller utløpt")
        return client

    def expire(self) -> None:
        """Lets every token run out now."""
        self._tokens.clear()


def discovery(root: str) -> Response:
    """`.well-known/openid-configuration` under the root."""
    return JSONResponse(
        {
            "issuer": root.rstrip("/"),
            "token_endpoint": f"{root}oauth2/token",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
    )


def basic(request: Request) -> tuple[str, str] | None:
    """Client id and secret from the header (RFC 6749 section 2.3.1)."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(client), unquote_plus(secret)


async def token(request: Request) -> Response:
    """POST /api/oauth2/token."""
    access: Access = request.app.state.core.access
    form = await request.form()
    if form.get("grant_type") != "client_credentials":
        return JSONResponse({"error": "unsupported_grant_type"}, 400)
    given = basic(request) or (str(form.get("client_id", "")), str(form.get("client_secret", "")))
    granted = access.grant(*given)
    if granted is None:
        return JSONResponse({"error": "invalid_client"}, 401, headers={"WWW-Authenticate": "Basic"})
    return JSONResponse(granted, headers={"Cache-Control": "no-store"})
