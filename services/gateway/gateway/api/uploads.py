# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Files sent in: each on its own, streamed, then named by its id in the operation that uses it."""

import re
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway import uploads
from gateway.api.caller import Asker, Key
from gateway.api.files import BINARY, safe_media_type
from gateway.problems import documented
from sikkersak.errors import Declined

router = APIRouter(prefix="/uploads", tags=["uploads"])
CREATED: Final = 201
ADDRESS: Final = "/api/v1/uploads"
LONGEST_NAME: Final = 200
_NAMED: Final = re.compile(r"filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)\Z", re.ASCII)
BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {BINARY: {"schema": {"type": "string", "format": "binary", "minLength": 1}}},
    }
}
Disposition = Annotated[
    str,
    Header(
        alias="Content-Disposition",
        max_length=1000,
        description="the file's name (RFC 8187): attachment; filename*=UTF-8''referat.pdf",
        examples=["attachment; filename*=UTF-8''referat.pdf"],
    ),
]


class UploadView(BaseModel):
    """A file that was sent in and waits to be used."""

    upload_id: UUID
    name: str = Field(description="as people know it")
    media_type: str = Field(description="as it was said; what it really is, is found out where it is used")
    size: int = Field(description="bytes")
    sha256: str = Field(description="checksum of what came, to be compared")
    expires_at: datetime = Field(description="until then it can be used, by whoever sent it")


@router.post(
    "",
    summary="Send a file in",
    status_code=CREATED,
    responses=documented(400, 408, 413, 415),
    openapi_extra=BODY,
)
async def send_upload(request: Request, asker: Asker, key: Key, named: Disposition, response: Response) -> UploadView:
    """The body is the file and nothing else. It is streamed to the vault, encrypted, and waits for a day."""
    media_type = safe_media_type(request.headers.get("Content-Type", BINARY))
    made = await uploads.receive(request, asker.reception, asker.person, _name(named), media_type, key)
    response.headers["Location"] = f"{ADDRESS}/{made.upload_id}"
    return _view(made)


@router.get("/{upload_id}", summary="A file that was sent in", responses=documented(404))
async def read_upload(upload_id: UUID, asker: Asker) -> UploadView:
    """For whoever sent it."""
    return _view(await uploads.find(asker.reception, asker.person, upload_id))


def _name(disposition: str) -> str:
    found = _NAMED.search(disposition)
    name = unquote(found[1], errors="replace").strip() if found else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        text = "Send filens navn i Content-Disposition, for eksempel attachment; filename*=UTF-8''referat.pdf."
        raise Declined("upload-name-missing", text, status=400)
    return name


def _view(upload: uploads.Upload) -> UploadView:
    file = upload.file
    return UploadView(
        upload_id=upload.upload_id,
        name=file.name,
        media_type=file.media_type,
        size=file.ref.size,
        sha256=file.ref.sha256,
        expires_at=upload.expires_at,
    )
