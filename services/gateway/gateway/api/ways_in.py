# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""The ways in for mail: what waits at SvarInn, mail brought in by hand, exports and reports for outages (M1, M5, M9)."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.caller import AnyAsker, Asker, Body, Caller, Key, MachineCaller
from gateway.api.files import BINARY, DOWNLOAD, LONGEST_NAME, file_answer, safe_media_type
from gateway.problems import ACT, documented
from sikkersak.contracts import values
from sikkersak.contracts.intake_ways_in import (
    BringingLimits,
    BringInMail,
    BroughtIn,
    ExportMail,
    ListReceivers,
    ListWaitingMail,
    MailExport,
    OutageReport,
    ReadBringingLimits,
    ReadMailExport,
    Receivers,
    RefuseWaitingMail,
    ReportOutage,
    ResumeReceiver,
    RetryWaitingMail,
    WaitingMail,
    WaitingMailPage,
)
from sikkersak.errors import Declined

router = APIRouter(tags=["mail"])
CREATED: Final = 201
ACCEPTED: Final = 202
PIECE: Final = 1 << 20
MOST_FILES: Final = 100


class RefusalBody(Body):
    """The confirmation of what cannot be undone."""

    confirmed_shipment_id: UUID = Field(description="the shipment's id once more")
    text: str = Field(min_length=10, max_length=300, description="shown to the sender; no personal data")


class ResumptionBody(Body):
    """Which receiving system to ask again."""

    system: str = Field(min_length=1, max_length=200)


class BroughtInBody(Body):
    """What is said about mail that is brought in; the files come beside it."""

    title: str = Field(min_length=1, max_length=300)
    sender: str = Field(min_length=1, max_length=200, description="who sent it in the first place")
    sender_is_person: bool = False
    receiver_organisation: str = Field(pattern=r"^\d{9}$", description="the school's organisation number")
    received_at: datetime | None = Field(default=None, description="when the general archive received it")
    origin_case_number: str | None = Field(default=None, max_length=40, description="its case number there")


def _multipart() -> dict[str, Any]:
    """Described by hand: the body is read only after it is known who sends it."""
    described = BroughtInBody.model_json_schema()
    file = {"type": "string", "format": "binary"}
    described["properties"]["files"] = {"type": "array", "items": file, "minItems": 1, "maxItems": MOST_FILES}
    described["required"].append("files")
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": described}}}}


MULTIPART: Final = _multipart()


@router.get("/waiting-mail", summary="Mail that waits at SvarInn")
async def list_waiting_mail(asker: Asker) -> WaitingMailPage:
    """Seen and not safe here yet, with why in plain words. For mail distributors."""
    return await asker.ask(ListWaitingMail())


@router.post("/waiting-mail/{mail_id}/retry", summary="Try waiting mail again", responses=ACT)
async def retry_waiting_mail(mail_id: UUID, asker: Asker, key: Key) -> WaitingMail:
    """At the next poll. For mail distributors."""
    return await asker.ask(RetryWaitingMail(mail_id=mail_id), key)


@router.post("/waiting-mail/{mail_id}/refusal", summary="Report a permanent failure", responses=ACT)
async def refuse_waiting_mail(mail_id: UUID, body: RefusalBody, asker: Asker, key: Key) -> WaitingMail:
    """It leaves SvarInn for Altinn, perhaps as paper, and cannot be called back. For mail distributors."""
    return await asker.ask(RefuseWaitingMail(mail_id=mail_id, **dict(body)), key)


@router.get("/receivers", summary="The receiving systems at SvarInn")
async def list_receivers(asker: Asker) -> Receivers:
    """When each was asked, what waits, and whether it is stopped. For mail distributors, administrators, operations."""
    return await asker.ask(ListReceivers())


@router.post("/receivers/resumption", summary="Ask a stopped receiving system again", responses=ACT)
async def resume_receiver(body: ResumptionBody, asker: Asker, key: Key) -> Receivers:
    """After its password was put right. For administrators and operations."""
    return await asker.ask(ResumeReceiver(system=body.system), key)


