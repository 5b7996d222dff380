"""Stand-in for KS SvarUt: Send V3, Status V3 and the V2 helpers, under /api.

`python -m simulators svarut --port N --maskinporten URL --integrations FILE [--svarinn URL] [--pace SECONDS] …`
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators import svarut_lookup
from simulators.faults import Faults
from simulators.listening import bind, listening_arguments, run
from simulators.svarut_access import Access, Integration
from simulators.svarut_course import REFUSED, ReceiverRule, Status, course
from simulators.svarut_documents import ServiceKey, file_parts, keep, letter_part
from simulators.svarut_errors import Refused, answer_refused, error_response, refusal
from simulators.svarut_ledger import Ledger, SentLetter
from simulators.svarut_letter import Kind
from simulators.svarut_link import SvarInnLink
from simulators.svarut_rules import read_letter

MIB = 1024 * 1024


class Seconds(BaseModel):
    """`POST /_control/advance`."""

    seconds: float


class ForcedStatus(BaseModel):
    """`PUT /_control/letters/{id}/status`."""

    status: Status


async def send(request: Request) -> Response:
    """POST /api/v3/kontoer/{kontoId}/forsendelser/{person,organisasjon,print}: the id is the promise to deliver."""
    state = request.app.state
    account = await state.access.account(request)
    try:
        kind = Kind(request.path_params["kind"])
    except ValueError as error:
        raise Refused(404, "Ukjent mottakertype") from error
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        raise Refused(415, "Content-Type må være multipart/form-data")
    async with request.form(max_part_size=MIB) as form:
        letter = read_letter(kind, await letter_part(form))
        if letter.forsendelsestype and letter.forsendelsestype not in state.types:
            raise Refused(400, "Ugyldig innhold: forsendelsestype er ikke på listen til KS")
        rule = state.ledger.receivers.get(letter.mottaker.digitalId or letter.mottaker.navn)
        if rule is ReceiverRule.UNKNOWN:
            raise Refused(400, "Ugyldig innhold: mottakeren finnes ikke i registeret")
        letter_id = uuid.uuid4()
        parts = file_parts(form, letter.dokumenter)
        documents = await keep(letter, parts, state.folder / str(letter_id), state.key)
    sent = SentLetter(letter_id, account, kind, letter, documents, changes=[])
    # One at a time: two equal letters at once must not both be new.
    async with state.taking:
        await take(sent, rule, state.ledger, state.link)
    return JSONResponse({"id": str(letter_id)})


async def take(sent: SentLetter, rule: ReceiverRule | None, ledger: Ledger, link: SvarInnLink) -> None:
    """Makes the letter exist and plans its way.

    :raises Refused: when the same was sent before, or SvarInn does not answer.
    """
    ledger.check_is_new(sent)
    if sent.kind is Kind.ORGANISATION and rule not in REFUSED:
        sent.in_svarinn = await link.place(sent)
    sent.changes = ledger.plan(course(sent.kind, sent.letter, rule, in_svarinn=sent.in_svarinn))
    ledger.take(sent)


async def put_integrations(request: Request) -> Response:
    """PUT /_control/integrations: replaces them all."""
    found = TypeAdapter(list[Integration]).validate_json(await request.body())
    request.app.state.access.integrations = {one.id: one for one in found}
    return JSONResponse({"integrations": [str(one.id) for one in found]})


async def put_receivers(request: Request) -> Response:
    """PUT /_control/receivers `{"<digitalId, or name for print>": "<rule>"}`: replaces them all."""
    rules = TypeAdapter(dict[str, ReceiverRule]).validate_json(await request.body())
    request.app.state.ledger.receivers = rules
    return JSONResponse(rules)


async def advance(request: Request) -> Response:
    """POST /_control/advance `{"seconds": 60}`: time passes for all letters."""
    request.app.state.ledger.advance(Seconds.model_validate_json(await request.body()).seconds)
    return Response(status_code=204)


async def force_status(request: Request) -> Response:
    """PUT /_control/letters/{id}/status `{"status": "LEST"}`."""
    ledger: Ledger = request.app.state.ledger
    sent = ledger.letter(request.path_params["id"])
    ledger.force(sent, ForcedStatus.model_validate_json(await request.body()).status)
    return JSONResponse(ledger.summary(sent))


async def get_document(request: Request) -> Response:
    """GET /_control/letters/{id}/documents/{position}: the file as received, decrypted."""
    sent = request.app.state.ledger.letter(request.path_params["id"])
    kept = sent.documents[int(request.path_params["position"])]
    return Response(kept.path.read_bytes(), media_type=kept.mime_type)


async def refuse_order(_request: Request, error: Exception) -> Response:
    """A control order that cannot be read is the tester's mistake and says so."""
    assert isinstance(error, ValidationError)
    return JSONResponse({"error": json.loads(error.json(include_url=False, include_context=False))}, 422)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Unknown addresses and methods, in the platform's form."""
    assert isinstance(error, HTTPException)
    return error_response(request.url.path, Refused(error.status_code, error.detail))


def build(folder: Path, access: Access, ledger: Ledger, link: SvarInnLink, types: Sequence[str]) -> Faults:
    """The stand-in around its parts."""
    app = Starlette(
        routes=[
            Route("/_control/integrations", put_integrations, methods=["PUT"]),
            Route("/_control/receivers", put_receivers, methods=["PUT"]),
            Route("/_control/advance", advance, methods=["POST"]),
            Route("/_control/letters/{id}/status", force_status, methods=["PUT"]),
            Route("/_control/letters/{id}/documents/{position:int}", get_document),
            *svarut_lookup.ROUTES,
            Route("/api/v3/kontoer/{account}/forsendelser/{kind}", send, methods=["POST"]),
        ],
        exception_handlers={
            Refused: answer_refused,
            HTTPException: answer_http_error,
            ValidationError: refuse_order,
        },
    )
    state = app.state
    state.folder, state.access, state.ledger, state.link = folder / "letters", access, ledger, link
    state.types, state.key, state.taking = list(types), ServiceKey(folder), asyncio.Lock()
    return Faults(app, state=ledger.state, reset=ledger.reset, refusal=refusal)


def main(argv: Sequence[str]) -> None:
    """Runs until stopped."""
    parser = listening_arguments("svarut", __doc__)
    parser.add_argument("--maskinporten", required=True, help="the issuer whose tokens are taken")
    parser.add_argument("--integrations", type=Path, help='JSON: [{"id", "password", "organisation", "accounts"}]')
    parser.add_argument("--svarinn", help="address of the SvarInn stand-in, to deliver to receiving systems")
    parser.add_argument("--sender", default="310000027", help="organisation number in what SvarInn gets")
    parser.add_argument("--pace", type=float, default=2.0, help="seconds for each status")
    parser.add_argument("--duplicate-window", type=float, default=86_400.0, help="seconds")
    parser.add_argument("--type", action="append", default=[], help="one more forsendelsestype on the list")
    given = parser.parse_args(argv)
    folder: Path = given.state or Path(mkdtemp(prefix="svarut-"))
    folder.mkdir(parents=True, exist_ok=True)
    text = given.integrations.read_bytes() if given.integrations else b"[]"
    access = Access(given.maskinporten, TypeAdapter(list[Integration]).validate_json(text))
    ledger = Ledger(given.pace, given.duplicate_window)
    link = SvarInnLink(given.svarinn, given.sender)
    types = [*svarut_lookup.TYPES, *given.type]
    run(build(folder, access, ledger, link, types), bind(given.host, given.port))
