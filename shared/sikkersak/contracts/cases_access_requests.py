"""Requests for access (innsynskrav): registered, collected, decided, redacted, handed out (M19)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.archiver import DeliveryState, JournalNumber
from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.values import File

Entry = Annotated[str, Field(pattern=r"^[0-9]{4}/[0-9]{1,9}-[0-9]{1,9}$")]


class RequestBasis(StrEnum):
    """The law that somebody asks by; the answer names the way to complain that goes with it."""

    PUBLIC = "public"  # offentleglova § 3: everybody
    PARTY = "party"  # forvaltningsloven § 18: a party to the case
    DATA_SUBJECT = "data_subject"  # GDPR art. 15: whom it is about


class RequestState(StrEnum):
    """Where a request is on its way."""

    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    DECIDED = "decided"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class ItemDecision(StrEnum):
    """What is decided of one file."""

    GIVE = "give"
    REDACT = "redact"
    REFUSE = "refuse"


class AnswerChannel(StrEnum):
    """How the answer went out."""

    LETTER = "letter"
    EMAIL = "email"
    COLLECTED = "collected"


class Requester(Contract):
    """Who asks. Whoever asks by offentleglova need not say who they are."""

    name: str = Field(default="", max_length=200)
    reached_by: str = Field(min_length=3, max_length=300, description="e-mail, postal address or telephone")


class RequestDossier(Contract):
    """What is sealed of a request."""

    requester: Requester
    wanted: str


class RequestSummary(Contract):
    """One line of the list of requests."""

    request_id: UUID
    number: str
    school_id: UUID
    basis: RequestBasis
    state: RequestState
    version: int
    received_at: datetime
    deadline: date = Field(description="the last working day to answer on")
    working_days_left: int = Field(description="the clock: below 0 it is late; 0 is the last day")
    items: int
    undecided: int


class RequestItem(Contract):
    """One file of a document that was collected. Of what the reader may not see, only that it is there."""

    item: int
    document_id: UUID
    position: int
    is_visible: bool
    case_number: str | None
    title: str | None
    file: File | None
    is_exempt: bool | None
    assessed_basis: str | None = Field(description="the paragraph of the document's own access assessment")
    decision: ItemDecision | None
    legal_basis: str | None
    reason: str | None
    is_extended_considered: bool
    is_redacted: bool
    problem: str | None = Field(default=None, description="why it cannot be handed out like this: a code")


class EntryKind(StrEnum):
    """Which of a request's two registry entries."""

    REQUEST = "request"  # what was asked: incoming
    ANSWER = "answer"  # the decision, with what was handed out: outgoing


class RequestEntry(Contract):
    """A registry entry that the request became, in a case of its own, and how far it is on its way into the archive."""

    kind: EntryKind
    document_id: UUID
    case_id: UUID
    case_number: str
    entry: str = Field(description="case number and the entry's number in it, as the public journal writes it")
    archive: DeliveryState | None = None
    archive_code: str | None = None
    journal: JournalNumber | None = Field(default=None, description="as the archive numbers it; none: not known yet")


class RequestDetail(Contract):
    """A request with what was collected, in the order of the answer."""

    summary: RequestSummary
    requester: Requester
    wanted: str
    language: str
    items: tuple[RequestItem, ...]
    remark: str | None
    decided_by: UUID | None
    decided_at: datetime | None
    channel: AnswerChannel | None
    answered_by: UUID | None
    answered_at: datetime | None
    entries: tuple[RequestEntry, ...] = Field(default=(), description="its registry entries: the request, the answer")


class RequestPage(Contract):
    """Requests of one school, newest first."""

    items: tuple[RequestSummary, ...]
    next: str | None = None


class RegisterAccessRequest(Operation[RequestDetail], name="cases.register_access_request.v1", changes=True):
    """Somebody asks for access. For those who answer at the school, and mail distributors."""

    school_id: UUID
    requester: Requester
    wanted: str = Field(min_length=3, max_length=5000)
    basis: RequestBasis = RequestBasis.PUBLIC
    received_on: date | None = Field(default=None, description="today where not given")
    working_days: int = Field(default=3, ge=1, le=30, description="five without an answer count as a refusal by law")
    language: str = Field(default="nb", pattern=r"^(nb|nn|en)$")


