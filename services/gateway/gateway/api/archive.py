# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""The archive log's desk: causes, ages, mending, sending again many at a time, giving up (M26)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from gateway.api.caller import Asker, Body, Key
from gateway.problems import documented
from sikkersak.contracts.archiver import (
    CountNotArchived,
    DeliveryFilter,
    DeliveryGroups,
    DeliveryRow,
    GiveUpDelivery,
    GroupDeliveries,
    MendDelivery,
    Mended,
    NotArchived,
    RetryDeliveries,
    RetryOutcome,
)

router = APIRouter()
ACT = documented(400, 404, 409, 422)
Reason = Annotated[str, Field(min_length=3, max_length=500, description="stands in the log, without personal data")]


class Retrying(Body):
    """The named deliveries, or all that the filter lets through; not both."""

    delivery_ids: tuple[UUID, ...] = Field(default=(), max_length=500)
    filter: DeliveryFilter | None = None
    only_count: bool = Field(default=False, description="say how many qualify, and change nothing")
    reason: str = Field(default="", max_length=500)


class Correction(Body):
    """What is to be different, and why."""

    mended: Mended
    reason: Reason


class GivingUp(Body):
    """Why it shall not be archived."""

    reason: Reason


@router.get("/archive/groups", tags=["archive"], summary="What is not archived, by cause")
async def group_deliveries(asker: Asker) -> DeliveryGroups:
    """The largest group first; each can be sent again as a whole."""
    return await asker.ask(GroupDeliveries())


@router.get("/archive/not-archived", tags=["archive"], summary="Not archived, by age")
async def count_not_archived(asker: Asker) -> NotArchived:
    """Here, and for those who see everything, as seen from the archive."""
    return await asker.ask(CountNotArchived())


@router.post("/archive/retries", tags=["archive"], summary="Deliver many again now", responses=ACT)
async def retry_deliveries(body: Retrying, asker: Asker, key: Key) -> RetryOutcome:
    """One group, the selected, or all; says how many qualify. For administrators and distributors."""
    return await asker.ask(RetryDeliveries.model_validate(body.model_dump()), None if body.only_count else key)


@router.post("/deliveries/{delivery_id}/correction", tags=["archive"], summary="Mend and deliver again", responses=ACT)
async def mend_delivery(delivery_id: UUID, body: Correction, asker: Asker, key: Key) -> DeliveryRow:
    """Old and new are kept. For administrators and distributors."""
    return await asker.ask(MendDelivery(delivery_id=delivery_id, mended=body.mended, reason=body.reason), key)


@router.post("/deliveries/{delivery_id}/giving-up", tags=["archive"], summary="Give a delivery up", responses=ACT)
async def give_up_delivery(delivery_id: UUID, body: GivingUp, asker: Asker, key: Key) -> DeliveryRow:
    """With the reason in the log. For administrators and distributors."""
    return await asker.ask(GiveUpDelivery(delivery_id=delivery_id, reason=body.reason), key)
