# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""The audit log: who has seen a case, search, signed extracts (M18)."""

from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.caller import Asker, Body, Key, Limit
from gateway.api.files import DOWNLOAD, file_answer
from gateway.api.runs import LONG, Prefer, ordered
from gateway.problems import documented
from gateway.runs import is_wanted
from sikkersak.contracts.cases_audit import (
    AuditExport,
    AuditExportList,
    AuditFilter,
    AuditRecordPage,
    CaseReaderList,
    ExportAudit,
    ListAuditExports,
    ListCaseReaders,
    ReadAuditExport,
    SearchAudit,
)
from sikkersak.errors import NotFound

router = APIRouter(tags=["audit"])
CREATED = 201
Number = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before")]
ExportName = Annotated[
    str, Path(pattern=r"^([0-9]{4}-[0-9]{2}|[0-9a-f-]{36})$", description="a month, or an extract's id")
]


class ExtractBody(Body):
    """Which rows."""

    wanted: AuditFilter


@router.get("/cases/{case_id}/readers", summary="Who has seen this case", responses=documented(404))
async def list_case_readers(case_id: UUID, asker: Asker) -> CaseReaderList:
    """How often, which documents, and by what access. For school leaders of the school."""
    return await asker.ask(ListCaseReaders(case_id=case_id))


@router.get("/audit", summary="Search the audit log")
async def search_audit(
    asker: Asker,
    actor_id: Annotated[UUID | None, Query(description="who did it")] = None,
    act: Annotated[str | None, Query(max_length=60, description="for example case-read")] = None,
    case_id: UUID | None = None,
    document_id: UUID | None = None,
    staff_id: Annotated[UUID | None, Query(description="whom it was about")] = None,
    grant_id: Annotated[UUID | None, Query(description="read by this extraordinary access")] = None,
    from_date: date | None = None,
    to_date: date | None = None,
    cursor: Number = None,
    limit: Limit = 100,
) -> AuditRecordPage:
    """Newest first. Searching leaves a row too."""
    wanted = AuditFilter(
        actor_id=actor_id,
        act=act,
        case_id=case_id,
        document_id=document_id,
        staff_id=staff_id,
        grant_id=grant_id,
        from_date=from_date,
        to_date=to_date,
    )
    return await asker.ask(SearchAudit(wanted=wanted, cursor=cursor, limit=limit))


@router.get("/audit/exports", summary="Months and extracts of the audit log")
async def list_audit_exports(asker: Asker) -> AuditExportList:
    """Finished months by themselves, extracts as somebody made them."""
    return await asker.ask(ListAuditExports())


@router.post(
    "/audit/exports",
    summary="Make an extract",
    status_code=CREATED,
    responses=documented(400, 409) | LONG,
    response_model=AuditExport,
)
async def export_audit(body: ExtractBody, asker: Asker, key: Key, prefer: Prefer = None) -> Response | AuditExport:
    """Of the rows that match, as one signed file."""
    asked = ExportAudit(wanted=body.wanted)
    return await ordered(asker, asked, key) if is_wanted(prefer) else await asker.ask(asked, key)


@router.get("/audit/exports/{export}/file", summary="Download an extract", **DOWNLOAD)
async def download_audit_export(export: ExportName, asker: Asker, request: Request) -> Response:
    """Rows, signed manifest, public key and how to check them, in one ZIP file."""
    made = await asker.ask(ReadAuditExport(export=export), str(uuid4()))
    if made.file is None:
        raise NotFound("file")
    return await file_answer(request, asker.reception.vault, made.file)