class ListAccessRequests(Operation[RequestPage], name="cases.list_access_requests.v1"):
    """The school's requests with their clocks."""

    school_id: UUID
    state: RequestState | None = None
    cursor: UUID | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ReadAccessRequest(Operation[RequestDetail], name="cases.read_access_request.v1"):
    """One request."""

    school_id: UUID
    request_id: UUID


class CollectDocuments(Operation[RequestDetail], name="cases.collect_documents.v1", changes=True):
    """Add finished documents: of cases, by entries of the journal, by id, or what a search finds; only what one may see."""

    school_id: UUID
    request_id: UUID
    version: int = Field(ge=1, description="the one that was read")
    case_ids: tuple[UUID, ...] = Field(default=(), max_length=20)
    entries: tuple[Entry, ...] = Field(default=(), max_length=100, description="as the journal writes them: 2026/12-3")
    document_ids: tuple[UUID, ...] = Field(default=(), max_length=100)
    query: str | None = Field(default=None, min_length=2, max_length=200)


class RemoveItem(Operation[RequestDetail], name="cases.remove_request_item.v1", changes=True):
    """It was not what was asked for."""

    school_id: UUID
    request_id: UUID
    version: int = Field(ge=1)
    item: int = Field(ge=1)


class DecideItem(Operation[RequestDetail], name="cases.decide_request_item.v1", changes=True):
    """Give, give redacted, or refuse; what is kept back has a paragraph and a reason."""

    school_id: UUID
    request_id: UUID
    version: int = Field(ge=1)
    item: int = Field(ge=1)
    decision: ItemDecision
    legal_basis: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=2000)
    is_extended_considered: bool = Field(
        default=False, description="meroffentlighet, offentleglova § 11, was considered"
    )


class RedactionArea(Contract):
    """A rectangle on a page (from 1), in points from the page's upper left corner."""

    page: int = Field(ge=1, le=1000)
    x: float = Field(ge=0, le=20_000)
    y: float = Field(ge=0, le=20_000)
    width: float = Field(gt=0, le=20_000)
    height: float = Field(gt=0, le=20_000)


class RedactItem(Operation[RequestDetail], name="cases.redact_request_item.v1", changes=True):
    """A redacted file beside the original, made anew each time from the whole original."""

    school_id: UUID
    request_id: UUID
    version: int = Field(ge=1)
    item: int = Field(ge=1)
    words: tuple[str, ...] = Field(default=(), max_length=200)
    areas: tuple[RedactionArea, ...] = Field(default=(), max_length=500)


class RequestFile(Contract):
    """A file of a request."""

    file: File


class ReadRequestItem(Operation[RequestFile], name="cases.read_request_item.v1", changes=True):
    """A collected file as it is, or as it was redacted; that it was looked at leaves a row."""

    school_id: UUID
    request_id: UUID
    item: int = Field(ge=1)
    is_redacted: bool = True


class FinishAccessRequest(Operation[RequestDetail], name="cases.finish_access_request.v1", changes=True):
    """Everything is decided; nothing of it changes until it is handed out or opened again."""

    school_id: UUID
    request_id: UUID
    version: int = Field(ge=1)
    remark: str = Field(
        default="", max_length=2000, description="stands in the answer; demanded where nothing was found"
    )


class ReopenAccessRequest(Operation[RequestDetail], name="cases.reopen_access_request.v1", changes=True):
    """Back to deciding, before it is handed out."""

    school_id: UUID
    request_id: UUID
    version: int = Field(ge=1)


class AnswerAccessRequest(Operation[RequestDetail], name="cases.answer_access_request.v1", changes=True):
    """Make the package that is handed out; from then on request and answer are kept as they are."""

    school_id: UUID
    request_id: UUID
    version: int = Field(ge=1)
    channel: AnswerChannel


class ReadRequestAnswer(Operation[RequestFile], name="cases.read_request_answer.v1", changes=True):
    """The package; that it was fetched leaves a row."""

    school_id: UUID
    request_id: UUID


class WithdrawAccessRequest(Operation[RequestDetail], name="cases.withdraw_access_request.v1", changes=True):
    """Whoever asked takes it back."""

    school_id: UUID
    request_id: UUID
    version: int = Field(ge=1)
    remark: str = Field(min_length=3, max_length=2000)
