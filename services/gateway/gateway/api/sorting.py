# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""The sorting rules: history, drafts, dry run, activation (M2-M4)."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from gateway.api.caller import Asker, Body, IfRead, Key, tagged, unquoted
from gateway.problems import READ_ACT, documented
from sikkersak.contracts.sorting import (
    ActivateRuleSet,
    ChangeRuleSet,
    DropRuleSet,
    ListRuleSets,
    ProposeRuleSet,
    ReadRuleSet,
    RuleSetDetail,
    RuleSets,
    RuleSetTrial,
    SortingRule,
    TryRuleSet,
)

router = APIRouter(prefix="/sorting-rules", tags=["mail"])
CREATED: Final = 201
Moment = Annotated[datetime | None, Query(description="mail received from then on, or before then")]


class RulesBody(Body):
    """Rules in words: all conditions of a rule must hold, and none of its exceptions."""

    title: str = Field(min_length=3, max_length=120, description="what is changed and why", examples=["Mer om skyss"])
    rules: tuple[SortingRule, ...] = Field(
        max_length=200,
        examples=[
            [
                {
                    "name": "Skoleskyss",
                    "belonging": "general_archive",
                    "conditions": [
                        {"fields": ["title", "document_name"], "words": ["skoleskyss", "skuleskyss", "busskort"]},
                        {"fields": ["text"], "words": ["skyss", "avstand", "fri fra skolen", '"km"', "*buss"]},
                    ],
                }
            ]
        ],
    )


class ProposalBody(RulesBody):
    """A new draft."""

    based_on: UUID | None = Field(default=None, description="the version that it was made from")


class ActivationBody(Body):
    """From when."""

    active_from: datetime | None = Field(default=None, description="none: now. Never in the past")


@router.get("", summary="The history of sorting rules")
async def list_rule_sets(asker: Asker) -> RuleSets:
    """Drafts first, then versions, newest first. For administrators and mail distributors."""
    return await asker.ask(ListRuleSets())


@router.post("", status_code=CREATED, summary="Propose sorting rules", responses=documented(400, 404))
async def propose_rule_set(body: ProposalBody, asker: Asker, key: Key) -> RuleSetDetail:
    """A draft: it decides nothing until it is activated. For administrators."""
    return await asker.ask(ProposeRuleSet(**dict(body)), key)


@router.get("/{rule_set_id}", summary="One rule set", responses=documented(404))
async def read_rule_set(rule_set_id: UUID, asker: Asker, response: Response) -> RuleSetDetail:
    """With its rules, and what If-Match names as ETag. For administrators and mail distributors."""
    found = await asker.ask(ReadRuleSet(rule_set_id=rule_set_id))
    tagged(response, found.tag)
    return found


@router.put("/{rule_set_id}", summary="Change a draft", responses=documented(404, 409, 412, 428))
async def change_rule_set(
    rule_set_id: UUID, body: RulesBody, asker: Asker, response: Response, version: IfRead
) -> RuleSetDetail:
    """Drafts only: a version is never changed. For administrators."""
    kept = await asker.ask(ChangeRuleSet(rule_set_id=rule_set_id, if_match=unquoted(version), **dict(body)))
    tagged(response, kept.tag)
    return kept


@router.delete("/{rule_set_id}", summary="Throw a draft away", responses=documented(404, 409))
async def drop_rule_set(rule_set_id: UUID, asker: Asker) -> RuleSets:
    """Drafts only. For administrators."""
    return await asker.ask(DropRuleSet(rule_set_id=rule_set_id))


@router.get("/{rule_set_id}/trial", summary="Try a rule set on past mail", responses=documented(404))
async def try_rule_set(
    rule_set_id: UUID,
    asker: Asker,
    since: Moment = None,
    until: Moment = None,
    limit: Annotated[int, Query(ge=1, le=500, description="at most this much mail, newest first")] = 200,
) -> RuleSetTrial:
    """What would differ. Changes nothing. Numbers for administrators; the mail itself for mail distributors."""
    return await asker.ask(TryRuleSet(rule_set_id=rule_set_id, since=since, until=until, limit=limit))


@router.post("/{rule_set_id}/activation", summary="Put a draft into use", responses=READ_ACT)
async def activate_rule_set(
    rule_set_id: UUID, body: ActivationBody, asker: Asker, key: Key, version: IfRead
) -> RuleSetDetail:
    """What was read becomes the next version, decides from then on, and is never changed again. For administrators."""
    wanted = ActivateRuleSet(rule_set_id=rule_set_id, active_from=body.active_from, if_match=unquoted(version))
    return await asker.ask(wanted, key)
