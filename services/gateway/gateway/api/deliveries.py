# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""The archive log, signature jobs and consignments: how far everything has come, and once more (M20, M21, M26)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from gateway.api.caller import Asker, Cursor, Key, Limit, gathered
from gateway.api.signatures import require_document
from gateway.problems import ACT, documented
from sikkersak.contracts.archiver import (
    DeliveryDetail,
    DeliveryFilter,
    DeliveryPage,
    DeliveryRow,
    ListDeliveries,
    ReadDelivery,
    RetryDelivery,
)
from sikkersak.contracts.notifier import (
    ConsignmentKind,
    ConsignmentPage,
    ConsignmentState,
    ConsignmentView,
    ListConsignments,
    RetryConsignment,
)
from sikkersak.contracts.signing import JobPage, JobState, ListJobs

router = APIRouter()


@router.get("/deliveries", tags=["archive"], summary="The archive log")
async def list_deliveries(
    asker: Asker,
    chosen: Annotated[DeliveryFilter, Depends(gathered(DeliveryFilter))],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeliveryPage:
    """Newest first, with the count of each state over everything that the person may see (M26)."""
    asked = {**chosen.model_dump(), "cursor": cursor, "limit": limit}
    return await asker.ask(ListDeliveries.model_validate(asked))


@router.get("/deliveries/{delivery_id}", tags=["archive"], summary="One delivery", responses=documented(404))
async def read_delivery(delivery_id: UUID, asker: Asker) -> DeliveryDetail:
    """With every attempt."""
    return await asker.ask(ReadDelivery(delivery_id=delivery_id))


@router.post("/deliveries/{delivery_id}/retry", tags=["archive"], summary="Deliver again now", responses=ACT)
async def retry_delivery(delivery_id: UUID, asker: Asker, key: Key) -> DeliveryRow:
    """For administrators and distributors."""
    return await asker.ask(RetryDelivery(delivery_id=delivery_id), key)


@router.get("/signature-jobs", tags=["signatures"], summary="Signature jobs", responses=documented(404))
async def list_signature_jobs(
    asker: Asker,
    document_id: UUID | None = None,
    state: JobState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JobPage:
    """Of one document, or of the schools that the person leads; newest first."""
    await require_document(asker, document_id)
    return await asker.ask(ListJobs(document_id=document_id, state=state, cursor=cursor, limit=limit))


@router.get("/consignments", tags=["letters"], summary="Letters, forwardings and notices", responses=documented(404))
async def list_consignments(
    asker: Asker,
    kind: ConsignmentKind | None = None,
    document_id: UUID | None = None,
    state: ConsignmentState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ConsignmentPage:
    """Of one document, or all for those who watch them; newest first."""
    await require_document(asker, document_id)
    asked = ListConsignments(kind=kind, document_id=document_id, state=state, cursor=cursor, limit=limit)
    return await asker.ask(asked)


@router.post("/consignments/{consignment_id}/retry", tags=["letters"], summary="Send again now", responses=ACT)
async def retry_consignment(consignment_id: UUID, asker: Asker, key: Key) -> ConsignmentView:
    """A declined consignment is tried again."""
    return await asker.ask(RetryConsignment(consignment_id=consignment_id), key)
