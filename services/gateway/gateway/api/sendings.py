# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Everything that is sent, in one list: letters, forwardings, notices, digests, signature jobs (M20, M21, M22)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from heapq import merge
from itertools import islice
from typing import Annotated, Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.caller import Asker, Caller, Cursor, Limit, gathered
from gateway.api.signatures import require_document
from gateway.problems import documented
from sikkersak.contracts.notifier import ConsignmentKind, ConsignmentPage, ConsignmentState, ListConsignments
from sikkersak.contracts.signing import JobPage, ListJobs
from sikkersak.errors import Declined, Transient

router = APIRouter(tags=["letters"])
NOTHING: Final = "-"


class SendingKind(StrEnum):
    """What is being brought somewhere; signatures are asked of somebody."""

    LETTER = "letter"
    FORWARDING = "forwarding"
    REDIRECTION = "redirection"
    NOTICE = "notice"
    STAFF_MAIL = "staff_mail"
    STAFF_CARD = "staff_card"
    SIGNATURE = "signature"


class Sending(BaseModel):
    """One of them, in the words that all have in common. Its own address tells more, with every try."""

    model_config = ConfigDict(frozen=True)

    sending_id: UUID
    kind: SendingKind
    state: ConsignmentState
    code: str | None
    detail: str | None
    attempts: int
    next_try_at: datetime | None
    document_id: UUID | None
    school_id: UUID | None
    ordered_at: datetime
    changed_at: datetime


class SendingPage(BaseModel):
    """The newest first."""

    items: tuple[Sending, ...]
    next: str | None = None
    missing: tuple[str, ...] = Field(default=(), description="services that did not answer: theirs are not in the list")


class SendingFilter(BaseModel):
    """What is looked for."""

    kind: SendingKind | None = None
    state: ConsignmentState | None = None
    school_id: UUID | None = None
    document_id: UUID | None = None
    since: datetime | None = Field(default=None, description="ordered then or later")


class Found(NamedTuple):
    """One, and how its service goes on after it."""

    sending: Sending
    cursor: str


class Stream(NamedTuple):
    """What one service answered: its part of the page, and whether it has more. None when it did not answer."""

    found: Sequence[Found]
    has_more: bool


@router.get("/sendings", summary="Everything that is sent", responses=documented(400, 404))
async def list_sendings(
    asker: Asker,
    chosen: Annotated[SendingFilter, Depends(gathered(SendingFilter))],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> SendingPage:
    """For operators and those who follow sendings: waiting, trying, sent, delivered, declined, given up."""
    letters_after, jobs_after = _places(cursor)
    await require_document(asker, chosen.document_id)
    letters, jobs = await asyncio.gather(
        _consignments(asker, chosen, letters_after, limit), _jobs(asker, chosen, jobs_after, limit)
    )
    missing = tuple(name for name, stream in (("notifier", letters), ("signing", jobs)) if stream is None)
    if len(missing) == 2:
        raise Transient("neither notifier nor signing answers")
    return merged((letters, letters_after), (jobs, jobs_after), limit, missing)


def merged(
    letters: tuple[Stream | None, str], jobs: tuple[Stream | None, str], limit: int, missing: tuple[str, ...] = ()
) -> SendingPage:
    """One page of both, each with its place before; both keep their own order, and none is passed over."""
    parts = [(stream or Stream((), has_more=False), after) for stream, after in (letters, jobs)]
    marked = [[(found, number) for found in stream.found] for number, (stream, _) in enumerate(parts)]
    newest = merge(*marked, key=lambda one: one[0].sending.ordered_at, reverse=True)
    taken = list(islice(newest, limit))
    places, has_more = [], False
    for number, (stream, after) in enumerate(parts):
        own = [found for found, of in taken if of == number]
        places.append(own[-1].cursor if own else after)
        has_more = has_more or stream.has_more or len(own) < len(stream.found)
    following = "|".join(places) if has_more else None
    return SendingPage(items=tuple(found.sending for found, _ in taken), next=following, missing=missing)


async def _consignments(asker: Caller, chosen: SendingFilter, after: str, limit: int) -> Stream | None:
    if chosen.kind is SendingKind.SIGNATURE:
        return Stream((), has_more=False)
    asked = ListConsignments(
        kind=ConsignmentKind(chosen.kind.value) if chosen.kind else None,
        cursor=None if after == NOTHING else after,
        limit=limit,
        **chosen.model_dump(exclude={"kind"}),
    )
    try:
        page: ConsignmentPage = await asker.ask(asked)
    except Transient:
        return None
    found = [
        Found(Sending.model_validate({"sending_id": one.consignment_id, **one.model_dump()}), str(one.number))
        for one in page.items
    ]
    return Stream(found, page.next is not None)


async def _jobs(asker: Caller, chosen: SendingFilter, after: str, limit: int) -> Stream | None:
    if chosen.kind not in {None, SendingKind.SIGNATURE}:
        return Stream((), has_more=False)
    also = chosen.model_dump(exclude={"kind", "state"})
    asked = ListJobs(delivery=chosen.state, cursor=None if after == NOTHING else after, limit=limit, **also)
    try:
        page: JobPage = await asker.ask(asked)
    except Transient:
        return None
    kind = SendingKind.SIGNATURE
    found = [
        Found(
            Sending.model_validate(
                {**one.model_dump(), "sending_id": one.job_id, "kind": kind, "state": one.delivery, "next_try_at": None}
            ),
            str(one.job_id),
        )
        for one in page.items
    ]
    return Stream(found, page.next is not None)


def _places(cursor: str | None) -> tuple[str, str]:
    letters, _, jobs = (cursor or f"{NOTHING}|{NOTHING}").partition("|")
    try:
        jobs = jobs if jobs == NOTHING else str(UUID(jobs))
    except ValueError:
        jobs = ""
    if not jobs or not (letters == NOTHING or letters.isdecimal()):
        raise Declined("bad-cursor", "Siden finnes ikke.", status=422)
    return letters, jobs
