"""Stand-in for Maskinporten: JWT bearer grants (RFC 7523) with Maskinporten's own limits and error texts.

`python -m simulators maskinporten --port N --clients FILE [--issuer URL] [--token-seconds 120] [--state DIR]`
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.faults import Faults
from simulators.listening import address, bind, listening_arguments, run
from simulators.maskinporten_assertion import ALGORITHMS, GRANT, AssertionRules, Client, Refused, unverified

CORRELATION = "correlation_id"


class Clients(BaseModel):
    """The file named by `--clients`."""

    model_config = ConfigDict(extra="forbid")

    clients: list[Client]


class Clock(BaseModel):
    """How wrong the clients' clocks seem to be: positive means this service is ahead of them."""

    ahead_seconds: float = 0


class Issuer:
    """The clients, the signing key, and what has been issued."""

    def __init__(self, url: str, clients: Sequence[Client], token_seconds: int, folder: Path | None) -> None:
        self.url = url.rstrip("/") + "/"
        self.clients = {client.client_id: client for client in clients}
        self.token_seconds = token_seconds
        self.rules = AssertionRules(self.url)
        self.tokens: list[dict[str, Any]] = []
        self.refusals: list[dict[str, Any]] = []
        self.ahead_seconds = 0.0
        self._file = folder / "maskinporten-keys.json" if folder else None
        self._keys = self._kept_keys() or [self._new_key()]
        self._keep()

    def now(self) -> float:
        """Seconds since 1970 by this service's clock."""
        return time.time() + self.ahead_seconds

    def published(self) -> dict[str, Any]:
        """The JWK set anybody may fetch."""
        return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def rotate(self, *, keep_old: bool) -> str:
        """Takes a new signing key in use."""
        self._keys = [self._new_key(), *(self._keys if keep_old else [])]
        self._keep()
        return str(self._keys[0].kid)

    def grant(self, grant_type: str, assertion: str) -> dict[str, Any]:
        """The answer to one assertion.

        :raises Refused: what Maskinporten would answer 400 to.
        """
        if grant_type != GRANT:
            raise Refused("unsupported_grant_type", "Unsupported grant type")
        client, scope = self.rules.check(assertion, self.clients, self.now())
        issued = int(self.now())
        claims = {
            "iss": self.url,
            "client_amr": "private_key_jwt",
            "client_id": client.client_id,
            "consumer": {"authority": "iso6523-actorid-upis", "ID": f"0192:{client.organisation}"},
            "scope": scope,
            "token_type": "Bearer",
            "iat": issued,
            "exp": issued + self.token_seconds,
            "jti": str(uuid.uuid4()),
        }
        if (resource := unverified(assertion)[1].get("resource")) is not None:
            claims["aud"] = resource
        token = jwt.encode({"alg": "RS256", "kid": self._keys[0].kid}, claims, self._keys[0])
        self.tokens.append({"client_id": client.client_id, "scope": scope, "at": time.time(), "jti": claims["jti"]})
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.token_seconds, "scope": scope}

    def state(self) -> dict[str, Any]:
        """What `GET /_control/state` shows; the tokens themselves are left out."""
        return {
            "issuer": self.url,
            "clients": sorted(self.clients),
            "issued": len(self.tokens),
            "tokens": self.tokens,
            "refusals": self.refusals,
        }

    def reset(self) -> None:
        """Forgets what was issued and lets the clock run right; clients and keys stay."""
        self.tokens.clear()
        self.refusals.clear()
        self.rules.used.clear()
        self.ahead_seconds = 0.0

    def _new_key(self) -> RSAKey:
        return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)

    def _kept_keys(self) -> list[RSAKey]:
        if self._file is None or not self._file.exists():
            return []
        return [RSAKey.import_key(key) for key in json.loads(self._file.read_text(encoding="utf-8"))["keys"]]

    def _keep(self) -> None:
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps({"keys": [key.as_dict(private=True) for key in self._keys]}))


