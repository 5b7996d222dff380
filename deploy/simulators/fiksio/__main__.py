"""The command: `python -m simulators fiksio --port N --amqp URL --maskinporten URL --register FILE [--amqp-port N]`.

`ready <http> <amqp>` when it listens. `GET /_control/documents/{id}` gives what was too large for a message.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.faults import Faults
from simulators.fiksio.door import Door
from simulators.fiksio.hub import Account, Hub, Register, Sending
from simulators.listening import address, bind, listening_arguments, serve
from simulators.svarut_access import Access
from simulators.svarut_errors import Refused, answer_refused, refusal

CATALOGUE = "/fiks-io/katalog/api/v1"


def hub_of(request: Request) -> Hub:
    """The platform behind a request."""
    hub: Hub = request.app.state.hub
    return hub


async def send(request: Request) -> Response:
    """POST /fiks-io/api/v1/send: multipart `metadata` and `data`."""
    integration = await request.app.state.access.caller(request)
    async with request.form(max_part_size=64 * 1024 * 1024) as form:
        parts = {name: part if isinstance(part, str) else await part.read() for name, part in form.items()}
    try:
        told = Sending.model_validate_json(parts.get("metadata", b""))
    except ValidationError as wrong:
        places = ", ".join(".".join(map(str, error["loc"])) or "metadata" for error in wrong.errors())
        raise Refused(400, f"Ugyldig metadata: {places}") from wrong
    body = parts.get("data", b"")
    return JSONResponse(await hub_of(request).send(integration, told, body.encode() if isinstance(body, str) else body))


def shown(account: Account, integration: Any) -> dict[str, Any]:
    """A konto as the catalogue tells of it."""
    may_send = any(one in account.takes_from for one in integration.accounts)
    told = {"kontoId": str(account.id), "kontoNavn": account.name, "fiksOrgNavn": account.name}
    return told | {"isGyldigAvsender": True, "isGyldigMottaker": may_send, "antallKonsumenter": 1}


async def lookup(request: Request) -> Response:
    """GET lookup?identifikator=&meldingProtokoll=&sikkerhetsniva=."""
    integration = await request.app.state.access.caller(request)
    query = request.query_params
    found = hub_of(request).lookup(query.get("identifikator", ""), query.get("meldingProtokoll", ""))
    return JSONResponse(shown(found, integration))


async def konto(request: Request) -> Response:
    """GET kontoer/{id}."""
    integration = await request.app.state.access.caller(request)
    return JSONResponse(shown(_account(request), integration))


async def public_key(request: Request) -> Response:
    """GET kontoer/{id}/offentligNokkel: for anybody."""
    return JSONResponse({"nokkel": _account(request).certificate_pem})


async def document(request: Request) -> Response:
    """GET /dokumentlager/nedlasting/{id}."""
    await request.app.state.access.caller(request)
    return await stored(request)


async def stored(request: Request) -> Response:
    """GET /_control/documents/{id}, for other stand-ins."""
    content = hub_of(request).store.get(request.path_params["id"])
    if content is None:
        raise Refused(404, "Fant ikke dokumentet")
    return Response(content, media_type="application/octet-stream")


def _account(request: Request) -> Account:
    try:
        return hub_of(request).account(UUID(request.path_params["id"]))
    except ValueError as wrong:
        raise Refused(400, "Ugyldig kontoId") from wrong


def build(hub: Hub, access: Access) -> Faults:
    """The HTTP side."""
    app = Starlette(
        routes=[
            Route("/fiks-io/api/v1/send", send, methods=["POST"]),
            Route(f"{CATALOGUE}/lookup", lookup),
            Route(f"{CATALOGUE}/kontoer/{{id}}", konto),
            Route(f"{CATALOGUE}/kontoer/{{id}}/offentligNokkel", public_key),
            Route("/dokumentlager/nedlasting/{id}", document),
            Route("/_control/documents/{id}", stored),
        ],
        exception_handlers={Refused: answer_refused},
    )
    app.state.hub, app.state.access = hub, access

    def reset() -> None:
        hub.sent.clear()
        hub.store.clear()

    state = lambda: {"sent": hub.sent, "stored": sorted(hub.store)}  # noqa: E731 - two lines would be three
    return Faults(app, state=state, reset=reset, refusal=refusal)


async def both(hub: Hub, access: Access, taken: socket.socket, amqp_port: int) -> None:
    """The HTTP side and the door."""
    faults = build(hub, access)

    async def may_enter(user: str, password: str) -> bool:
        secret, _, token = password.partition(" ")
        headers = {"authorization": f"Bearer {token}", "integrasjonid": user, "integrasjonpassord": secret}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        try:
            await access.caller(Request({"type": "http", "headers": raw}))
        except Refused:
            return False
        return True

    await hub.open()
    door = Door(hub.url, may_enter, lambda: faults.plan.settings.down)
    server = await door.serve(taken.getsockname()[0], amqp_port)
    amqp = f"amqp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await serve(faults, taken, f"ready {address(taken)} {amqp}")
    server.close()


def main(argv: Sequence[str]) -> None:
    """Runs until stopped."""
    parser = listening_arguments("fiksio", __doc__)
    parser.add_argument("--amqp", required=True, help="virtual host of a broker, with an account that may do all there")
    parser.add_argument("--amqp-port", type=int, default=0, help="where the door listens; 0 takes a free one")
    parser.add_argument("--maskinporten", required=True, help="issuer of the tokens")
    parser.add_argument("--register", type=Path, required=True, help='JSON: {"integrations": […], "accounts": […]}')
    given = parser.parse_args(argv)
    register = Register.model_validate(json.loads(given.register.read_text(encoding="utf-8")))
    access = Access(given.maskinporten, register.integrations)
    asyncio.run(both(Hub(given.amqp, register), access, bind(given.host, given.port), given.amqp_port))
