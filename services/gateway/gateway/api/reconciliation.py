# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Reconciliation with the archive: ordered, followed, read with its signed report (M26)."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from gateway.api.caller import Asker, Body, Cursor, Key, Limit
from gateway.problems import documented
from sikkersak.contracts.reconciliation import (
    Finding,
    ListReconciliations,
    ReadReconciliation,
    Reconciliation,
    ReconciliationDetail,
    Reconciliations,
    StartReconciliation,
)

router = APIRouter()


class Period(Body):
    """Which period, by when documents were finished; the end is not part of it."""

    period_from: datetime
    period_to: datetime
    repairs: bool = Field(default=True, description="deliver again what is missing or half-made in the archive")


@router.get("/archive/reconciliations", tags=["archive"], summary="Reconciliations with the archive")
async def list_reconciliations(asker: Asker, limit: Limit = 50) -> Reconciliations:
    """The latest, with how many were confirmed, missing, different, waiting or unknown to us."""
    return await asker.ask(ListReconciliations(limit=limit))


@router.post(
    "/archive/reconciliations",
    tags=["archive"],
    summary="Reconcile a period",
    responses=documented(400, 409, 422),
    status_code=202,
)
async def start_reconciliation(body: Period, asker: Asker, key: Key) -> Reconciliation:
    """In the background. For administrators and distributors."""
    return await asker.ask(StartReconciliation.model_validate(body.model_dump()), key)


@router.get(
    "/archive/reconciliations/{reconciliation_id}",
    tags=["archive"],
    summary="One reconciliation and its report",
    responses=documented(404),
)
async def read_reconciliation(
    reconciliation_id: UUID,
    asker: Asker,
    finding: Finding | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ReconciliationDetail:
    """What was not confirmed, or the findings of one kind; with the signature and the key that verifies it."""
    asked = ReadReconciliation(reconciliation_id=reconciliation_id, finding=finding, cursor=cursor, limit=limit)
    return await asker.ask(asked)
