"""Stand-in for KS SvarInn: V2 under /api and V1 under /tjenester, over the same queue.

`python -m simulators svarinn --port N [--systems FILE] [--public-url URL] [--order insertion|reverse|shuffled] [--der]`
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, model_validator
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from simulators import svarinn_control
from simulators.faults import Faults
from simulators.listening import bind, listening_arguments, run
from simulators.svarinn_content import payload
from simulators.svarinn_items import item_v1, item_v2
from simulators.svarinn_queue import Queue, System
from simulators.svarinn_shipment import Shipment
from simulators.svarut_errors import Refused, answer_refused, error_response, refusal

NOT_FOUND = Refused(404, "Fant ikke forsendelse")


class ImportFailure(BaseModel):
    """V1 `ImportFeil` and V2 `feil`."""

    feilmelding: Annotated[str, Field(min_length=1)]
    permanent: bool


class StatusChange(BaseModel):
    """V2 `Statusoppdatering`."""

    status: Literal["MOTTATT", "FEILET"]
    feil: ImportFailure | None = None

    @model_validator(mode="after")
    def failure_is_explained(self) -> StatusChange:
        """`feil` is required with FEILET."""
        if self.status == "FEILET" and self.feil is None:
            raise ValueError("feil må være satt når status er FEILET")
        return self


def caller(request: Request) -> System:
    """The receiving system whose Basic credentials came with the request.

    :raises Refused: 401.
    """
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        username, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        username, password = "", ""
    system = request.app.state.queue.authenticate(username, password) if scheme.lower() == "basic" else None
    if not isinstance(system, System):
        raise Refused(401, "Feil brukernavn eller passord")
    return system


def own_shipment(request: Request) -> Shipment:
    """The shipment in the path, if it waits for the caller.

    :raises Refused: 404 when it does not exist, is another's, or has left the queue.
    """
    shipment = request.app.state.queue.waiting(caller(request), request.path_params["id"])
    if not isinstance(shipment, Shipment):
        raise NOT_FOUND
    return shipment


def base(request: Request) -> str:
    """The address in download links."""
    return request.app.state.public_url or str(request.base_url).rstrip("/")


async def list_v2(request: Request) -> Response:
    """GET /api/svarinn/v2/forsendelser."""
    found = request.app.state.queue.listed(caller(request))
    return JSONResponse([item_v2(shipment, base(request)) for shipment in found])


async def list_v1(request: Request) -> Response:
    """GET /tjenester/svarinn/mottaker/hentNyeForsendelser."""
    found = request.app.state.queue.listed(caller(request))
    items = [item_v1(shipment, base(request)) for shipment in found]
    return Response(json.dumps(items, ensure_ascii=False), media_type="application/json; charset=utf-8")


async def download(request: Request) -> Response:
    """The encrypted content, V2 and V1 alike."""
    queue: Queue = request.app.state.queue
    shipment = own_shipment(request)
    work = TemporaryDirectory()
    content = await payload(
        shipment,
        queue.folder(shipment.id),
        Path(work.name),
        caller(request).certificate_pem,
        indefinite=not request.app.state.der,
    )
    queue.downloaded(shipment)
    return FileResponse(
        content.path,
        media_type=content.media_type,
        headers={"Content-Disposition": f'attachment; filename="{content.filename}"'},
        background=BackgroundTask(work.cleanup),
    )


async def patch_status(request: Request) -> Response:
    """PATCH /api/svarinn/v2/forsendelser/{id}/status."""
    queue: Queue = request.app.state.queue
    shipment = own_shipment(request)
    try:
        change = StatusChange.model_validate_json(await request.body())
    except ValidationError as error:
        raise Refused(400, "Ugyldig statusoppdatering") from error
    if change.feil is not None and change.status == "FEILET":
        queue.fail(shipment, change.feil.feilmelding, permanent=change.feil.permanent)
    else:
        queue.acknowledge(shipment)
    return Response(status_code=200)


async def acknowledge_v1(request: Request) -> Response:
    """POST /tjenester/svarinn/kvitterMottak/forsendelse/{id}."""
    request.app.state.queue.acknowledge(own_shipment(request))
    return Response(status_code=200)


async def fail_v1(request: Request) -> Response:
    """POST /tjenester/svarinn/mottakFeilet/forsendelse/{id}."""
    shipment = own_shipment(request)
    try:
        failure = ImportFailure.model_validate_json(await request.body())
    except ValidationError as error:
        raise Refused(400, "Ugyldig feilmelding") from error
    request.app.state.queue.fail(shipment, failure.feilmelding, permanent=failure.permanent)
    return Response(status_code=200)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Unknown addresses and methods, in the platform's form."""
    assert isinstance(error, HTTPException)
    return error_response(request.url.path, Refused(error.status_code, error.detail))


def build(queue: Queue, *, public_url: str | None = None, der: bool = False) -> Faults:
    """The stand-in around one queue."""
    v2, v1 = "/api/svarinn/v2/forsendelser", "/tjenester/svarinn"
    app = Starlette(
        routes=[
            Route(v2, list_v2),
            Route(f"{v2}/{{id}}", download),
            Route(f"{v2}/{{id}}/status", patch_status, methods=["PATCH"]),
            Route(f"{v1}/mottaker/hentNyeForsendelser", list_v1),
            Route(f"{v1}/forsendelse/{{id}}", download),
            Route(f"{v1}/kvitterMottak/forsendelse/{{id}}", acknowledge_v1, methods=["POST"]),
            Route(f"{v1}/mottakFeilet/forsendelse/{{id}}", fail_v1, methods=["POST"]),
            *svarinn_control.ROUTES,
        ],
        exception_handlers={
            Refused: answer_refused,
            HTTPException: answer_http_error,
            ValidationError: svarinn_control.refuse_order,
        },
    )
    app.state.queue, app.state.public_url, app.state.der = queue, public_url, der
    return Faults(app, state=queue.state, reset=queue.reset, refusal=refusal)


def main(argv: Sequence[str]) -> None:
    """Runs until stopped."""
    parser = listening_arguments("svarinn", __doc__)
    parser.add_argument("--systems", type=Path, help='JSON: [{"username", "password", "certificate_pem", …}]')
    parser.add_argument("--public-url", help="in download links; what the caller used when left out")
    parser.add_argument("--order", choices=["insertion", "reverse", "shuffled"], default="insertion")
    parser.add_argument("--der", action="store_true", help="definite lengths instead of KS's indefinite ones")
    given = parser.parse_args(argv)
    queue = Queue(given.state or Path(mkdtemp(prefix="svarinn-")), given.order)
    if given.systems:
        queue.register(TypeAdapter(list[System]).validate_json(given.systems.read_bytes()))
    run(build(queue, public_url=given.public_url, der=given.der), bind(given.host, given.port))
