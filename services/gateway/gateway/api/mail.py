# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""The distributor's inbox and the distribution plan (M1-M8)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.caller import Asker, Body, Cursor, IfRead, Key, Limit, tagged, unquoted
from gateway.api.files import DOWNLOAD, file_answer
from gateway.problems import ACT, documented
from sikkersak.contracts.intake import (
    DiscardMail,
    ForwardMail,
    ListMail,
    MailDetail,
    MailPage,
    MailState,
    MailSummary,
    Plan,
    PlanEntry,
    PutPlan,
    ReadMail,
    ReadPlan,
    Registering,
    RegisterMail,
)
from sikkersak.contracts.values import AccessAssessment, Party
from sikkersak.errors import Declined, NotFound

router = APIRouter(tags=["mail"])


class RegistrationBody(Body):
    """Where the mail goes: an open case, or a new one of the plan's type (M7, M8)."""

    school_id: UUID
    case_id: UUID | None = Field(default=None, description="the open case; none opens a new one")
    pupil_id: UUID | None = None
    case_title: str | None = Field(default=None, max_length=300)
    case_type: str = Field(default="pupil", max_length=60)
    responsible_id: UUID | None = Field(default=None, description="main caseworker of a new case")
    document_title: str | None = Field(default=None, max_length=300, description="none keeps the sender's title")
    document_date: date | None = None
    category: str = Field(default="incoming-letter", max_length=60)
    access: AccessAssessment = AccessAssessment()
    leave_out: tuple[UUID, ...] = Field(
        default=(), description="attachments that cannot be used and stay with the mail"
    )
    received_on: date | None = Field(default=None, description="another day than the shipment says, as for paper")
    sender: Party | None = Field(
        default=None, description="by hand or from the register; none keeps the shipment's own"
    )
    registering: Registering = Registering.INCOMING
    is_withheld: bool = Field(default=False, description="the public journal shows no part of its title")
    recipients: tuple[UUID, ...] = Field(
        default=(), max_length=20, description="who is told; a new case is opened to them, the first is responsible"
    )
    is_reopening: bool = Field(
        default=False, description="to a closed case, which is opened again; asks for the right to open closed cases"
    )


class ForwardingBody(Body):
    """The general archive's case, where it is known; or another organisation, through SvarUt (M4)."""

    archive_case_number: str | None = Field(default=None, max_length=40)
    to_organisation: str | None = Field(
        default=None, pattern=r"^\d{9}$", description="none is the general archive's mailbox"
    )
    to_name: str | None = Field(default=None, max_length=100)
    remark: str | None = Field(default=None, max_length=500, description="what the receiver is told")


class DiscardingBody(Body):
    """Why it is set aside."""

    reason: str = Field(min_length=3, max_length=500)


class PlanBody(Body):
    """The whole plan; what is left out is out."""

    entries: tuple[PlanEntry, ...] = Field(max_length=2000)
    valid_from: datetime | None = Field(default=None, description="when it begins to count; none is now")
    remark: str | None = Field(default=None, max_length=500)
    based_on: int | None = Field(
        default=None, description="the newest version there was; refused when there is a newer"
    )


@router.get("/mail", summary="The inbox")
async def list_mail(asker: Asker, state: MailState | None = None, cursor: Cursor = None, limit: Limit = 50) -> MailPage:
    """Oldest first. For mail distributors."""
    return await asker.ask(ListMail(state=state, cursor=cursor, limit=limit))


@router.get("/mail/{mail_id}", summary="One piece of mail", responses=documented(404))
async def read_mail(mail_id: UUID, asker: Asker) -> MailDetail:
    """With attachments and the plan's suggestion. For mail distributors."""
    return await asker.ask(ReadMail(mail_id=mail_id))


@router.get("/mail/{mail_id}/attachments/{attachment_id}", summary="Download an attachment", **DOWNLOAD)
async def download_attachment(mail_id: UUID, attachment_id: UUID, asker: Asker, request: Request) -> Response:
    """The file as it came."""
    mail = await asker.ask(ReadMail(mail_id=mail_id))
    if mail.summary.content_removed_at is not None:
        raise Declined("content-removed", "Innholdet er slettet etter fristen.")
    for attachment in mail.attachments:
        if attachment.attachment_id == attachment_id:
            return await file_answer(request, asker.reception.vault, attachment.file)
    raise NotFound("attachment")


@router.post("/mail/{mail_id}/registration", summary="Register and distribute", responses=ACT)
async def register_mail(mail_id: UUID, body: RegistrationBody, asker: Asker, key: Key) -> MailSummary:
    """The mail is `registering` until it stands in its case."""
    return await asker.ask(RegisterMail(mail_id=mail_id, **dict(body)), key)


@router.post("/mail/{mail_id}/forwarding", summary="Send to the general archive", responses=ACT)
async def forward_mail(mail_id: UUID, body: ForwardingBody, asker: Asker, key: Key) -> MailSummary:
    """It does not belong here: to the general archive, encrypted, or to another organisation (M4)."""
    return await asker.ask(ForwardMail(mail_id=mail_id, **dict(body)), key)


@router.post("/mail/{mail_id}/discarding", summary="Set aside", responses=ACT)
async def discard_mail(mail_id: UUID, body: DiscardingBody, asker: Asker, key: Key) -> MailSummary:
    """With a reason; the mail is kept for a time, and can be restored."""
    return await asker.ask(DiscardMail(mail_id=mail_id, **dict(body)), key)


@router.get("/plan", summary="The distribution plan", responses=documented(404))
async def read_plan(
    asker: Asker,
    response: Response,
    version: Annotated[int | None, Query(ge=1, description="none is the one in force")] = None,
) -> Plan:
    """Which school and whom the mail to an organisation number goes to (M7), with its tag as ETag."""
    plan = await asker.ask(ReadPlan(version=version))
    tagged(response, plan.tag)
    return plan


@router.put("/plan", summary="Replace the distribution plan", responses=documented(412, 428))
async def put_plan(body: PlanBody, asker: Asker, response: Response, version: IfRead) -> Plan:
    """A new version; none is ever changed. For administrators."""
    plan = await asker.ask(PutPlan(**dict(body), if_match=unquoted(version)))
    tagged(response, plan.tag)
    return plan
