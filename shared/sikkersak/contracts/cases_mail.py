"""Which case a piece of mail may belong in: what cases answers the distributor (M7)."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.cases import CaseStatus
from sikkersak.contracts.message import Contract, Operation


class Likeness(StrEnum):
    """Why a case is suggested, the surest first."""

    REPLY = "reply"  # it answers a letter from that case
    CASE_NUMBER = "case_number"  # it names the case
    NATIONAL_ID = "national_id"  # it is from the pupil, or names the pupil's number
    NAME = "name"  # it names the pupil


class SuggestedCase(Contract):
    """A case that mail may belong in. Who looks at the list may know of every case, not what is in it."""

    case_id: UUID
    number: str
    title: str
    case_type: str
    status: CaseStatus
    school_id: UUID
    pupil_id: UUID | None
    because: Likeness


class SuggestedPupil(Contract):
    """A pupil whom mail may be about."""

    pupil_id: UUID
    name: str
    school_id: UUID
    because: Likeness


class CaseSuggestions(Contract):
    """Open cases before closed ones, the surest first; and pupils, for a new case."""

    cases: tuple[SuggestedCase, ...]
    pupils: tuple[SuggestedPupil, ...]


class SuggestCases(Operation[CaseSuggestions], name="cases.suggest_cases.v1"):
    """Which cases a piece of mail may belong in, by what is known of it. For mail distributors."""

    text: str = Field(default="", max_length=20_000, description="the title, and what else the mail says")
    sender_number: str | None = Field(default=None, pattern=r"^\d{11}$")
    case_number: str | None = Field(default=None, max_length=40)
    replies_to: UUID | None = Field(default=None, description="the shipment that it answers")
