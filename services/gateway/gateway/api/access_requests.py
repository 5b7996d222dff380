# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Requests for access: registered, collected, decided, redacted, handed out (M19)."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.caller import Asker, Body, Key, Limit
from gateway.api.files import DOWNLOAD, file_answer
from gateway.api.runs import LONG, Prefer, ordered
from gateway.problems import documented
from gateway.runs import is_wanted
from sikkersak.contracts.cases_access_requests import (
    AnswerAccessRequest,
    AnswerChannel,
    CollectDocuments,
    DecideItem,
    Entry,
    FinishAccessRequest,
    ItemDecision,
    ListAccessRequests,
    ReadAccessRequest,
    ReadRequestAnswer,
    ReadRequestItem,
    RedactionArea,
    RedactItem,
    RegisterAccessRequest,
    RemoveItem,
    ReopenAccessRequest,
    RequestBasis,
    RequestDetail,
    Requester,
    RequestPage,
    RequestState,
    WithdrawAccessRequest,
)

router = APIRouter(prefix="/schools/{school_id}/access-requests", tags=["access requests"])
CREATED: Final = 201
ACT: Final = documented(400, 404, 409, 412)
ItemNumber = Annotated[int, Path(ge=1, le=100_000, description="the file's number in the request")]
Version = Annotated[int, Field(ge=1, description="the request's `version` as it was read; 412 where it has changed")]


class RegisterBody(Body):
    """Who asks for what, and by which law."""

    requester: Requester = Field(examples=[{"name": "Kari Prøve", "reached_by": "kari@eksempel.no"}])
    wanted: str = Field(min_length=3, max_length=5000, examples=["Alle brev om skolemiljøet i august 2026"])
    basis: RequestBasis = RequestBasis.PUBLIC
    received_on: date | None = None
    working_days: int = Field(default=3, ge=1, le=30, examples=[3])
    language: str = Field(default="nb", pattern=r"^(nb|nn|en)$")


class VersionBody(Body):
    """Which version was read."""

    version: Version


class CollectBody(VersionBody):
    """Which documents; what one may not see is not found."""

    case_ids: tuple[UUID, ...] = Field(default=(), max_length=20)
    entries: tuple[Entry, ...] = Field(default=(), max_length=100, examples=[["2026/12-3"]])
    document_ids: tuple[UUID, ...] = Field(default=(), max_length=100)
    query: str | None = Field(default=None, min_length=2, max_length=200)


class DecideBody(VersionBody):
    """What is decided, by which paragraph, and why."""

    decision: ItemDecision
    legal_basis: str = Field(default="", max_length=200, examples=["Offl. § 13 jf. fvl. § 13 (1) nr. 1"])
    reason: str = Field(default="", max_length=2000, examples=["Opplysninger om elevens helse"])
    is_extended_considered: bool = False


class RedactBody(VersionBody):
    """Words wherever they stand, and areas of pages, from the upper left corner in points."""

    words: tuple[str, ...] = Field(default=(), max_length=200)
    areas: tuple[RedactionArea, ...] = Field(
        default=(), max_length=500, examples=[[{"page": 1, "x": 70, "y": 90, "width": 200, "height": 20}]]
    )


class FinishBody(VersionBody):
    """A remark stands in the answer."""

    remark: str = Field(default="", max_length=2000)


class AnswerBody(VersionBody):
    """How it goes out."""

    channel: AnswerChannel


class WithdrawBody(VersionBody):
    """Why nobody waits for it."""

    remark: str = Field(min_length=3, max_length=2000)


@router.get("", summary="Requests for access")
async def list_access_requests(
    school_id: UUID,
    asker: Asker,
    state: RequestState | None = None,
    cursor: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Limit = 50,
) -> RequestPage:
    """The school's, newest first, each with its clock."""
    return await asker.ask(ListAccessRequests(school_id=school_id, state=state, cursor=cursor, limit=limit))


@router.post("", summary="Register a request for access", status_code=CREATED, responses=documented(400, 409))
async def register_access_request(school_id: UUID, body: RegisterBody, asker: Asker, key: Key) -> RequestDetail:
    """The clock starts the day that it was received. For school leaders and mail distributors."""
    return await asker.ask(RegisterAccessRequest(school_id=school_id, **dict(body)), key)


@router.get("/{request_id}", summary="A request for access", responses=documented(404))
async def read_access_request(school_id: UUID, request_id: UUID, asker: Asker) -> RequestDetail:
    """With what was collected and decided."""
    return await asker.ask(ReadAccessRequest(school_id=school_id, request_id=request_id))


