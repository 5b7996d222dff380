# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""One signature job: who has signed, what can be done, and withdrawing it (M20)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import RedirectResponse, Response

from gateway.api.caller import Asker, Caller, Key
from gateway.problems import ACT, documented
from sikkersak.contracts.cases_documents import ConfirmWriting, ReadDocument
from sikkersak.contracts.signing import CancelJob, JobDetail, JobView, OpenCeremony, ReadJob
from sikkersak.identity import Permission

router = APIRouter(prefix="/signature-jobs", tags=["signatures"])
Signer = Annotated[int, Path(ge=1, le=10, description="the signer's number in the job, from 1")]


async def require_document(asker: Caller, document_id: UUID | None) -> None:
    """Access to a document is decided by cases, and asked of it here before anything about the document is told (R8)."""
    if document_id is not None and not asker.person.actor.holds(Permission.FOLLOW_ALL_SENDINGS):
        await asker.ask(ReadDocument(document_id=document_id))


async def require_writing(asker: Caller, document_id: UUID | None) -> None:
    """As `require_document`, for what changes a sending: writing in the case is decided by cases (R8)."""
    if document_id is not None:
        await asker.ask(ConfirmWriting(document_id=document_id))


@router.get("/{job_id}", summary="One signature job", responses=documented(404))
async def read_signature_job(job_id: UUID, asker: Asker, document_id: UUID | None = None) -> JobDetail:
    """With its signers, what was done, and what can be done now. Caseworkers name the document it is of."""
    await require_document(asker, document_id)
    return await asker.ask(ReadJob(job_id=job_id, document_id=document_id))


@router.post("/{job_id}/cancel", summary="Withdraw a signature job", responses=ACT)
async def cancel_signature_job(job_id: UUID, asker: Asker, key: Key, document_id: UUID | None = None) -> JobView:
    """Before everyone has signed; those who have not lose access and are told by the signing service.

    For those who may write in the case: they name the document, unless they write in every case of the school.
    """
    await require_writing(asker, document_id)
    return await asker.ask(CancelJob(job_id=job_id, document_id=document_id), key)


@router.get(
    "/{job_id}/signers/{signer}/ceremony",
    summary="Sign at the screen",
    status_code=303,
    response_class=RedirectResponse,
    responses=documented(404, 409),
)
async def open_ceremony(job_id: UUID, signer: Signer, asker: Asker, document_id: UUID | None = None) -> Response:
    """Leads the browser to the signing service for one signer who is present.

    The address there opens once and is kept nowhere: every click gets its own. For those who may write in the case.
    """
    await require_writing(asker, document_id)
    ceremony = await asker.ask(OpenCeremony(job_id=job_id, signer=signer, document_id=document_id))
    return RedirectResponse(ceremony.url, status_code=303)
