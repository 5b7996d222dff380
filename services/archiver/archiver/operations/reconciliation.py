"""What archiver answers about reconciliation with the archive."""

from __future__ import annotations

from archiver.archive import Archive
from archiver.operations.rights import operations
from archiver.store import reconciliation as store
from sikkersak.clock import now
from sikkersak.contracts.reconciliation import (
    ListReconciliations,
    ReadReconciliation,
    Reconciliation,
    ReconciliationDetail,
    Reconciliations,
    StartReconciliation,
)
from sikkersak.errors import Declined
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import present


@operations.answers(StartReconciliation)
async def start_reconciliation(asked: StartReconciliation, ask: Ask, archive: Archive) -> Reconciliation:
    """Ordered; it is done in the background."""
    del archive
    if asked.period_from >= asked.period_to or asked.period_from > now():
        raise Declined("reconciliation-period", "Perioden må begynne før den slutter, og ikke i framtiden.", status=422)
    who, period = ask.actor.staff_id, (asked.period_from, asked.period_to)
    row = await store.order(ask.tx, new_id(), *period, repairs=asked.repairs, by=who)
    return store.shown(present(row, "reconciliation"))


@operations.answers(ListReconciliations)
async def list_reconciliations(asked: ListReconciliations, ask: Ask, archive: Archive) -> Reconciliations:
    """The latest, with what they found."""
    del archive
    return Reconciliations(items=tuple(map(store.shown, await store.latest(ask.tx, asked.limit))))


@operations.answers(ReadReconciliation)
async def read_reconciliation(asked: ReadReconciliation, ask: Ask, archive: Archive) -> ReconciliationDetail:
    """One, with its findings and the signed report."""
    del archive
    row = await store.reconciliation(ask.tx, asked.reconciliation_id)
    found = await store.items(ask.tx, asked.reconciliation_id, asked.finding, asked.cursor, asked.limit)
    key = await store.report_key(ask.tx, row["key_id"]) if row["key_id"] else None
    return ReconciliationDetail(
        row=store.shown(row),
        items=tuple(found),
        next=found[-1].record_key if len(found) == asked.limit else None,
        report=row["report"],
        signature=row["signature"],
        public_key=key["public_key"] if key else None,
    )
