# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""The public journal (M19)."""

from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.caller import Asker, Cursor, Limit
from gateway.api.files import DOWNLOAD, file_answer
from sikkersak.contracts.cases_journal import ExportPublicJournal, JournalFormat, JournalPage, ReadPublicJournal

router = APIRouter(prefix="/public-journal", tags=["journal"])
FirstDay = Annotated[date, Query(description="the first day, in Norway", examples=["2026-09-01"])]
LastDay = Annotated[date, Query(description="the last day", examples=["2026-09-30"])]
School = Annotated[UUID | None, Query(description="one school's; leaves out those that may not be placed at one")]
Internal = Annotated[bool, Query(description="internal documents too; the law leaves them to the municipality")]
Language = Annotated[str, Query(pattern=r"^(nb|nn|en)$")]


@router.get("", summary="The public journal")
async def read_public_journal(
    from_date: FirstDay,
    to_date: LastDay,
    asker: Asker,
    school_id: School = None,
    internal_too: Internal = True,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> JournalPage:
    """Registry entries of a period, with public titles, without names on what is exempt."""
    asked = ReadPublicJournal(
        from_date=from_date,
        to_date=to_date,
        school_id=school_id,
        internal_too=internal_too,
        cursor=cursor,
        limit=limit,
    )
    return await asker.ask(asked)


@router.get("/file", summary="The public journal as a file", **DOWNLOAD)
async def download_public_journal(
    from_date: FirstDay,
    to_date: LastDay,
    asker: Asker,
    request: Request,
    school_id: School = None,
    internal_too: Internal = True,
    format: JournalFormat = JournalFormat.PDF,  # noqa: A002 - the word that callers know
    language: Language = "nb",
) -> Response:
    """All of the period as PDF, HTML or CSV, for publishing; that it was made leaves a row in the audit log."""
    asked = ExportPublicJournal(
        from_date=from_date,
        to_date=to_date,
        school_id=school_id,
        internal_too=internal_too,
        format=format,
        language=language,
    )
    made = await asker.ask(asked, str(uuid4()))
    return await file_answer(request, asker.reception.vault, made.file)
