"""What intake says and answers about its sorting rules: rule sets, their trial, and what a decision rests on (M2–M4)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.values import TagRead
from sikkersak.versions import tag_of


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
    names_nobody: bool = Field(default=False, description="holds only where nothing looks like a person's name")


class SortingMatch(Contract):
    """One thing that a decision rests on: which rule or sign, in which field, on which words of the sender's."""

    rule: str
    belonging: Belonging = Field(description="what the rule or the sign speaks for")
    is_sign: bool = Field(default=False, description="a sign that no rule outweighs: never forwarded without a person")
    field: SortingField
    words: str = Field(description="the rule's words")
    quote: str = Field(description="the sender's words")


class RuleSetState(StrEnum):
    """Where a rule set is."""

    DRAFT = "draft"  # may be changed and tried; decides nothing
    PLANNED = "planned"  # decides from a later moment
    ACTIVE = "active"  # decides now
    EARLIER = "earlier"  # decided before; kept as it was


class RuleSetSummary(Contract):
    """One line of the history of rules."""

    rule_set_id: UUID
    version: int | None = Field(description="none: a draft")
    title: str
    state: RuleSetState
    rules: int
    created_by: UUID | None = Field(description="none: it came with the product")
    created_at: datetime
    changed_by: UUID | None
    changed_at: datetime | None
    active_from: datetime | None
    activated_by: UUID | None
    activated_at: datetime | None


class RuleSets(Contract):
    """Drafts first, then the versions, newest first: the history."""

    items: tuple[RuleSetSummary, ...]


class RuleSetDetail(Contract):
    """One rule set with its rules, in the order they are named in explanations."""

    summary: RuleSetSummary
    based_on: UUID | None
    rules: tuple[SortingRule, ...]

    @property
    def tag(self) -> str:
        """Its version while it is a draft."""
        return tag_of({"title": self.summary.title, "rules": [one.model_dump(mode="json") for one in self.rules]})


class ListRuleSets(Operation[RuleSets], name="intake.list_rule_sets.v1"):
    """All rule sets. For administrators and mail distributors."""


class ReadRuleSet(Operation[RuleSetDetail], name="intake.read_rule_set.v1"):
    """One rule set. For administrators and mail distributors."""

    rule_set_id: UUID


class ProposeRuleSet(Operation[RuleSetDetail], name="intake.propose_rule_set.v1", changes=True):
    """A new draft. For administrators."""

    title: str = Field(min_length=3, max_length=120, description="what is changed and why, in a few words")
    rules: tuple[SortingRule, ...] = Field(max_length=200)
    based_on: UUID | None = Field(default=None, description="the version that it was made from")


class ChangeRuleSet(Operation[RuleSetDetail], name="intake.change_rule_set.v1", changes=True):
    """A draft's content anew. For administrators."""

    rule_set_id: UUID
    title: str = Field(min_length=3, max_length=120)
    rules: tuple[SortingRule, ...] = Field(max_length=200)
    if_match: TagRead = None


class DropRuleSet(Operation[RuleSets], name="intake.drop_rule_set.v1", changes=True):
    """Throw a draft away. For administrators."""

    rule_set_id: UUID


class ActivateRuleSet(Operation[RuleSetDetail], name="intake.activate_rule_set.v1", changes=True):
    """A draft becomes the next version and is never changed again. For administrators."""

    rule_set_id: UUID
    active_from: datetime | None = Field(default=None, description="none: now. Never in the past")
    if_match: TagRead = None


class SortedOtherwise(Contract):
    """A piece of past mail that the tried rules sort otherwise than they that hold. Seen by mail distributors only."""

    mail_id: UUID
    title: str
    sender: str
    received_at: datetime
    before: Belonging
    before_rule: str
    after: Belonging
    after_rule: str


class SortingShift(Contract):
    """How much mail went one way and would go the other."""

    before: Belonging
    after: Belonging
    mail: int


class RuleSetTrial(Contract):
    """What a rule set would have made of past mail, beside the rules that hold now."""

    rule_set_id: UUID
    compared_with: UUID
    tried: int = Field(description="pieces of past mail, newest first")
    unreadable: int = Field(
        description="of which the text is no longer here, or came before texts were kept; not tried"
    )
    same: int
    shifts: tuple[SortingShift, ...] = Field(description="only where something differs")
    items: tuple[SortedOtherwise, ...] = Field(
        description="of these the first hundred; none for whoever may not see mail"
    )
    are_items_hidden: bool = Field(description="whoever asks may not see mail: numbers only")


class TryRuleSet(Operation[RuleSetTrial], name="intake.try_rule_set.v1"):
    """A dry run over past mail. For administrators and mail distributors."""

    rule_set_id: UUID
    since: datetime | None = None
    until: datetime | None = None
    limit: int = Field(default=200, ge=1, le=500)