@router.post("/{request_id}/collection", summary="Collect documents", responses=ACT)
async def collect_documents(
    school_id: UUID, request_id: UUID, body: CollectBody, asker: Asker, key: Key
) -> RequestDetail:
    """Finished documents: of cases, by the journal's entries, by id, or what a search finds."""
    return await asker.ask(CollectDocuments(school_id=school_id, request_id=request_id, **dict(body)), key)


@router.post("/{request_id}/items/{item}/removal", summary="Take a file out", responses=ACT)
async def remove_item(
    school_id: UUID, request_id: UUID, item: ItemNumber, body: VersionBody, asker: Asker, key: Key
) -> RequestDetail:
    """It was not asked for."""
    asked = RemoveItem(school_id=school_id, request_id=request_id, item=item, version=body.version)
    return await asker.ask(asked, key)


@router.post("/{request_id}/items/{item}/decision", summary="Decide about a file", responses=ACT)
async def decide_item(
    school_id: UUID, request_id: UUID, item: ItemNumber, body: DecideBody, asker: Asker, key: Key
) -> RequestDetail:
    """Give, give redacted, or refuse; what is kept back has a paragraph and a reason."""
    return await asker.ask(DecideItem(school_id=school_id, request_id=request_id, item=item, **dict(body)), key)


@router.post(
    "/{request_id}/items/{item}/redaction",
    summary="Redact a file",
    responses=ACT | LONG,
    response_model=RequestDetail,
)
async def redact_item(
    school_id: UUID,
    request_id: UUID,
    item: ItemNumber,
    body: RedactBody,
    asker: Asker,
    key: Key,
    prefer: Prefer = None,
) -> Response | RequestDetail:
    """A file of its own, from which nothing can be read out; the original stays. Many pages: ask for it asynchronously."""
    asked = RedactItem(school_id=school_id, request_id=request_id, item=item, **dict(body))
    return await ordered(asker, asked, key) if is_wanted(prefer) else await asker.ask(asked, key)


@router.get("/{request_id}/items/{item}/file", summary="Download a collected file", **DOWNLOAD)
async def download_item(
    school_id: UUID, request_id: UUID, item: ItemNumber, asker: Asker, request: Request, redacted: bool = True
) -> Response:
    """As it was redacted, or the original with `redacted=false`."""
    asked = ReadRequestItem(school_id=school_id, request_id=request_id, item=item, is_redacted=redacted)
    made = await asker.ask(asked, str(uuid4()))
    return await file_answer(request, asker.reception.vault, made.file)


@router.post("/{request_id}/finishing", summary="Finish deciding", responses=ACT)
async def finish_access_request(
    school_id: UUID, request_id: UUID, body: FinishBody, asker: Asker, key: Key
) -> RequestDetail:
    """Once everything is decided and redacted; then it is locked."""
    return await asker.ask(FinishAccessRequest(school_id=school_id, request_id=request_id, **dict(body)), key)


@router.post("/{request_id}/reopening", summary="Decide again", responses=ACT)
async def reopen_access_request(
    school_id: UUID, request_id: UUID, body: VersionBody, asker: Asker, key: Key
) -> RequestDetail:
    """Before it is handed out."""
    asked = ReopenAccessRequest(school_id=school_id, request_id=request_id, version=body.version)
    return await asker.ask(asked, key)


@router.post("/{request_id}/answer", summary="Hand out", responses=ACT | LONG, response_model=RequestDetail)
async def answer_access_request(
    school_id: UUID, request_id: UUID, body: AnswerBody, asker: Asker, key: Key, prefer: Prefer = None
) -> Response | RequestDetail:
    """Makes one package; request and answer are kept as they are from then on."""
    asked = AnswerAccessRequest(school_id=school_id, request_id=request_id, **dict(body))
    return await ordered(asker, asked, key) if is_wanted(prefer) else await asker.ask(asked, key)


@router.get("/{request_id}/package", summary="Download the answer", **DOWNLOAD)
async def download_answer(school_id: UUID, request_id: UUID, asker: Asker, request: Request) -> Response:
    """A ZIP: the list of contents with what was refused, why, and the right to complain; then the files in its order."""
    made = await asker.ask(ReadRequestAnswer(school_id=school_id, request_id=request_id), str(uuid4()))
    return await file_answer(request, asker.reception.vault, made.file)


@router.post("/{request_id}/withdrawal", summary="Note that it was taken back", responses=ACT)
async def withdraw_access_request(
    school_id: UUID, request_id: UUID, body: WithdrawBody, asker: Asker, key: Key
) -> RequestDetail:
    """By whoever asked."""
    return await asker.ask(WithdrawAccessRequest(school_id=school_id, request_id=request_id, **dict(body)), key)
