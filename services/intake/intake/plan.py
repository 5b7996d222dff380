"""*Post inn til skoler*: which school and which people mail goes to, in versions that are never changed (M7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sikkersak.clock import now
from sikkersak.contracts.intake import Plan, PlanEntry, PlanVersion, PlanVersions, PutPlan
from sikkersak.errors import Declined
from sikkersak.persistence.database import Row, Transaction, present

IN_FORCE: Final = "(select max(version) from plan_versions where valid_from <= now())"
VERSIONS: Final = f"select v.*, v.version = {IN_FORCE} as is_in_force from plan_versions v"


@dataclass(frozen=True)
class Planned:
    """What the plan says of one piece of mail, and why."""

    entry: PlanEntry
    because: str


def planned(entries: Sequence[PlanEntry], organisation: str, title: str, sender: str) -> Planned | None:
    """The first line that matches, with what it matched on."""
    said, who = title.casefold(), sender.casefold()
    for number, entry in enumerate(entries, 1):
        if entry.organisation != organisation:
            continue
        in_title = _found(entry.title_words, said)
        in_sender = _found(entry.sender_words, who)
        if in_title is None or in_sender is None:
            continue
        why = [f"tittelen har «{in_title}»"] if in_title else []
        why += [f"avsenderen har «{in_sender}»"] if in_sender else []
        return Planned(entry, f"Linje {number}: " + (" og ".join(why) or f"post til {organisation}"))
    return None


def _found(words: Sequence[str], text: str) -> str | None:
    """The word that was found; an empty one where none is asked for."""
    return next((word for word in words if word.casefold() in text), None) if words else ""


def planned_for(entries: Sequence[PlanEntry], row: Row) -> Planned | None:
    """What the plan says of a row of mail."""
    return planned(
        entries, row["receiver_organisation"], f"{row['title']} {row['shipment_type']}", row["sender"]["name"]
    )


async def entries_in_force(tx: Transaction) -> tuple[PlanEntry, ...]:
    """The lines that count now."""
    rows = await tx.fetch(f"select entry from plan_entries where version = {IN_FORCE} order by position")
    return tuple(PlanEntry.model_validate(row["entry"]) for row in rows)


async def read(tx: Transaction, version: int | None) -> Plan:
    """One version, or the one in force; an empty plan where none has been put yet."""
    if version is None:
        row = await tx.fetchrow(f"{VERSIONS} where v.version = {IN_FORCE}")
        if row is None:
            return Plan(entries=())
    else:
        row = present(await tx.fetchrow(f"{VERSIONS} where v.version = $1", version), "plan")
    rows = await tx.fetch("select entry from plan_entries where version = $1 order by position", row["version"])
    return Plan(entries=tuple(PlanEntry.model_validate(one["entry"]) for one in rows), version=_version(row))


async def versions(tx: Transaction) -> PlanVersions:
    """Every version, newest first."""
    rows = await tx.fetch(f"{VERSIONS} order by v.version desc")
    return PlanVersions(items=tuple(_version(row) for row in rows))


async def put(tx: Transaction, asked: PutPlan, by: UUID) -> Plan:
    """A new version. Two who change the plan at once wait for each other; the second is told what it was made from."""
    await tx.execute("lock table plan_versions in share row exclusive mode")
    newest = await tx.fetchval("select coalesce(max(version), 0) from plan_versions")
    if asked.based_on is not None and asked.based_on != newest:
        raise Declined("plan-changed", "Planen er endret av noen andre. Hent den på nytt, og gjør endringen der.")
    if asked.valid_from is not None and asked.valid_from < now():
        raise Declined("plan-in-the-past", "En plan kan ikke gjelde fra et tidspunkt som har vært.", status=422)
    sql = "insert into plan_versions (version, valid_from, put_by, remark) values ($1, coalesce($2, now()), $3, $4)"
    await tx.execute(sql, newest + 1, asked.valid_from, by, asked.remark)
    rows = [(newest + 1, at, entry.model_dump(mode="json")) for at, entry in enumerate(asked.entries, 1)]
    await tx.executemany("insert into plan_entries (version, position, entry) values ($1, $2, $3)", rows)
    return await read(tx, newest + 1)


def _version(row: Row) -> PlanVersion:
    return PlanVersion.model_validate({name: row[name] for name in PlanVersion.model_fields})


def demand_words(entries: Sequence[PlanEntry]) -> None:
    """An empty word stands in every title: a slip that would send everything to one school."""
    if any(not word.strip() for entry in entries for word in (*entry.title_words, *entry.sender_words)):
        raise Declined("plan-empty-word", "Et ord i planen er tomt.", status=422)
