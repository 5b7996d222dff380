"""Control calls of the SvarInn stand-in, beside the faults every stand-in has."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.svarinn_queue import NoReceivingSystem, Queue, System
from simulators.svarinn_shipment import FileOrder, Shipment, ShipmentOrder, StoredFile

MIB = 1024 * 1024


async def put_systems(request: Request) -> Response:
    """PUT /_control/systems: one receiving system, or a list of them."""
    queue: Queue = request.app.state.queue
    given = json.loads(await request.body())
    queue.register(TypeAdapter(list[System]).validate_python(given if isinstance(given, list) else [given]))
    return get_systems_response(queue)


async def get_systems(request: Request) -> Response:
    """GET /_control/systems."""
    return get_systems_response(request.app.state.queue)


def get_systems_response(queue: Queue) -> Response:
    """The receiving systems without their passwords."""
    return JSONResponse([one.model_dump(mode="json", exclude={"password"}) for one in queue.systems()])


async def post_shipment(request: Request) -> Response:
    """POST /_control/shipments: JSON, or multipart with the JSON in part `shipment` and the files after it."""
    queue: Queue = request.app.state.queue
    parts: dict[str, UploadFile] = {}
    if request.headers.get("Content-Type", "").startswith("multipart/"):
        form = await request.form(max_part_size=MIB)
        text = str(form["shipment"])
        parts = {
            part.filename: part for _, part in form.multi_items() if isinstance(part, UploadFile) and part.filename
        }
        text = with_files(text, parts)
    else:
        text = (await request.body()).decode()
    order = ShipmentOrder.model_validate_json(text)
    try:
        system = queue.route(order.receiver.organisation_number or "", order.type, order.level)
    except NoReceivingSystem:
        return JSONResponse({"error": "no receiving system for this organisation, type and level"}, 409)
    if queue.shipment(str(order.id)):
        return JSONResponse({"error": "there is a shipment with this id"}, 409)
    folder = queue.folder(order.id)
    folder.mkdir(parents=True, exist_ok=True)
    stored = [await store(file, position, folder, parts) for position, file in enumerate(order.files)]
    facts = order.model_dump(exclude={"files"})
    queue.place(Shipment.model_validate({**facts, "files": stored, "system": system.username}))
    return JSONResponse({"id": str(order.id), "system": system.username}, 201)


def with_files(text: str, parts: dict[str, UploadFile]) -> str:
    """When the JSON names no files, the parts are the files, in their order."""
    order = json.loads(text)
    order.setdefault(
        "files",
        [{"filename": name, "mime_type": part.content_type or "application/pdf"} for name, part in parts.items()],
    )
    return json.dumps(order)


async def store(file: FileOrder, position: int, folder: Path, parts: dict[str, UploadFile]) -> StoredFile:
    """Writes one file and measures it."""
    digest, size = hashlib.sha256(), 0
    with (folder / str(position)).open("wb") as target:
        if file.filename in parts:
            while chunk := await parts[file.filename].read(MIB):
                digest.update(chunk)
                size += target.write(chunk)
        else:
            content = base64.b64decode(file.content_base64 or "") or (file.text or "").encode()
            digest.update(content)
            size = target.write(content)
    facts = file.model_dump(exclude={"content_base64", "text"})
    return StoredFile(position=position, sha256=digest.hexdigest(), size=size, **facts)


async def get_shipment(request: Request) -> Response:
    """GET /_control/shipments/{id}."""
    shipment = request.app.state.queue.shipment(request.path_params["id"])
    return JSONResponse(shipment.summary()) if shipment else JSONResponse({"error": "not found"}, 404)


async def refuse_order(_request: Request, error: Exception) -> Response:
    """An order that cannot be read is the tester's mistake and says so."""
    assert isinstance(error, ValidationError)
    return JSONResponse({"error": json.loads(error.json(include_url=False, include_context=False))}, 422)


ROUTES = [
    Route("/_control/systems", put_systems, methods=["PUT"]),
    Route("/_control/systems", get_systems, methods=["GET"]),
    Route("/_control/shipments", post_shipment, methods=["POST"]),
    Route("/_control/shipments/{id}", get_shipment, methods=["GET"]),
]