@router.post(
    "/brought-in-mail",
    summary="Bring in mail from the general archive",
    status_code=CREATED,
    responses=documented(400, 409, 413),
    openapi_extra=MULTIPART,
)
async def bring_in_mail(request: Request, asker: AnyAsker, key: Key) -> BroughtIn:
    """As if it were electronic mail; the answer has a text to paste where it came from (M5).

    The copies that were sent are gone when this returns. For mail distributors, administrators, and systems with `mail`.
    """
    await asker.ask(ReadBringingLimits())  # whoever may not do this sends nothing to the vault
    async with request.form(max_files=MOST_FILES, max_fields=20) as form:
        told = _told({name: value for name, value in form.multi_items() if isinstance(value, str)})
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if not files:
            raise Declined("upload-without-files", "Legg ved minst én fil.", status=422)
        holder = uuid5(asker.own_id, key)  # the same when it is tried again
        kept = tuple([await _kept(asker, file, holder) for file in files])
    kind = values.PartyKind.PERSON if told.sender_is_person else values.PartyKind.ORGANISATION
    asked = BringInMail(
        files=kept,
        title=told.title,
        sender=values.Party(kind=kind, name=told.sender),
        receiver_organisation=told.receiver_organisation,
        received_at=told.received_at,
        origin_case_number=told.origin_case_number,
    )
    try:
        return await asker.ask(asked, key)
    finally:
        for one in kept:
            await asker.reception.vault.delete(one.ref)


@router.get("/brought-in-mail/limits", summary="What can be brought in at once")
async def read_bringing_limits(asker: AnyAsker) -> BringingLimits:
    """For mail distributors, administrators, and systems with the scope `mail`."""
    return await asker.ask(ReadBringingLimits())


@router.post("/mail-exports", summary="Order an export of undistributed mail", status_code=ACCEPTED, responses=ACT)
async def export_mail(asker: Asker, key: Key) -> MailExport:
    """One encrypted package; its password is in this answer and nowhere else (M9). For mail distributors."""
    return await asker.ask(ExportMail(), key)


@router.get("/mail-exports/{export_id}", summary="Whether an export is ready", responses=documented(404))
async def read_mail_export(export_id: UUID, asker: Asker) -> MailExport:
    """With how much mail for each school. For mail distributors."""
    return await asker.ask(ReadMailExport(export_id=export_id))


@router.get("/mail-exports/{export_id}/package", summary="Download an export", **DOWNLOAD)
async def download_mail_export(export_id: UUID, asker: Asker, request: Request) -> Response:
    """A zip file with AES-256. For mail distributors."""
    made = await asker.ask(ReadMailExport(export_id=export_id))
    if made.file is None:
        raise Declined("export-not-ready", "Eksporten er ikke ferdig ennå. Prøv igjen om litt.")
    return await file_answer(request, asker.reception.vault, made.file)


@router.get("/outage-report", summary="What came in during an outage")
async def report_outage(
    asker: Asker,
    since: Annotated[datetime, Query(description="when it began")],
    until: Annotated[datetime, Query(description="when it ended")],
) -> OutageReport:
    """In numbers, for each school (M9). For mail distributors and operations."""
    return await asker.ask(ReportOutage(since=since, until=until))


def _told(fields: dict[str, str]) -> BroughtInBody:
    try:
        return BroughtInBody.model_validate({name: value for name, value in fields.items() if value})
    except ValidationError as wrong:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in wrong.errors()]) from wrong


async def _kept(asker: Caller | MachineCaller, file: UploadFile, holder: UUID) -> values.File:
    """One file, streamed to the vault, in a copy for this call. What it really is, is found out by whoever takes it in."""
    name = "".join(one for one in file.filename or "" if one.isprintable()).strip()[-LONGEST_NAME:]
    media_type = safe_media_type(file.content_type or BINARY)
    ref = await asker.reception.vault.put(_pieces(file), media_type, holder)
    return values.File(name=name or "dokument", media_type=media_type, ref=ref)


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE):
        yield piece
