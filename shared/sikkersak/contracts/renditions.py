"""What archiver tells of archive renditions, and what a person may decide where there is none (M24)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.values import File


class RenditionState(StrEnum):
    """Where one document is on its way to PDF/A."""

    WAITING = "waiting"
    MADE = "made"
    REFUSED = "refused"  # a person must decide
    LEFT_OUT = "left_out"  # a person decided that it is not archived


class Choice(StrEnum):
    """What a person may decide for a document that could not be rendered."""

    OTHER_FILE = "other_file"
    PASSWORD = "password"  # noqa: S105 – a choice's name
    ACCEPT_DIFFERENCE = "accept_difference"
    NOTICE_PAGE = "notice_page"
    LEAVE_OUT = "leave_out"


class RenditionTry(Contract):
    """One step of the ladder, tried."""

    at: datetime
    number: int = Field(description="tries of the same rendering have the same number")
    rung: str
    reason: str
    flavour: str | None
    validator: str | None
    is_valid: bool | None
    failed_rules: tuple[str, ...]
    words_kept: float | None = Field(description="share of the words found again; none when there are none")
    pages_that_differ: int | None


class Chosen(Contract):
    """What a person decided, and why."""

    at: datetime
    choice: Choice
    reason: str
    chosen_by: UUID
    code: str | None = Field(description="what was wrong before")


class DocumentRendition(Contract):
    """One document of a delivery, and how its rendition came to be. Without titles and file names."""

    document_key: UUID
    is_main: bool
    holder_key: UUID | None = Field(description="the document that this one lay inside")
    media_type: str
    state: RenditionState
    flavour: str | None = None
    rung: str | None = None
    validator: str | None = Field(default=None, description="with its version")
    pages: int | None = None
    words_kept: float | None = None
    notes: tuple[str, ...] = Field(default=(), description="what was changed or left out, in words")
    code: str | None = None
    detail: str | None = Field(default=None, description="why there is none, in words")
    choices: tuple[Choice, ...] = Field(default=(), description="what may be decided now")
    tries: tuple[RenditionTry, ...] = ()
    chosen: tuple[Chosen, ...] = ()


class Renditions(Contract):
    """Every document of a delivery that has been looked at; those found inside others after the others."""

    documents: tuple[DocumentRendition, ...]


class ReadRenditions(Operation[Renditions], name="archiver.read_renditions.v1"):
    """How each document of a delivery became PDF/A, or why not. Rights as the archive log."""

    delivery_id: UUID


class ChooseRendition(Operation[Renditions], name="archiver.choose_rendition.v1", changes=True):
    """Decide for a document that could not be rendered; the delivery is then tried again. Administrators, distributors."""

    delivery_id: UUID
    document_key: UUID
    choice: Choice
    reason: str = Field(min_length=3, max_length=500)
    password: str | None = Field(default=None, max_length=200, repr=False, description="used once, kept nowhere")
    file: File | None = Field(default=None, description="the other file, in the vault already")
