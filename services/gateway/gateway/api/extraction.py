# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Extractions: a deposit package is ordered, followed and fetched (M28)."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field
from starlette.requests import Request

from gateway.api.caller import Asker, Body, Key, Limit
from gateway.api.files import DOWNLOAD, file_answer
from gateway.problems import documented
from sikkersak.contracts.extraction import (
    Extraction,
    Extractions,
    FetchExtraction,
    ListExtractions,
    OrderExtraction,
    ReadExtraction,
)

router = APIRouter()


class Order(Body):
    """Whose archive, and up to when."""

    municipality: str = Field(min_length=2, max_length=200, description="arkivskaper")
    organisation: str = Field(pattern=r"^\d{9}$", description="its organisation number")
    until: datetime | None = Field(default=None, description="only what was archived before; now when left out")


@router.get("/archive/extractions", tags=["archive"], summary="Extractions")
async def list_extractions(asker: Asker, limit: Limit = 50) -> Extractions:
    """The latest, with their state and counts. For administrators."""
    return await asker.ask(ListExtractions(limit=limit))


@router.post(
    "/archive/extractions",
    tags=["archive"],
    summary="Order an extraction",
    responses=documented(400, 409, 422),
    status_code=202,
)
async def order_extraction(body: Order, asker: Asker, key: Key, response: Response) -> Extraction:
    """A Noark 5 deposit package, made in the background; `Location` tells where to look. For administrators."""
    made = await asker.ask(OrderExtraction.model_validate(body.model_dump()), key)
    response.headers["Location"] = f"extractions/{made.extraction_id}"
    return made


@router.get(
    "/archive/extractions/{extraction_id}", tags=["archive"], summary="One extraction", responses=documented(404)
)
async def read_extraction(extraction_id: UUID, asker: Asker) -> Extraction:
    """How far it has come, and the package's checksum."""
    return await asker.ask(ReadExtraction(extraction_id=extraction_id))


@router.get("/archive/extractions/{extraction_id}/package", tags=["archive"], summary="The package", **DOWNLOAD)
async def fetch_extraction(extraction_id: UUID, asker: Asker, request: Request) -> Response:
    """As one zip; who was given it is written down. 409 until it is done."""
    package = await asker.ask(FetchExtraction(extraction_id=extraction_id))
    return await file_answer(request, asker.reception.vault, package.file)
