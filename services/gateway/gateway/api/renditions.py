# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Archive renditions: how each document became PDF/A, and what a person decides where it did not (M24)."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request

from gateway.api.caller import Asker, Body, Key
from gateway.api.files import BINARY, safe_media_type
from gateway.problems import documented
from sikkersak.contracts.renditions import Choice, ChooseRendition, ReadRenditions, Renditions
from sikkersak.contracts.values import File
from sikkersak.errors import Declined

router = APIRouter()
ACT = documented(400, 404, 409, 413, 422)
Reason = Annotated[str, Field(min_length=3, max_length=500, description="stands in the log, without personal data")]
UPLOAD: Final = {
    "requestBody": {"required": True, "content": {BINARY: {"schema": {"type": "string", "format": "binary"}}}}
}


class Decision(Body):
    """What is decided, and why; another file is sent to its own address."""

    choice: Choice
    reason: Reason
    password: str | None = Field(default=None, max_length=200, description="used once, kept nowhere")


@router.get("/deliveries/{delivery_id}/renditions", tags=["archive"], summary="Renditions", responses=documented(404))
async def read_renditions(delivery_id: UUID, asker: Asker) -> Renditions:
    """How each document of a delivery became PDF/A, or why not, and what may be decided now."""
    return await asker.ask(ReadRenditions(delivery_id=delivery_id))


@router.post(
    "/deliveries/{delivery_id}/renditions/{document_key}/choice",
    tags=["archive"],
    summary="Decide for a document without rendition",
    responses=ACT,
)
async def choose_rendition(delivery_id: UUID, document_key: UUID, body: Decision, asker: Asker, key: Key) -> Renditions:
    """Password, notice page, left out, or the difference accepted. For administrators and distributors."""
    asked = {"delivery_id": delivery_id, "document_key": document_key, **body.model_dump()}
    return await asker.ask(ChooseRendition.model_validate(asked), key)


@router.post(
    "/deliveries/{delivery_id}/renditions/{document_key}/file",
    tags=["archive"],
    summary="Another file for a document without rendition",
    responses=ACT,
    openapi_extra=UPLOAD,
)
async def replace_file(
    delivery_id: UUID,
    document_key: UUID,
    request: Request,
    asker: Asker,
    key: Key,
    name: Annotated[str, Query(min_length=1, max_length=200, description="shown, never used as a path")],
    reason: Annotated[str, Query(min_length=3, max_length=500, description="stands in the log")],
) -> Renditions:
    """The body is the file; what the document had before is kept. For administrators and distributors."""
    told = await asker.ask(ReadRenditions(delivery_id=delivery_id))  # nothing is stored for those who may not see it
    meant = [one for one in told.documents if one.document_key == document_key]
    if not any(Choice.OTHER_FILE in one.choices for one in meant):
        raise Declined("rendition-choice", "Dette valget gjelder ikke for dokumentet slik det er nå.")
    media_type = safe_media_type(request.headers.get("Content-Type", BINARY))
    ref = await asker.reception.vault.put(request.stream(), media_type)
    file = File(name=name, media_type=media_type, ref=ref)
    asked = ChooseRendition(
        delivery_id=delivery_id, document_key=document_key, choice=Choice.OTHER_FILE, reason=reason, file=file
    )
    return await asker.ask(asked, key)
