"""The stand-in's own control calls, beside the shared faults.

`GET /_control/state` counts, `GET /_control/records` every registry entry with its documents,
`POST /_control/tokens/expire` lets every token run out, `PUT /_control/damage {"uploads": n}` keeps the next n files
with a wrong byte in them, `GET /_control/content/{id}` the file of a document object, `GET /_control/deposit` the
archive's own deposit package.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from simulators.noark.core import Core
from simulators.noark.deposit import package
from simulators.noark.rules import FINAL
from simulators.noark.search import OWN
from simulators.noark.tree import Entity

KEY_FIELD = ":eksternnoekkel"


class Damage(BaseModel):
    """`PUT /_control/damage`."""

    uploads: int = Field(ge=0)


def external_key(entity: Entity) -> str | None:
    """The key the sender gave."""
    fields = entity.body.get(OWN, {})
    return next((value for name, value in fields.items() if name.endswith(KEY_FIELD)), None)


def repeated(core: Core, kind: str) -> list[str]:
    """Keys that more than one entity of a kind has."""
    keys = Counter(external_key(entity) for entity in core.tree.of([kind]))
    return sorted(key for key, count in keys.items() if key is not None and count > 1)


def duplicates(core: Core) -> dict[str, list[str]]:
    """What stands in the archive more than once."""
    kinds = {
        "case_files": "saksmappe",
        "registry_entries": "journalpost",
        "documents": "dokumentbeskrivelse",
    }
    return {name: repeated(core, kind) for name, kind in kinds.items()}


def counts(core: Core) -> dict[str, Any]:
    """`GET /_control/state`."""
    tree = core.tree
    objects = list(tree.of(["dokumentobjekt"]))
    entries = list(tree.of(["journalpost"]))
    return {
        "case_files": sum(1 for _ in tree.of(["saksmappe"])),
        "closed_case_files": sum(case.code("saksstatus") == "A" for case in tree.of(["saksmappe"])),
        "registry_entries": len(entries),
        "finished_entries": sum(entry.code("journalstatus") in FINAL for entry in entries),
        "document_descriptions": sum(1 for _ in tree.of(["dokumentbeskrivelse"])),
        "document_objects": len(objects),
        "stored_files": sum("referanseDokumentfil" in one.body for one in objects),
        "stored_bytes": sum(one.body["filstoerrelse"] for one in objects if "referanseDokumentfil" in one.body),
        "tokens_issued": core.access.issued,
        "duplicates": {name: len(keys) for name, keys in duplicates(core).items()},
    }


def record(core: Core, entity: Entity) -> dict[str, Any]:
    """One registry entry."""
    tree, case = core.tree, core.tree.parent(entity)
    return {
        "id": entity.id,
        "key": external_key(entity),
        "case_key": external_key(case),
        "case_number": case.body["mappeID"],
        "case_status": case.code("saksstatus"),
        "public_title": entity.body.get("offentligTittel"),
        "is_screened": "skjerming" in entity.body,
        "number": entity.body["registreringsID"],
        "type": entity.code("journalposttype"),
        "status": entity.code("journalstatus"),
        "parties": sum(1 for child in entity.children if tree.entities[child].kind.startswith("korrespondansepart")),
        "documents": [document(core, child) for child in tree.under(entity, ["dokumentbeskrivelse"])],
    }


def document(core: Core, entity: Entity) -> dict[str, Any]:
    """One document description with its files."""
    return {
        "id": entity.id,
        "key": external_key(entity),
        "number": entity.body["dokumentnummer"],
        "role": entity.code("tilknyttetRegistreringSom"),
        "status": entity.code("dokumentstatus"),
        "objects": [
            {
                "id": one.id,
                "variant": one.code("variantformat"),
                "format": one.code("format"),
                "checksum": one.body.get("sjekksum"),
                "size": one.body.get("filstoerrelse"),
                "has_file": "referanseDokumentfil" in one.body,
            }
            for one in core.tree.under(entity, ["dokumentobjekt"])
        ],
    }


async def records(request: Request) -> Response:
    """GET /_control/records."""
    core: Core = request.app.state.core
    listed = [record(core, entity) for entity in core.tree.of(["journalpost"])]
    return JSONResponse({"records": listed, "duplicates": duplicates(core)})


async def expire(request: Request) -> Response:
    """POST /_control/tokens/expire."""
    request.app.state.core.access.expire()
    return Response(status_code=204)


async def damage(request: Request) -> Response:
    """PUT /_control/damage."""
    order = Damage.model_validate_json(await request.body())
    request.app.state.core.files.damaged_next = order.uploads
    return JSONResponse(order.model_dump())


async def content(request: Request) -> Response:
    """GET /_control/content/{id}."""
    core: Core = request.app.state.core
    entity = core.tree.entities.get(request.path_params["id"])
    if entity is None or "referanseDokumentfil" not in entity.body:
        return Response(status_code=404)
    return FileResponse(core.files.path(entity), media_type=entity.body["mimeType"])


async def deposit(request: Request) -> Response:
    """GET /_control/deposit."""
    content = await asyncio.to_thread(package, request.app.state.core)
    return Response(content, media_type="application/zip")


ROUTES = [
    Route("/_control/deposit", deposit),
    Route("/_control/records", records),
    Route("/_control/tokens/expire", expire, methods=["POST"]),
    Route("/_control/damage", damage, methods=["PUT"]),
    Route("/_control/content/{id}", content),
]
