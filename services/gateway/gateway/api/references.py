# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""For other systems: the school system's references of pupils, and how far a document is."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from gateway.api.caller import AnyAsker, Body
from gateway.problems import documented
from sikkersak.contracts.cases_references import (
    DocumentStatus,
    PupilReference,
    PutPupilReference,
    ReadDocumentStatus,
    Reference,
)

router = APIRouter()


class ReferenceBody(Body):
    """A pupil, by national identity number, and what the school system calls them."""

    national_id: str = Field(pattern=r"^\d{11}$", repr=False)
    reference: Reference


@router.put("/pupil-references", tags=["people"], summary="What the school system calls a pupil")
async def put_pupil_reference(body: ReferenceBody, asker: AnyAsker) -> PupilReference:
    """`/entry?reference=…` then leads to the pupil's cases. For systems with the scope `pupils`, and who keeps pupils."""
    return await asker.ask(PutPupilReference(**dict(body)))


@router.get(
    "/documents/{document_id}/status", tags=["documents"], summary="How far a document is", responses=documented(404)
)
async def read_document_status(document_id: UUID, asker: AnyAsker) -> DocumentStatus:
    """States only, as a webhook's receiver asks for them. For who may read it, and systems with the scope `status`."""
    return await asker.ask(ReadDocumentStatus(document_id=document_id))
