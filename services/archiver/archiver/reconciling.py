"""Reconciliation: for a period, the archive is asked for every record that we delivered, and what it has besides (M26).

What is missing or half-made there is ordered again, which looks before it makes (M27); the rest is listed for a person.
It goes on where it was after a stop, and waits while the archive is away.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from archiver import comparing, entries, signing_key, store
from archiver.archive import Archive
from archiver.core import ArchivedRecord, DocumentDescription, ManyHits
from archiver.rendering import whole
from archiver.store import reconciliation
from sikkersak.clock import now
from sikkersak.contracts.archiver import ArchiveDossier, DeliveryKind, DeliveryState, Transfer
from sikkersak.contracts.finished import AccountForFinished, FinishedList, OrderAgain
from sikkersak.contracts.reconciliation import Finding
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import unseal

log = structlog.get_logger(__name__)
AT_ONCE: Final = 4
BATCH: Final = 100
PATIENCE: Final = timedelta(hours=1)  # with cases; then the report says that it was silent


async def schedule(archive: Archive) -> None:
    """Yesterday is reconciled by itself, once."""
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    async with archive.database.transaction() as tx:
        await reconciliation.order(tx, new_id(), today - timedelta(days=1), today, repairs=True, by=None)


async def reconcile(archive: Archive) -> None:
    """Does the oldest that is ordered, to its end or until the archive goes away."""
    if archive.circuit.is_open:
        return
    async with archive.database.transaction() as tx:
        row = await reconciliation.next_to_do(tx)
    if row is None:
        return
    await _ask_cases(archive, row)
    gate = asyncio.Semaphore(AT_ONCE)
    while batch := await _next(archive, row):
        looked = await asyncio.gather(*(_look(archive, row, one, gate) for one in batch), return_exceptions=True)
        for trouble in filter(None, looked):
            raise trouble  # what was found is kept; the next round goes on from there
    async with archive.database.transaction() as tx:
        told, is_over = await reconciliation.accounts(tx, row["reconciliation_id"], PATIENCE)
    if not is_over:
        return  # the next round goes on from here, when cases has answered
    await _look_for_unknown(archive, row)
    finished = await _compare_with_cases(archive, row, told)
    await _report(archive, row, finished)


async def _ask_cases(archive: Archive, row: Row) -> None:
    """Services do not ask each other: it is ordered, and comes as a fact."""
    async with archive.database.transaction() as tx:
        if await reconciliation.ask_for_accounts(tx, row["reconciliation_id"]):
            period = {"period_from": row["period_from"], "period_to": row["period_to"]}
            await say(tx, AccountForFinished(reconciliation_id=row["reconciliation_id"], **period))


async def _compare_with_cases(archive: Archive, row: Row, told: dict[str, Any] | None) -> int | None:
    """What is finished there and stands in no order here is asked for again: an order may be lost with a disk.

    Returns how many are finished, None when cases was silent.
    """
    if told is None:
        return None
    listed = await unseal(archive.vault, VaultRef.model_validate(told), FinishedList)
    async with archive.database.transaction() as tx:
        known = await reconciliation.known(tx, [one.document_id for one in listed.documents])
        for one in listed.documents:
            if one.document_id not in known:
                is_repaired = row["repairs"] and one.delivery_id is not None
                if is_repaired:
                    await say(tx, OrderAgain(document_id=one.document_id))
                key = f"record:{one.document_id}"
                found = (row["reconciliation_id"], key, Finding.NEVER_ORDERED)
                await reconciliation.note(tx, *found, repaired=is_repaired)
    return len(listed.documents)


async def _next(archive: Archive, row: Row) -> list[Row]:
    async with archive.database.transaction() as tx:
        return await reconciliation.not_looked_for(tx, row, BATCH)


async def _look(archive: Archive, row: Row, delivery: Row, gate: asyncio.Semaphore) -> None:
    key = f"record:{delivery['document_id']}"
    finding, differences = Finding.WAITING, tuple[str, ...]()
    held: ArchivedRecord | None = None
    if DeliveryState(delivery["state"]) is DeliveryState.ARCHIVED:
        async with gate:
            finding, differences, held = await _compared(archive, delivery, key)
    is_repaired = row["repairs"] and comparing.is_safe_to_repair(finding, differences)
    async with archive.database.transaction() as tx:
        if is_repaired:
            await store.reopen(tx, delivery["delivery_id"])
            await say(tx, Transfer(delivery_id=delivery["delivery_id"]))
        elif held is not None and held.journal is not None:  # what was archived before numbers were kept gets them too
            await store.keep_journal(tx, delivery["delivery_id"], held.journal)
        told = (row["reconciliation_id"], key, finding, differences)
        await reconciliation.note(tx, *told, delivery=delivery, repaired=is_repaired)


async def _compared(
    archive: Archive, delivery: Row, key: str
) -> tuple[Finding, tuple[str, ...], ArchivedRecord | None]:
    try:
        held: ArchivedRecord | None = await archive.core.find_record(key)
    except ManyHits:
        return Finding.DIFFERS, ("many",), None
    dossier = await _dossier(archive, delivery)
    async with archive.database.transaction() as tx:
        dossier = await whole(tx, archive.vault, delivery["delivery_id"], dossier)
        made = await store.renditions(tx, [document.document_key for document in dossier.documents])
        later = await reconciliation.later_of(tx, delivery["document_id"])
    added: list[DocumentDescription] = []
    for one in later:
        if one["kind"] == DeliveryKind.CORRECTION:
            dossier = entries.as_changed(dossier, await _dossier(archive, one))
        elif one["kind"] == DeliveryKind.EVIDENCE and archive.core.adds_documents:
            added.extend(entries.documents(await _dossier(archive, one), {}, archive.vault))
    entry = entries.registry_entry(dossier, made, archive.vault)
    is_withdrawn = any(one["kind"] == DeliveryKind.WITHDRAWAL for one in later)
    return *comparing.compared(entry, tuple(added), held, is_withdrawn=is_withdrawn), held


async def _dossier(archive: Archive, delivery: Row) -> ArchiveDossier:
    return await unseal(archive.vault, VaultRef.model_validate(delivery["dossier"]), ArchiveDossier)


async def _look_for_unknown(archive: Archive, row: Row) -> None:
    """Records under a key of ours that we never ordered; left out where the archive cannot list."""
    keys = await archive.core.record_keys(row["period_from"], row["period_to"])
    ids = {key: UUID(key.removeprefix("record:")) for key in keys or ()}
    async with archive.database.transaction() as tx:
        known = await reconciliation.known(tx, list(ids.values()))
        for key, identity in ids.items():
            if identity not in known:
                await reconciliation.note(tx, row["reconciliation_id"], key, Finding.UNKNOWN)


async def _report(archive: Archive, row: Row, finished: int | None) -> None:
    identity = row["reconciliation_id"]
    async with archive.database.transaction() as tx:
        found = await reconciliation.every_item(tx, identity)
        counts = Counter(item.finding.value for item in found)
        report = {
            "reconciliation": str(identity),
            "period_from": _moment(row["period_from"]),
            "period_to": _moment(row["period_to"]),
            "made_at": _moment(now()),
            "counts": dict(sorted(counts.items())),
            "finished_in_cases": finished,
            "repaired": sum(item.repaired for item in found),
            "not_confirmed": [item.model_dump(mode="json") for item in found if item.finding is not Finding.CONFIRMED],
        }
        content = json.dumps(report, ensure_ascii=False, sort_keys=True)
        signature = await signing_key.signed(tx, archive.vault, content)
        await reconciliation.finish(tx, identity, content, signature.jws, signature.key_id)
    log.info("reconciliation_done", reconciliation_id=str(identity), **{name: counts[name] for name in counts})


def _moment(given: datetime) -> str:
    return given.astimezone(UTC).isoformat()
