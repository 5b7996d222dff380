"""Files in and out: in one request up to the bulk limit, in several above it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from simulators.noark.codes import filled
from simulators.noark.content import Arrival
from simulators.noark.core import Core
from simulators.noark.refusal import Noark5Response, Refused
from simulators.noark.tree import Entity

RANGE = re.compile(r"(\d+)-(\d+)/(\d+)")


def core_of(request: Request) -> Core:
    """The core, for those who have logged in."""
    core: Core = request.app.state.core
    if core.access.who(request) is None:
        raise Refused(401, "Logg inn først")
    return core


async def file(request: Request) -> Response:
    """GET and POST …/fil/."""
    core = core_of(request)
    entity = core.get(request.path_params["name"], request.path_params["id"])
    if request.method == "GET":
        return download(request, core, entity)
    return await upload(request, core, entity)


def download(request: Request, core: Core, entity: Entity) -> Response:
    """The file of a document object."""
    if entity.kind != "dokumentobjekt" or "referanseDokumentfil" not in entity.body:
        raise Refused(404, "Ingen fil")
    media_type, wanted = entity.body["mimeType"], request.headers.get("Accept", "*/*")
    if "*/*" not in wanted and media_type not in wanted:
        raise Refused(406, "Filen har et annet format")
    return FileResponse(core.files.path(entity), media_type=media_type)


async def upload(request: Request, core: Core, entity: Entity) -> Response:
    """One request with the whole file, or the start of several."""
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal():
        raise Refused(400, "Content-Length mangler")
    if "referanseDokumentfil" in entity.body:
        raise Refused(403, "Dokumentobjektet har fil fra før")
    announced = request.headers.get("X-Upload-Content-Length", "")
    if length == "0" and announced.isdecimal():
        arrival = core.files.arrival(request.headers.get("X-Upload-Content-Type", ""), int(announced))
        session = core.files.session(entity, arrival)
        return Response(headers={"Location": f"{core.root}upload/{session}/"})
    if core.bulk_limit and int(length) > core.bulk_limit:
        raise Refused(403, "Filen er større enn bulkgrense og må sendes i deler")
    arrival = core.files.arrival(request.headers.get("Content-Type", ""))
    await arrival.take(received(request))
    return await finished(core, entity, arrival)


async def received(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces."""
    async for piece in request.stream():
        yield piece


async def chunk(request: Request) -> Response:
    """PUT of one part; `Content-Range` is `first-last/total`, without a unit."""
    core = core_of(request)
    identity, arrival = core.files.sessions.get(request.path_params["session"], ("", None))
    entity = core.tree.entities.get(identity)
    if arrival is None or entity is None:
        raise Refused(404, "Opplastingen finnes ikke")
    match = RANGE.fullmatch(request.headers.get("Content-Range", ""))
    if match is None:
        raise Refused(400, "Content-Range må ha formen første-siste/total")
    first, last, total = map(int, match.groups())
    length = request.headers.get("Content-Length", "")
    if total != arrival.total or first != arrival.size or length != str(last - first + 1):
        raise Refused(400, "Delen passer ikke med det som er mottatt")
    if core.bulk_limit and last - first + 1 > core.bulk_limit:
        raise Refused(403, "Delen er større enn bulkgrense")
    await arrival.take(received(request))
    here = f"{core.root}upload/{request.path_params['session']}/"
    if arrival.size < total:
        return Response(headers={"Range": f"0-{arrival.size - 1}", "Location": here})
    del core.files.sessions[request.path_params["session"]]
    return await finished(core, entity, arrival)


async def finished(core: Core, entity: Entity, arrival: Arrival) -> Response:
    """The file is here: the document object with what was found out about it."""
    if entity.kind == "dokumentbeskrivelse":
        body = {"versjonsnummer": 1, "variantformat": filled("variantformat", {"kode": "P"})}
        entity = core.tree.add("dokumentobjekt", entity, body, entity.body["opprettetAv"])
    elif entity.kind != "dokumentobjekt":
        arrival.path.unlink(missing_ok=True)
        raise Refused(404, "Finnes ikke")
    entity.body = await core.files.accept(entity, arrival)
    entity.version += 1
    core.tree.keep(entity)
    headers = {"ETag": f'"{entity.version}"', "Location": core.address(entity)}
    return Noark5Response(core.show(entity), 201, headers)
