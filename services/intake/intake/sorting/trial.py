"""The dry run: what a rule set would have made of past mail, beside the rules that hold now (M2–M4). Changes nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final
from uuid import UUID

from intake.sorting import sets
from intake.sorting.desk import Kept, facts_of
from intake.sorting.engine import Decision, ready
from sikkersak.contracts.sorting import Belonging, RuleSetTrial, SortedOtherwise, SortingRule, SortingShift, TryRuleSet
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault import Vault
from sikkersak.vault.errors import VaultCorrupt, VaultMissing
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import unseal

MOST_SHOWN: Final = 100
PAST: Final = """
select mail_id, title, sender, shipment_type, receiver_organisation, received_at, reading from mail
where stored_at is not null and ($1::timestamptz is null or received_at >= $1)
  and ($2::timestamptz is null or received_at < $2)
order by received_at desc, mail_id desc limit $3
"""


async def run(
    tx: Transaction, vault: Vault, asked: TryRuleSet, rules: tuple[SortingRule, ...], *, may_see: bool
) -> RuleSetTrial:
    """Both rule sets over the same mail."""
    holding = await sets.active(tx)
    old, new = ready(holding.rules), ready(rules)
    shifts: Counter[tuple[Belonging, Belonging]] = Counter()
    items: list[SortedOtherwise] = []
    tried = unreadable = 0
    for row in await tx.fetch(PAST, asked.since, asked.until, asked.limit):
        kept = await _kept(vault, row)
        if kept is None:
            unreadable += 1
            continue
        tried += 1
        facts = facts_of(row, kept.documents)
        before, after = await asyncio.to_thread(lambda one: (old.sort(one), new.sort(one)), facts)
        shifts[before.belonging, after.belonging] += 1
        if before.belonging is not after.belonging and may_see and len(items) < MOST_SHOWN:
            items.append(_item(row, before, after))
    return _told(asked.rule_set_id, holding.rule_set_id, tried, unreadable, shifts, tuple(items), may_see=may_see)


def _told(
    rule_set_id: UUID,
    compared_with: UUID,
    tried: int,
    unreadable: int,
    shifts: Counter[tuple[Belonging, Belonging]],
    items: tuple[SortedOtherwise, ...],
    *,
    may_see: bool,
) -> RuleSetTrial:
    return RuleSetTrial(
        rule_set_id=rule_set_id,
        compared_with=compared_with,
        tried=tried,
        unreadable=unreadable,
        same=sum(mail for (before, after), mail in shifts.items() if before is after),
        shifts=tuple(
            SortingShift(before=before, after=after, mail=mail)
            for (before, after), mail in sorted(shifts.items())
            if before is not after
        ),
        items=items,
        are_items_hidden=not may_see,
    )


async def _kept(vault: Vault, row: Row) -> Kept | None:
    """The text that it was sorted on; none where it was removed with the mail's content."""
    if row["reading"] is None:
        return None
    try:
        return await unseal(vault, VaultRef.model_validate(row["reading"]), Kept)
    except (VaultMissing, VaultCorrupt):
        return None


def _item(row: Row, before: Decision, after: Decision) -> SortedOtherwise:
    return SortedOtherwise(
        mail_id=row["mail_id"],
        title=row["title"],
        sender=row["sender"]["name"],
        received_at=row["received_at"],
        before=before.belonging,
        before_rule=before.explanation,
        after=after.belonging,
        after_rule=after.explanation,
    )
