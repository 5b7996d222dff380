"""SvarUt's reading calls: Status V3 and the V2 helpers (SvarUt §4.2)."""

# The field names are the protocol's.
# ruff: noqa: N815

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from simulators.svarut_course import Status
from simulators.svarut_errors import Refused
from simulators.svarut_ledger import Ledger, SentLetter, oslo
from simulators.svarut_link import SvarInnLink

TYPES = [
    "Byggesøknad",
    "Geointegrasjon.Matrikkelføring",
    "Geointegrasjon.Matrikkelføringsrespons",
    "ks.signertforsendelse",
    "nav.digisos",
]


Body = TypeVar("Body", bound=BaseModel)


class StatusSearch(BaseModel):
    """Status V3."""

    id: list[UUID]


class OldStatusSearch(BaseModel):
    """Status V2."""

    forsendelseIds: list[UUID]


class ReadElsewhere(BaseModel):
    """`POST …/lest`."""

    fnr: Annotated[str, Field(pattern=r"^\d{11}$")]
    tidspunkt: AwareDatetime
    eksterntSystemnavn: str | None = None


async def parsed(kind: type[Body], request: Request) -> Body:
    """The request body, or 400."""
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        raise Refused(400, "Ugyldig innhold") from error


async def refresh(ledger: Ledger, link: SvarInnLink, sent: SentLetter) -> None:
    """Asks SvarInn about a letter that waits there."""
    reached = sent.reached(ledger.now())
    if sent.in_svarinn and reached and reached[-1].status is Status.READY:
        status = await link.status(sent)
        if status and status is not Status.READY:
            ledger.force(sent, status)


async def own_letter(request: Request) -> SentLetter:
    """The letter in the path; access follows the konto it was sent from."""
    integration = await request.app.state.access.caller(request)
    sent: SentLetter = request.app.state.ledger.letter(request.path_params["id"])
    if sent.account not in integration.accounts:
        raise Refused(403, "Integrasjonen har ikke tilgang til forsendelsen")
    await refresh(request.app.state.ledger, request.app.state.link, sent)
    return sent


async def statuses(request: Request, ids: list[UUID], account: UUID) -> Response:
    """The last status of each known id."""
    ledger: Ledger = request.app.state.ledger
    found: list[dict[str, Any]] = []
    for sent in ledger.with_ids(account, ids):
        await refresh(ledger, request.app.state.link, sent)
        last = sent.reached(ledger.now())[-1]
        found.append({"id": str(sent.id), "sisteStatusEndring": oslo(last.at), "status": last.status.value})
    return JSONResponse({"statuser": found})


async def search_status(request: Request) -> Response:
    """POST /api/v3/kontoer/{kontoId}/forsendelser/status/sok."""
    account = await request.app.state.access.account(request)
    return await statuses(request, (await parsed(StatusSearch, request)).id, account)


async def search_status_v2(request: Request) -> Response:
    """POST /api/v2/kontoer/{kontoId}/forsendelser/status-sok."""
    account = await request.app.state.access.account(request)
    return await statuses(request, (await parsed(OldStatusSearch, request)).forsendelseIds, account)


async def by_reference(request: Request) -> list[SentLetter]:
    """The letters with `eksternRef`."""
    account = await request.app.state.access.account(request)
    reference = request.query_params.get("eksternRef")
    if not reference:
        raise Refused(400, "eksternRef må være satt")
    found: list[SentLetter] = request.app.state.ledger.with_reference(account, reference)
    return found


async def find_ids(request: Request) -> Response:
    """GET /api/v2/kontoer/{kontoId}/forsendelser?eksternRef=…."""
    return JSONResponse({"forsendelseIds": [str(one.id) for one in await by_reference(request)]})


async def find_with_metadata(request: Request) -> Response:
    """GET /api/v2/kontoer/{kontoId}/forsendelser/metadata?eksternRef=…."""
    found = [
        {"id": str(one.id), "dato": oslo(one.changes[0].at)}
        | ({"avgivendeSystem": one.letter.avgivendeSystem} if one.letter.avgivendeSystem else {})
        for one in await by_reference(request)
    ]
    return JSONResponse({"forsendelser": found})


