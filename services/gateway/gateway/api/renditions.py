# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Archive renditions: how each document became PDF/A, and what a person decides where it did not (M24)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from gateway.api.caller import Asker, Body, Key
from gateway.problems import ACT, documented
from gateway.uploads import claimed
from sikkersak.contracts.renditions import Choice, ChooseRendition, ReadRenditions, Renditions

router = APIRouter()
Reason = Annotated[str, Field(min_length=3, max_length=500, description="stands in the log, without personal data")]


class Decision(Body):
    """What is decided, and why; another file is sent to its own address."""

    choice: Choice
    reason: Reason
    password: str | None = Field(default=None, max_length=200, description="used once, kept nowhere")


class Replacement(Body):
    """Which of the files that the person has sent in, and why it takes the place of the one that came."""

    upload_id: UUID
    reason: Reason


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
)
async def replace_file(delivery_id: UUID, document_key: UUID, body: Replacement, asker: Asker, key: Key) -> Renditions:
    """One that was sent in (`/uploads`); what the document had before is kept. For administrators and distributors."""
    (file,) = await claimed(asker.reception, asker.person, (body.upload_id,))
    asked = ChooseRendition(
        delivery_id=delivery_id,
        document_key=document_key,
        choice=Choice.OTHER_FILE,
        reason=body.reason,
        file=file,
    )
    return await asker.ask(asked, key)
