# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""One signature job: who has signed, what can be done, and withdrawing it (M20)."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter

from gateway.api.caller import Asker, Caller, Key
from gateway.problems import documented
from sikkersak.contracts.cases import ReadDocument
from sikkersak.contracts.signing import CancelJob, JobDetail, JobView, ReadJob
from sikkersak.identity import Permission

router = APIRouter(prefix="/signature-jobs", tags=["signatures"])
ACT: Final = documented(400, 404, 409)


async def require_document(asker: Caller, document_id: UUID | None) -> None:
    """Access to a document is decided by cases, and asked of it here before anything about the document is told (R8)."""
    if document_id is not None and not asker.person.actor.holds(Permission.FOLLOW_ALL_SENDINGS):
        await asker.ask(ReadDocument(document_id=document_id))


@router.get("/{job_id}", summary="One signature job", responses=documented(404))
async def read_signature_job(job_id: UUID, asker: Asker, document_id: UUID | None = None) -> JobDetail:
    """With its signers, what was done, and what can be done now. Caseworkers name the document it is of."""
    await require_document(asker, document_id)
    return await asker.ask(ReadJob(job_id=job_id, document_id=document_id))


@router.post("/{job_id}/cancel", summary="Withdraw a signature job", responses=ACT)
async def cancel_signature_job(job_id: UUID, asker: Asker, key: Key, document_id: UUID | None = None) -> JobView:
    """Before everyone has signed; those who have not lose access and are told by the signing service."""
    await require_document(asker, document_id)
    return await asker.ask(CancelJob(job_id=job_id, document_id=document_id), key)