async def events(request: Request) -> Response:
    """GET /api/v2/forsendelser/{id}/hendelser."""
    return JSONResponse({"hendelser": request.app.state.ledger.events(await own_letter(request))})


async def signing_events(request: Request) -> Response:
    """GET /api/v2/forsendelser/{id}/signeringshendelser."""
    sent = await own_letter(request)
    waiting = {"status": "VENTER_SIGNERING", "hendelse": "Venter på signering fra mottaker"}
    found = [{"tidspunkt": oslo(sent.changes[0].at), **waiting}] if sent.letter.signering else []
    return JSONResponse({"hendelser": found})


async def document_metadata(request: Request) -> Response:
    """GET /api/v2/forsendelser/{id}/metadata."""
    sent = await own_letter(request)
    base = str(request.base_url).rstrip("/")
    documents = [
        {
            "filnavn": kept.filename,
            "mimeType": kept.mime_type,
            "dokumentType": document.dokumentType,
            "storrelse": kept.size,
            "sha256Hash": kept.sha256,
            "nedlasningUrl": f"{base}/forsendelse/{sent.id}/{position}",
            "kanSigneres": bool(document.skalSigneres),
            "ekstraMetadata": [pair.model_dump() for pair in document.ekstraMetadata or []],
            "inneholderPersonsensitivInformasjon": bool(document.inneholderPersonsensitivInformasjon),
        }
        for position, (kept, document) in enumerate(zip(sent.documents, sent.letter.dokumenter, strict=True))
    ]
    return JSONResponse({"dokumenter": [] if sent.deleted else documents})


async def mark_read(request: Request) -> Response:
    """POST /api/v2/forsendelser/{id}/lest: read elsewhere, so nothing more happens to the letter."""
    sent = await own_letter(request)
    await parsed(ReadElsewhere, request)
    request.app.state.ledger.force(sent, Status.READ)
    return Response(status_code=204)


async def delete_documents(request: Request) -> Response:
    """DELETE /api/v2/forsendelser/{id}/dokumenter?slettetype=…."""
    sent = await own_letter(request)
    how = request.query_params.get("slettetype", "ORIGINALDOKUMENTER")
    if how not in ("ORIGINALDOKUMENTER", "ALLE"):
        raise Refused(400, "Ugyldig slettetype")
    sent.deleted = True
    if how == "ALLE":
        request.app.state.ledger.force(sent, Status.DELETED)
    return Response(status_code=204)


async def list_types(request: Request) -> Response:
    """GET /api/v2/forsendelsestyper."""
    await request.app.state.access.caller(request)
    return JSONResponse({"forsendelsestyper": request.app.state.types})


async def receiving_systems(request: Request) -> Response:
    """GET /api/v2/mottakersystem: who can receive, by any of three filters."""
    await request.app.state.access.caller(request)
    found = await request.app.state.link.receiving_systems()
    for name in ("organisasjonsnummer", "forsendelseType", "niva"):
        wanted = request.query_params.get(name)
        if wanted:
            found = [one for one in found if str(one[name]) == wanted or one[name] in ("", 0)]
    return JSONResponse({"mottakersystemer": found})


async def public_key(request: Request) -> Response:
    """GET /forsendelse/publickey/hent."""
    return PlainTextResponse(request.app.state.key.public.read_text(encoding="ascii"))


V2, KONTO = "/api/v2/forsendelser/{id}", "/kontoer/{account}/forsendelser"
ROUTES = [
    Route(f"/api/v3{KONTO}/status/sok", search_status, methods=["POST"]),
    Route(f"/api/v2{KONTO}/status-sok", search_status_v2, methods=["POST"]),
    Route(f"/api/v2{KONTO}", find_ids, methods=["GET"]),
    Route(f"/api/v2{KONTO}/metadata", find_with_metadata, methods=["GET"]),
    Route(f"{V2}/hendelser", events),
    Route(f"{V2}/signeringshendelser", signing_events),
    Route(f"{V2}/metadata", document_metadata),
    Route(f"{V2}/lest", mark_read, methods=["POST"]),
    Route(f"{V2}/dokumenter", delete_documents, methods=["DELETE"]),
    Route("/api/v2/forsendelsestyper", list_types),
    Route("/api/v2/mottakersystem", receiving_systems),
    Route("/forsendelse/publickey/hent", public_key),
]
