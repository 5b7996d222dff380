"""The rule sets in the database: drafts, and versions that are never changed. All SQL of sorting rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter

from intake.sorting import default
from sikkersak.contracts.sorting import SortingRule
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present

RULES: Final = TypeAdapter(tuple[SortingRule, ...])
# Whoever gives a version waits for whoever is about to: numbers follow each other without gaps.
ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(hashtext('intake.rule_sets'))"
ACTIVE: Final = """
select * from rule_sets where version is not null and active_from <= now()
order by active_from desc, version desc limit 1
"""
FIRST: Final = """
insert into rule_sets (rule_set_id, version, title, rules, active_from, activated_at)
select $1, 1, $2, $3, now(), now() where not exists (select from rule_sets where version = 1)
"""


@dataclass(frozen=True)
class RuleSet:
    """The rules that decide."""

    rule_set_id: UUID
    rules: tuple[SortingRule, ...]


async def active(tx: Transaction) -> RuleSet:
    """The rules that decide now. Where nobody has made any, the product's own become version 1."""
    row = await tx.fetchrow(ACTIVE)
    if row is None:
        await ensure_first(tx)
        row = present(await tx.fetchrow(ACTIVE), "rule-set")
    return RuleSet(row["rule_set_id"], rules_of(row))


async def ensure_first(tx: Transaction) -> None:
    """Version 1. Key: its number."""
    await tx.execute(ONE_AT_A_TIME)
    await tx.execute(FIRST, new_id(), default.TITLE, RULES.dump_python(default.DEFAULT_RULES, mode="json"))


def rules_of(row: Row) -> tuple[SortingRule, ...]:
    """The rules of a row."""
    return RULES.validate_python(row["rules"])


async def read(tx: Transaction, rule_set_id: UUID, *, for_update: bool = False) -> Row:
    """One rule set, draft or version."""
    sql = f"select * from rule_sets where rule_set_id = $1 {'for update' if for_update else ''}"
    return present(await tx.fetchrow(sql, rule_set_id), "rule-set")


async def every(tx: Transaction) -> list[Row]:
    """Drafts first, then the versions, newest first."""
    await ensure_first(tx)
    sql = "select * from rule_sets order by version is not null, version desc, created_at desc limit 500"
    return list(await tx.fetch(sql))


async def draft(tx: Transaction, title: str, rules: tuple[SortingRule, ...], based_on: UUID | None, by: UUID) -> Row:
    """A new draft."""
    sql = """insert into rule_sets (rule_set_id, title, rules, based_on, created_by) values ($1, $2, $3, $4, $5)
    returning *"""
    told = RULES.dump_python(rules, mode="json")
    return present(await tx.fetchrow(sql, new_id(), title, told, based_on, by), "rule-set")


async def change(tx: Transaction, rule_set_id: UUID, title: str, rules: tuple[SortingRule, ...], by: UUID) -> Row:
    """A draft's content anew."""
    sql = """update rule_sets set title = $2, rules = $3, changed_by = $4, changed_at = now()
    where rule_set_id = $1 and version is null returning *"""
    told = RULES.dump_python(rules, mode="json")
    return present(await tx.fetchrow(sql, rule_set_id, title, told, by), "rule-set")


async def remove(tx: Transaction, rule_set_id: UUID) -> None:
    """A draft is thrown away; drafts made from it stand by themselves."""
    await tx.execute("update rule_sets set based_on = null where based_on = $1 and version is null", rule_set_id)
    await tx.execute("delete from rule_sets where rule_set_id = $1 and version is null", rule_set_id)


async def activate(tx: Transaction, rule_set_id: UUID, active_from: datetime | None, by: UUID) -> Row:
    """A draft becomes the next version, decides from then on (none: now), and is never changed again."""
    await ensure_first(tx)
    sql = """update rule_sets set version = (select max(version) + 1 from rule_sets), active_from = coalesce($2, now()),
    activated_by = $3, activated_at = now() where rule_set_id = $1 and version is null returning *"""
    return present(await tx.fetchrow(sql, rule_set_id, active_from, by), "rule-set")
