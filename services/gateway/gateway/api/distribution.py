# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Distributing mail further: splitting, undoing, sending back, the register of senders, the paper register (M6-M8)."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from gateway.api.caller import Asker, Body, Cursor, Key, Limit
from gateway.problems import ACT, documented
from sikkersak.contracts.cases_mail import CaseSuggestions, SuggestCases
from sikkersak.contracts.intake import ListPlanVersions, MailPage, MailSummary, PlanVersions, ReadMail
from sikkersak.contracts.intake_distribution import (
    AddPaper,
    ChangePaper,
    JoinMail,
    KnownSenders,
    ListPapers,
    ListSenders,
    MailPart,
    Paper,
    PaperPage,
    PaperState,
    ReadMailText,
    RestoreMail,
    SendBackMail,
    ShredPapers,
    SplitMail,
    UndoMail,
)

router = APIRouter(tags=["mail"])
CREATED: Final = 201
PERSON: Final = 11  # digits
LONGEST_TEXT: Final = 20_000


class SplittingBody(Body):
    """Which documents become mail of their own. One that concerns several is named in several parts."""

    parts: tuple[MailPart, ...] = Field(min_length=1, max_length=50)


class ReturnBody(Body):
    """What the sender is told."""

    reason: str = Field(min_length=3, max_length=500)


class PaperBody(Body):
    """Paper that is kept. No names: the reference is a case number, or what else finds it."""

    reference: str = Field(min_length=1, max_length=100)
    place: str = Field(min_length=1, max_length=200)
    kept_since: date
    shred_from: date | None = Field(default=None, description="none is a month after `kept_since`")


class PaperChangeBody(Body):
    """What is left out stays as it is."""

    place: str | None = Field(default=None, min_length=1, max_length=200)
    shred_from: date | None = None


class ShreddingBody(Body):
    """What was shredded, and when."""

    paper_ids: tuple[UUID, ...] = Field(min_length=1, max_length=200)
    shredded_on: date


@router.post("/mail/{mail_id}/splitting", summary="Split a shipment", responses=ACT)
async def split_mail(mail_id: UUID, body: SplittingBody, asker: Asker, key: Key) -> MailPage:
    """Each part is mail of its own; the answer is the whole, with what stays in it, and the parts (M7)."""
    return await asker.ask(SplitMail(mail_id=mail_id, parts=body.parts), key)


@router.post("/mail/{mail_id}/joining", summary="Put a part back", responses=ACT)
async def join_mail(mail_id: UUID, asker: Asker, key: Key) -> MailSummary:
    """The part is gone, and the whole has its documents again."""
    return await asker.ask(JoinMail(mail_id=mail_id), key)


@router.post("/mail/{mail_id}/undoing", summary="Undo a distribution", responses=ACT)
async def undo_mail(mail_id: UUID, asker: Asker, key: Key) -> MailSummary:
    """A registration or a forwarding, until `undo_until`."""
    return await asker.ask(UndoMail(mail_id=mail_id), key)


@router.post("/mail/{mail_id}/restoration", summary="Take up what was set aside", responses=ACT)
async def restore_mail(mail_id: UUID, asker: Asker, key: Key) -> MailSummary:
    """Until its content is removed."""
    return await asker.ask(RestoreMail(mail_id=mail_id), key)


@router.post("/mail/{mail_id}/return", summary="Send back to the sender", responses=ACT)
async def send_back_mail(mail_id: UUID, body: ReturnBody, asker: Asker, key: Key) -> MailSummary:
    """Through SvarUt, to the organisation that sent it, with the reason."""
    return await asker.ask(SendBackMail(mail_id=mail_id, reason=body.reason), key)


@router.get("/mail/{mail_id}/suggestions", summary="Cases it may belong in", responses=documented(404))
async def suggest_cases(mail_id: UUID, asker: Asker) -> CaseSuggestions:
    """What it answers, names, or is about (M7). The plan's suggestion stands in the mail itself."""
    mail = await asker.ask(ReadMail(mail_id=mail_id))
    read = await asker.ask(ReadMailText(mail_id=mail_id))
    is_number = mail.sender.national_id is not None and len(mail.sender.national_id) == PERSON
    return await asker.ask(
        SuggestCases(
            text="\n".join((mail.summary.title, *(one.file.name for one in mail.attachments), read.text))[
                :LONGEST_TEXT
            ],
            sender_number=mail.sender.national_id if is_number else None,
            case_number=mail.named_case,
            replies_to=mail.replies_to,
        )
    )


@router.get("/senders", summary="The register of senders")
async def list_senders(
    asker: Asker,
    query: Annotated[str, Query(min_length=2, max_length=100, description="a part of the name or the number")],
    limit: Limit = 20,
) -> KnownSenders:
    """Organisations that have sent mail before (M8). For mail distributors."""
    return await asker.ask(ListSenders(query=query, limit=limit))


@router.get("/plan/versions", summary="Versions of the distribution plan")
async def list_plan_versions(asker: Asker) -> PlanVersions:
    """Who changed it, when, and from when it counts (M7)."""
    return await asker.ask(ListPlanVersions())


@router.get("/schools/{school_id}/papers", summary="The paper register")
async def list_papers(
    school_id: UUID, asker: Asker, state: PaperState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> PaperPage:
    """What is due for shredding first (M6). For the school's leaders and mail distributors."""
    return await asker.ask(ListPapers(school_id=school_id, state=state, cursor=cursor, limit=limit))


@router.post("/schools/{school_id}/papers", summary="Note paper", status_code=CREATED, responses=ACT)
async def add_paper(school_id: UUID, body: PaperBody, asker: Asker, key: Key) -> Paper:
    """Scans are noted by themselves when they are registered; this is for the rest."""
    return await asker.ask(AddPaper(school_id=school_id, **dict(body)), key)


@router.post("/schools/{school_id}/papers/{paper_id}/change", summary="Move paper, or keep it longer", responses=ACT)
async def change_paper(school_id: UUID, paper_id: UUID, body: PaperChangeBody, asker: Asker, key: Key) -> Paper:
    """Paper that is kept longer is reminded of anew when its day comes."""
    return await asker.ask(ChangePaper(school_id=school_id, paper_id=paper_id, **dict(body)), key)


@router.post("/schools/{school_id}/papers/shredding", summary="Record that paper was shredded", responses=ACT)
async def shred_papers(school_id: UUID, body: ShreddingBody, asker: Asker, key: Key) -> PaperPage:
    """By whoever says so. Refused for paper whose day has not come."""
    return await asker.ask(ShredPapers(school_id=school_id, **dict(body)), key)