def error(refused: Refused) -> dict[str, str]:
    """The OAuth error body with Maskinporten's own code in the description."""
    return {
        "error": refused.error,
        "error_description": f"{refused.text} ({CORRELATION}: {uuid.uuid4().hex})",
        "error_uri": "https://docs.digdir.no/docs/Maskinporten/maskinporten_feilsoking",
    }


def refusal(status: int, _path: str) -> Response:
    """What a fault answers: OAuth form."""
    passes = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)
    code = "temporarily_unavailable" if passes else "invalid_grant"
    return JSONResponse(error(Refused(code, "Refused by the stand-in")), status)


async def token(request: Request) -> Response:
    """POST /token."""
    issuer: Issuer = request.app.state.issuer
    form = await request.form()
    try:
        answer = issuer.grant(str(form.get("grant_type") or ""), str(form.get("assertion") or ""))
    except Refused as refused:
        issuer.refusals.append({"at": time.time(), "error": refused.error, "text": refused.text})
        return JSONResponse(error(refused), 400, headers={"Cache-Control": "no-store"})
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def metadata(request: Request) -> Response:
    """GET /.well-known/oauth-authorization-server."""
    url = request.app.state.issuer.url
    return JSONResponse(
        {
            "issuer": url,
            "token_endpoint": f"{url}token",
            "jwks_uri": f"{url}jwk",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "grant_types_supported": [GRANT],
            "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        }
    )


async def jwks(request: Request) -> Response:
    """GET /jwk."""
    return JSONResponse(request.app.state.issuer.published())


async def put_clients(request: Request) -> Response:
    """PUT /_control/clients: replaces all clients."""
    issuer: Issuer = request.app.state.issuer
    try:
        clients = Clients.model_validate_json(await request.body()).clients
    except ValidationError as problem:
        return JSONResponse({"error": json.loads(problem.json(include_url=False, include_context=False))}, 422)
    issuer.clients = {client.client_id: client for client in clients}
    return JSONResponse({"clients": sorted(issuer.clients)})


async def rotate(request: Request) -> Response:
    """POST /_control/keys/rotate `{"keep_old": true}`."""
    order = TypeAdapter(dict[str, bool]).validate_json(await request.body() or b"{}")
    return JSONResponse({"kid": request.app.state.issuer.rotate(keep_old=order.get("keep_old", True))})


async def put_clock(request: Request) -> Response:
    """PUT /_control/clock `{"ahead_seconds": 60}`."""
    clock = Clock.model_validate_json(await request.body())
    request.app.state.issuer.ahead_seconds = clock.ahead_seconds
    return JSONResponse(clock.model_dump())


def build(issuer: Issuer) -> Faults:
    """The stand-in around one issuer."""
    app = Starlette(
        routes=[
            Route("/.well-known/oauth-authorization-server", metadata),
            Route("/jwk", jwks),
            Route("/token", token, methods=["POST"]),
            Route("/_control/clients", put_clients, methods=["PUT"]),
            Route("/_control/keys/rotate", rotate, methods=["POST"]),
            Route("/_control/clock", put_clock, methods=["PUT"]),
        ]
    )
    app.state.issuer = issuer
    return Faults(app, state=issuer.state, reset=issuer.reset, refusal=refusal)


def main(argv: Sequence[str]) -> None:
    """Runs until stopped."""
    parser = listening_arguments("maskinporten", __doc__)
    parser.add_argument("--clients", type=Path, help='JSON: {"clients": [{"client_id", "organisation", "scopes", …}]}')
    parser.add_argument("--issuer", help="the issuer as clients reach it; the listening address when left out")
    parser.add_argument("--token-seconds", type=int, default=120)
    given = parser.parse_args(argv)
    clients = Clients.model_validate_json(given.clients.read_bytes()).clients if given.clients else []
    taken = bind(given.host, given.port)
    run(build(Issuer(given.issuer or address(taken), clients, given.token_seconds, given.state)), taken)
