"""What else is asked of intake when mail is distributed: splitting, undoing, sending back, senders, paper (M6-M8)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.intake import MailPage, MailSummary
from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.values import PartyKind


class MailPart(Contract):
    """Some of a shipment's documents. One that concerns several is named in several parts."""

    attachments: tuple[UUID, ...] = Field(min_length=1, max_length=200)
    title: str | None = Field(default=None, max_length=300, description="none keeps the shipment's")


class SplitMail(Operation[MailPage], name="intake.split_mail.v1", changes=True):
    """Makes mail of its own of each part; what is in none stays. The answer is all of them. For mail distributors."""

    mail_id: UUID
    parts: tuple[MailPart, ...] = Field(min_length=1, max_length=50)


class JoinMail(Operation[MailSummary], name="intake.join_mail.v1", changes=True):
    """Puts a part back where it was split from; the answer is the whole. For mail distributors."""

    mail_id: UUID


class UndoMail(Operation[MailSummary], name="intake.undo_mail.v1", changes=True):
    """Takes a registration or a forwarding back while it has not been carried out. For mail distributors."""

    mail_id: UUID


class RestoreMail(Operation[MailSummary], name="intake.restore_mail.v1", changes=True):
    """Takes up again what was set aside, until it is removed. For mail distributors."""

    mail_id: UUID


class SendBackMail(Operation[MailSummary], name="intake.send_back_mail.v1", changes=True):
    """It was not meant for us: back to the organisation that sent it, through SvarUt. For mail distributors."""

    mail_id: UUID
    reason: str = Field(min_length=3, max_length=500, description="what the sender is told")


class MailText(Contract):
    """What could be read on the first pages of its files; empty where nothing could."""

    text: str


class ReadMailText(Operation[MailText], name="intake.read_mail_text.v1"):
    """The text that sorting saw, to find the pupil and the case by. For mail distributors."""

    mail_id: UUID


class KnownSender(Contract):
    """An organisation that has sent mail before."""

    kind: PartyKind = PartyKind.ORGANISATION
    name: str
    organisation: str
    last_at: datetime


class KnownSenders(Contract):
    """Those that match, the latest first."""

    items: tuple[KnownSender, ...]


class ListSenders(Operation[KnownSenders], name="intake.list_senders.v1"):
    """The register of senders: organisations, by a part of the name or of the number. For mail distributors."""

    query: str = Field(min_length=2, max_length=100)
    limit: int = Field(default=20, ge=1, le=200)


# --- paper, which M6 is about


class PaperState(StrEnum):
    """Where paper is on its way to the shredder."""

    KEPT = "kept"
    DUE = "due"
    SHREDDED = "shredded"


class Paper(Contract):
    """Paper that was scanned: where it lies, since when, from when it can be shredded, who did it."""

    paper_id: UUID
    school_id: UUID
    state: PaperState
    reference: str = Field(description="the case number or whatever else finds it; never a name")
    place: str
    kept_since: date
    shred_from: date
    mail_id: UUID | None = None
    shredded_on: date | None = None
    shredded_by: UUID | None = None


class PaperPage(Contract):
    """Paper, what is due first; `next` continues it."""

    items: tuple[Paper, ...]
    next: str | None = None


class ListPapers(Operation[PaperPage], name="intake.list_papers.v1"):
    """A school's paper register."""

    school_id: UUID
    state: PaperState | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class AddPaper(Operation[Paper], name="intake.add_paper.v1", changes=True):
    """Note paper that is kept at the school."""

    school_id: UUID
    reference: str = Field(min_length=1, max_length=100)
    place: str = Field(min_length=1, max_length=200)
    kept_since: date
    shred_from: date | None = Field(default=None, description="none is a month after `kept_since`")


class ChangePaper(Operation[Paper], name="intake.change_paper.v1", changes=True):
    """Move it, or keep it longer."""

    school_id: UUID
    paper_id: UUID
    place: str | None = Field(default=None, min_length=1, max_length=200)
    shred_from: date | None = None


class ShredPapers(Operation[PaperPage], name="intake.shred_papers.v1", changes=True):
    """Record that paper was shredded: by whoever says so, on that day. Refused before its day."""

    school_id: UUID
    paper_ids: tuple[UUID, ...] = Field(min_length=1, max_length=200)
    shredded_on: date


class ShreddingDue(Message, type="intake.paper.shredding_due.v1"):
    """Fact: paper at a school can be shredded from today, or could long ago (M6, M22)."""

    school_id: UUID
    papers: int
