# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Documents: written, approved, finished, signed, sent, downloaded (M11-M13, M20, M21)."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.caller import Asker, Body, IfMatch, Key, Position, numbered, tagged
from gateway.api.files import DOWNLOAD, PREVIEW, file_answer, preview_answer
from gateway.problems import ACT, READ_ACT, documented
from sikkersak.contracts.cases_documents import (
    AskForSignatures,
    DecideApproval,
    DocumentView,
    EditDocument,
    FinishDocument,
    ReadDocument,
    SendDocument,
    SignerWish,
    SubmitForApproval,
    WriteDocument,
)
from sikkersak.contracts.message import Operation
from sikkersak.contracts.signing import SigningFlow
from sikkersak.contracts.values import AccessAssessment, File, Party
from sikkersak.errors import NotFound

router = APIRouter(tags=["documents"])
CREATED: Final = 201


class DocumentBody(Body):
    """A new draft from a template (M11)."""

    template: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    language: str = Field(default="nb", pattern=r"^(nb|nn|en)$")
    title: str = Field(min_length=3, max_length=300)
    public_title: str | None = Field(default=None, max_length=300)
    body: str = Field(default="", max_length=100_000)
    receivers: tuple[Party, ...] = ()
    to_guardians: bool = Field(default=False, description="the pupil's guardians are the receivers")
    access: AccessAssessment = AccessAssessment()


class ChangeBody(Body):
    """What changes in a draft; what is left out stays."""

    title: str | None = Field(default=None, min_length=3, max_length=300)
    body: str | None = Field(default=None, max_length=100_000)


class ApprovalBody(Body):
    """Approved, or returned with a remark (M13)."""

    is_approved: bool
    remark: str | None = Field(default=None, max_length=2000)


class SignaturesBody(Body):
    """Who signs, in which order and how; the pupil's guardians side by side where nobody is named (M20)."""

    days_open: int = Field(default=14, ge=1, le=90, description="for each group that signs side by side")
    flow: SigningFlow = Field(default=SigningFlow.PORTAL, description="direct: present at the screen")
    level: int = Field(default=3, ge=3, le=4, description="3 allows MinID")
    is_advanced: bool = Field(default=False, description="with the signer's own e-ID; one document, level 4")
    opens_at: AwareDatetime | None = Field(default=None, description="at once where not given")
    message: str = Field(default="", max_length=220)
    signers: tuple[SignerWish, ...] = Field(default=(), max_length=10)
    further_documents: tuple[UUID, ...] = Field(
        default=(), max_length=19, description="of the same case, signed with it"
    )


class SendingBody(Body):
    """What goes in the same letter (M21)."""

    further_documents: tuple[UUID, ...] = Field(default=(), max_length=19, description="of the same case")


async def answered(asker: Asker, response: Response, operation: Operation[Any], key: str | None = None) -> DocumentView:
    """The document as it is now, with its version as the ETag that the next change must name."""
    document: DocumentView = await asker.ask(operation, key)
    tagged(response, str(document.version))
    return document


@router.post("/cases/{case_id}/documents", summary="Write a document", status_code=CREATED, responses=ACT)
async def write_document(case_id: UUID, body: DocumentBody, asker: Asker, key: Key, response: Response) -> DocumentView:
    """A new draft from a template."""
    document = await answered(asker, response, WriteDocument(case_id=case_id, **dict(body)), key)
    response.headers["Location"] = f"/api/v1/documents/{document.document_id}"
    return document


@router.get("/documents/{document_id}", summary="One document", responses=documented(404))
async def read_document(document_id: UUID, asker: Asker, response: Response) -> DocumentView:
    """With where it is on its way, and its version as ETag. Reading leaves a row in the audit log."""
    return await answered(asker, response, ReadDocument(document_id=document_id))


@router.patch("/documents/{document_id}", summary="Change a draft", responses=documented(404, 409, 412, 428))
async def edit_document(
    document_id: UUID, body: ChangeBody, asker: Asker, version: IfMatch, response: Response
) -> DocumentView:
    """Refused with 412 when somebody else has changed it since it was read."""
    edit = EditDocument(document_id=document_id, version=numbered(version), **dict(body))
    return await answered(asker, response, edit)


@router.post("/documents/{document_id}/submission", summary="Ask for approval", responses=READ_ACT)
async def submit_document(
    document_id: UUID, asker: Asker, key: Key, version: IfMatch, response: Response
) -> DocumentView:
    """The school leader is asked to approve what was read (M13)."""
    return await answered(asker, response, SubmitForApproval(document_id=document_id, version=numbered(version)), key)


@router.post("/documents/{document_id}/approval", summary="Approve or return", responses=READ_ACT)
async def decide_approval(
    document_id: UUID, body: ApprovalBody, asker: Asker, key: Key, version: IfMatch, response: Response
) -> DocumentView:
    """For school leaders (M13): of what was read, and of nothing that was written after it."""
    decision = DecideApproval(document_id=document_id, version=numbered(version), **dict(body))
    return await answered(asker, response, decision, key)


@router.post("/documents/{document_id}/finishing", summary="Finish and archive", responses=READ_ACT)
async def finish_document(
    document_id: UUID, asker: Asker, key: Key, version: IfMatch, response: Response
) -> DocumentView:
    """Locks what was read, and sends it to the archive at the same moment (M12)."""
    return await answered(asker, response, FinishDocument(document_id=document_id, version=numbered(version)), key)


@router.post("/documents/{document_id}/signatures", summary="Ask for signatures", responses=ACT)
async def ask_for_signatures(
    document_id: UUID, asker: Asker, key: Key, response: Response, body: SignaturesBody | None = None
) -> DocumentView:
    """The pupil's guardians, or those who are named, are asked to sign the finished document (M20)."""
    wishes = dict(body or SignaturesBody())
    return await answered(asker, response, AskForSignatures(document_id=document_id, **wishes), key)


@router.post("/documents/{document_id}/sending", summary="Send as letters", responses=ACT)
async def send_document(
    document_id: UUID, asker: Asker, key: Key, response: Response, body: SendingBody | None = None
) -> DocumentView:
    """One letter to each receiver, with what is enclosed (M21)."""
    further = (body or SendingBody()).further_documents
    return await answered(asker, response, SendDocument(document_id=document_id, further_documents=further), key)


@router.get("/documents/{document_id}/files/{position}", summary="Download a file", **DOWNLOAD)
async def download_file(document_id: UUID, position: Position, asker: Asker, request: Request) -> Response:
    """The file itself; the owner has said yes, and noted it, for this very download."""
    return await file_answer(request, asker.reception.vault, await _file(asker, document_id, position))


@router.get("/documents/{document_id}/files/{position}/preview", summary="Look at a file", **PREVIEW)
async def preview_file(document_id: UUID, position: Position, asker: Asker, request: Request) -> Response:
    """PDF and pictures, to be shown in a frame; noted as a reading like a download."""
    return await preview_answer(request, asker.reception.vault, await _file(asker, document_id, position))


async def _file(asker: Asker, document_id: UUID, position: int) -> File:
    document = await asker.ask(ReadDocument(document_id=document_id))
    if position >= len(document.files):
        raise NotFound("file")
    return document.files[position]
