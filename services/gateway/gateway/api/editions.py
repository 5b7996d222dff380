# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Documents beside their main way: held, attachments, assessment, corrections, Utgår, approvals, before sending."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.caller import Asker, Body, IfMatch, IfRead, Key, Position, numbered, tagged, unquoted
from gateway.api.documents import answered
from gateway.api.files import DOWNLOAD, disposition, file_answer
from gateway.problems import ACT, READ_ACT, documented
from gateway.uploads import claimed
from sikkersak.contracts.cases_documents import (
    AddAttachment,
    AssessAccess,
    Assessment,
    CorrectDocument,
    DocumentHistory,
    DocumentView,
    HoldDocument,
    ListApprovals,
    ListStandIns,
    PreviewDocument,
    PutStandIn,
    ReadDocument,
    ReadHistory,
    ReadSendingPlan,
    ReleaseDocument,
    RemoveAttachment,
    SendingPlan,
    StandInList,
    WaitingApprovals,
    WithdrawDocument,
)
from sikkersak.contracts.values import AccessAssessment
from sikkersak.errors import NotFound

router = APIRouter(tags=["documents"])
PDF: Final = "application/pdf"
AS_PDF: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: {"description": "The PDF", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}},
        **documented(404, 409),
    },
}


class AttachmentBody(Body):
    """Which of the files that the person has sent in."""

    upload_id: UUID


class AssessmentBody(Body):
    """What is exempt and why, and the title that the public may read (M8)."""

    access: AccessAssessment
    public_title: str = Field(min_length=3, max_length=300)


class WithdrawalBody(Body):
    """Why the document does not count."""

    reason: str = Field(min_length=3, max_length=2000)


class StandInBody(Body):
    """Who stands in, from which day to which."""

    staff_id: UUID
    from_date: date
    to_date: date


def pdf_answer(pdf: bytes, name: str) -> Response:
    """A PDF that is kept nowhere, to be saved under a safe name."""
    return Response(pdf, media_type=PDF, headers={"Content-Disposition": disposition(name)})


@router.post("/documents/{document_id}/hold", summary="Hold a draft", responses=ACT)
async def hold_document(document_id: UUID, asker: Asker, key: Key) -> DocumentView:
    """For ten minutes nobody else writes in it; ask again for ten more."""
    return await asker.ask(HoldDocument(document_id=document_id), key)


@router.post("/documents/{document_id}/release", summary="Release a draft", responses=ACT)
async def release_document(document_id: UUID, asker: Asker, key: Key) -> DocumentView:
    """Others may write again."""
    return await asker.ask(ReleaseDocument(document_id=document_id), key)


@router.post("/documents/{document_id}/attachments", summary="Attach a file", responses=ACT)
async def add_attachment(
    document_id: UUID, body: AttachmentBody, asker: Asker, key: Key, response: Response
) -> DocumentView:
    """One that was sent in (`/uploads`). It is archived with the document; PDF is needed where it goes out as a letter."""
    (file,) = await claimed(asker.reception, asker.person, (body.upload_id,))
    return await answered(asker, response, AddAttachment(document_id=document_id, file=file), key)


@router.get("/documents/{document_id}/attachments/{position}", summary="Download an attachment", **DOWNLOAD)
async def download_draft_attachment(document_id: UUID, position: Position, asker: Asker, request: Request) -> Response:
    """Of a draft; when it is finished its attachments are among its files."""
    document = await asker.ask(ReadDocument(document_id=document_id))
    if position >= len(document.attachments):
        raise NotFound("file")
    return await file_answer(request, asker.reception.vault, document.attachments[position])


@router.post(
    "/documents/{document_id}/attachments/{position}/removal", summary="Take an attachment off", responses=READ_ACT
)
async def remove_attachment(
    document_id: UUID, position: Position, asker: Asker, key: Key, version: IfMatch, response: Response
) -> DocumentView:
    """Off a draft, as it was read: a position means another file once somebody else has taken one off."""
    wanted = RemoveAttachment(document_id=document_id, position=position, version=numbered(version))
    return await answered(asker, response, wanted, key)


@router.get("/documents/{document_id}/assessment", summary="The access assessment", responses=documented(404))
async def read_assessment(document_id: UUID, asker: Asker, response: Response) -> Assessment:
    """The one that counts, with its version as ETag. Reading leaves a row in the audit log."""
    found = (await asker.ask(ReadDocument(document_id=document_id))).assessment
    tagged(response, found.tag)
    return found


@router.put("/documents/{document_id}/assessment", summary="Assess access", responses=documented(404, 409, 412, 428))
async def assess_access(
    document_id: UUID, body: AssessmentBody, asker: Asker, response: Response, version: IfRead
) -> DocumentView:
    """The caseworker's assessment and the public title; of what is finished, beside it and in the archive too (M8)."""
    shown = await asker.ask(AssessAccess(document_id=document_id, if_match=unquoted(version), **dict(body)))
    tagged(response, shown.assessment.tag)
    return shown


@router.post("/documents/{document_id}/correction", summary="Correct a finished document", responses=ACT)
async def correct_document(document_id: UUID, asker: Asker, key: Key) -> DocumentView:
    """A new draft that refers to it."""
    return await asker.ask(CorrectDocument(document_id=document_id), key)


@router.post("/documents/{document_id}/withdrawal", summary="Mark a document Utgår", responses=ACT)
async def withdraw_document(document_id: UUID, body: WithdrawalBody, asker: Asker, key: Key) -> DocumentView:
    """With a reason, by the school's leaders; nothing is deleted, and the archive marks it too."""
    return await asker.ask(WithdrawDocument(document_id=document_id, reason=body.reason), key)


@router.get("/documents/{document_id}/versions", summary="Every version", responses=documented(404))
async def read_history(document_id: UUID, asker: Asker) -> DocumentHistory:
    """The newest first. Reading leaves a row in the audit log."""
    return await asker.ask(ReadHistory(document_id=document_id))


@router.get("/documents/{document_id}/preview", summary="Preview as PDF", **AS_PDF)
async def preview_document(document_id: UUID, asker: Asker) -> Response:
    """The letter as it would be finished now."""
    made = await asker.ask(PreviewDocument(document_id=document_id))
    return pdf_answer(made.pdf, made.name)


@router.get("/documents/{document_id}/sending", summary="Who would be written to", responses=documented(404, 409))
async def read_sending_plan(document_id: UUID, asker: Asker) -> SendingPlan:
    """And why, before it is sent (M21)."""
    return await asker.ask(ReadSendingPlan(document_id=document_id))


@router.get("/approvals", summary="What waits for approval")
async def list_approvals(asker: Asker) -> WaitingApprovals:
    """At the schools that the person approves for (M13)."""
    return await asker.ask(ListApprovals())


@router.get("/schools/{school_id}/stand-ins", tags=["people"], summary="Who stands in", responses=documented(404))
async def list_stand_ins(school_id: UUID, asker: Asker) -> StandInList:
    """For the leader of this school, today and later."""
    return await asker.ask(ListStandIns(school_id=school_id))


@router.post("/schools/{school_id}/stand-ins", tags=["people"], summary="Let somebody stand in", responses=ACT)
async def put_stand_in(school_id: UUID, body: StandInBody, asker: Asker, key: Key) -> StandInList:
    """By the school's leader or an administrator, at most 120 days (M13)."""
    return await asker.ask(PutStandIn(school_id=school_id, **dict(body)), key)
