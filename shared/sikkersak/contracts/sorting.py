"""What intake says and answers about its sorting rules: rule sets, their trial, and what a decision rests on (M2–M4)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from sikkersak.contracts.message import Contract


class Belonging(StrEnum):
    """Where the sorting rules think a piece of mail belongs (M2, M3)."""

    HERE = "here"
    GENERAL_ARCHIVE = "general_archive"
    FOR_A_PERSON = "for_a_person"


class SortingField(StrEnum):
    """What a rule can look at."""

    SENDER_NUMBER = "sender_number"
    SENDER_NAME = "sender_name"
    RECEIVER = "receiver"
    SHIPMENT_TYPE = "shipment_type"
    TITLE = "title"
    DOCUMENT_NAME = "document_name"
    DOCUMENT_TYPE = "document_type"  # pdf, word, text, e-mail, image …
    TEXT = "text"  # of the documents' first pages


class SortingCondition(Contract):
    """Any of these words in any of these fields."""

    fields: tuple[SortingField, ...] = Field(min_length=1, max_length=8)
    words: tuple[str, ...] = Field(
        min_length=1,
        max_length=300,
        description='plain words and phrases: `skyss` at the start of a word, `"rus"` the whole word, `*vold` anywhere in one',
    )


class SortingRule(Contract):
    """All conditions hold, and none of the exceptions."""

    name: str = Field(min_length=2, max_length=80)
    belonging: Belonging
    conditions: tuple[SortingCondition, ...] = Field(min_length=1, max_length=6)
    unless: tuple[SortingCondition, ...] = Field(default=(), max_length=6)


class SortingMatch(Contract):
    """One thing that a decision rests on: which rule or sign, in which field, on which words of the sender's."""

    rule: str
    belonging: Belonging = Field(description="what the rule or the sign speaks for")
    is_sign: bool = Field(default=False, description="a sign that no rule outweighs: never forwarded without a person")
    field: SortingField
    words: str = Field(description="the rule's words")
    quote: str = Field(description="the sender's words")
