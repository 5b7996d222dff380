"""What intake answers about its sorting rules: history, drafts, dry run, activation (M2–M4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from intake.mailroom import Mailroom
from intake.operations import operations
from intake.sorting import sets, trial
from intake.sorting.validation import demand_fit
from sikkersak.clock import now
from sikkersak.contracts.sorting import (
    ActivateRuleSet,
    ChangeRuleSet,
    DropRuleSet,
    ListRuleSets,
    ProposeRuleSet,
    ReadRuleSet,
    RuleSetDetail,
    RuleSets,
    RuleSetState,
    RuleSetSummary,
    RuleSetTrial,
    TryRuleSet,
)
from sikkersak.errors import Declined
from sikkersak.identity.permissions import Permission
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row, Transaction
from sikkersak.versions import Stale

__all__ = ["operations"]  # with everything below answered too
BEHIND: Final = timedelta(minutes=2)  # a clock that goes a little slow is no date in the past
AHEAD: Final = timedelta(days=366)


@operations.answers(ListRuleSets)
async def list_rule_sets(asked: ListRuleSets, ask: Ask, mailroom: Mailroom) -> RuleSets:
    """Drafts and the whole history."""
    del asked, mailroom
    return await _all(ask.tx)


@operations.answers(ReadRuleSet)
async def read_rule_set(asked: ReadRuleSet, ask: Ask, mailroom: Mailroom) -> RuleSetDetail:
    """One, with its rules."""
    del mailroom
    return await _detail(ask.tx, await sets.read(ask.tx, asked.rule_set_id))


@operations.answers(ProposeRuleSet)
async def propose_rule_set(asked: ProposeRuleSet, ask: Ask, mailroom: Mailroom) -> RuleSetDetail:
    """A draft; decides nothing until it is activated."""
    del mailroom
    demand_fit(asked.rules)
    if asked.based_on and (await sets.read(ask.tx, asked.based_on))["version"] is None:
        raise Declined("based-on-draft", "Et utkast kan bare bygge på en versjon, ikke på et annet utkast.", status=422)
    made = await sets.draft(ask.tx, asked.title, asked.rules, asked.based_on, ask.actor.staff_id)
    return await _detail(ask.tx, made)


@operations.answers(ChangeRuleSet)
async def change_rule_set(asked: ChangeRuleSet, ask: Ask, mailroom: Mailroom) -> RuleSetDetail:
    """Drafts only."""
    del mailroom
    demand_fit(asked.rules)
    draft = await sets.read(ask.tx, asked.rule_set_id, for_update=True)
    _demand_draft(draft)
    await _demand_read(ask, draft, asked.if_match)
    changed = await sets.change(ask.tx, asked.rule_set_id, asked.title, asked.rules, ask.actor.staff_id)
    return await _detail(ask.tx, changed)


@operations.answers(DropRuleSet)
async def drop_rule_set(asked: DropRuleSet, ask: Ask, mailroom: Mailroom) -> RuleSets:
    """Drafts only."""
    del mailroom
    _demand_draft(await sets.read(ask.tx, asked.rule_set_id, for_update=True))
    await sets.remove(ask.tx, asked.rule_set_id)
    return await _all(ask.tx)


@operations.answers(ActivateRuleSet)
async def activate_rule_set(asked: ActivateRuleSet, ask: Ask, mailroom: Mailroom) -> RuleSetDetail:
    """The next version, from a moment on. Mail that is here keeps the decision it has."""
    del mailroom
    row = await sets.read(ask.tx, asked.rule_set_id, for_update=True)
    _demand_draft(row)
    await _demand_read(ask, row, asked.if_match)
    demand_fit(sets.rules_of(row))
    begins = _beginning(asked.active_from)
    return await _detail(ask.tx, await sets.activate(ask.tx, asked.rule_set_id, begins, ask.actor.staff_id))


@operations.answers(TryRuleSet)
async def try_rule_set(asked: TryRuleSet, ask: Ask, mailroom: Mailroom) -> RuleSetTrial:
    """Sorts past mail anew and changes nothing. Who may not see mail sees numbers only (R8)."""
    row = await sets.read(ask.tx, asked.rule_set_id)
    rules = sets.rules_of(row)
    demand_fit(rules)
    may_see = ask.actor.holds(Permission.HANDLE_MAIL)
    return await trial.run(ask.tx, mailroom.vault, asked, rules, may_see=may_see)


async def _demand_read(ask: Ask, row: Row, tag: str | None) -> None:
    """Raises `Stale` when it is another than was read."""
    if tag is not None and (await _detail(ask.tx, row)).tag != tag:
        raise Stale


def _beginning(told: datetime | None) -> datetime | None:
    """The moment that is meant; none is now, by the clock that decides."""
    if told is None:
        return None
    if told.tzinfo is None:
        raise Declined("moment-without-zone", "Tidspunktet mangler tidssone.", status=422)
    if told < now() - BEHIND:
        raise Declined("in-the-past", "Regler kan ikke gjelde bakover i tid. Velg et tidspunkt fram i tid.", status=422)
    if told > now() + AHEAD:
        raise Declined("too-far-ahead", "Regler kan settes til å gjelde høyst ett år fram i tid.", status=422)
    return told


def _demand_draft(row: Row) -> None:
    if row["version"] is not None:
        raise Declined(
            "rule-set-fixed", f"Versjon {row['version']} er tatt i bruk og kan ikke endres. Lag et nytt utkast fra den."
        )


async def _all(tx: Transaction) -> RuleSets:
    rows = await sets.every(tx)
    decides = (await sets.active(tx)).rule_set_id
    return RuleSets(items=tuple(_summary(row, is_active=row["rule_set_id"] == decides) for row in rows))


async def _detail(tx: Transaction, row: Row) -> RuleSetDetail:
    decides = (await sets.active(tx)).rule_set_id
    summary = _summary(row, is_active=row["rule_set_id"] == decides)
    return RuleSetDetail(summary=summary, based_on=row["based_on"], rules=sets.rules_of(row))


def _summary(row: Row, *, is_active: bool) -> RuleSetSummary:
    return RuleSetSummary.model_validate({**row, "rules": len(row["rules"]), "state": _state(row, is_active=is_active)})


def _state(row: Row, *, is_active: bool) -> RuleSetState:
    if row["version"] is None:
        return RuleSetState.DRAFT
    if is_active:
        return RuleSetState.ACTIVE
    return RuleSetState.PLANNED if row["active_from"] > now() else RuleSetState.EARLIER
