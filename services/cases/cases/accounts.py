"""Cases accounts for what is finished, so that the archive can be reconciled with it (M12, M26)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cases.handlers import handlers
from cases.office import Office
from cases.store import documents
from sikkersak.contracts.archiver import Deliver
from sikkersak.contracts.finished import (
    AccountForFinished,
    FinishedAccounted,
    FinishedDocument,
    FinishedList,
    OrderAgain,
)
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction
from sikkersak.vault.sealed import seal

# A document without an obligation is what the account is for: it would otherwise be missed by everybody.
FINISHED: Final = """
select d.document_id, d.case_id, d.finished_at,
       (select o.delivery_id from archive_obligations o
        where o.document_id = d.document_id and o.kind = 'record' order by o.ordered_at limit 1) as delivery_id
from documents d
where d.state = 'finished' and d.finished_at >= $1 and d.finished_at < $2
order by d.finished_at, d.document_id
"""


@handlers.hears(AccountForFinished)
async def account_for_finished(order: AccountForFinished, tx: Transaction, office: Office) -> None:
    """Tells it by reference. Key: reconciliation_id; the same order gives the same answer again."""
    listed = await finished(tx, order.period_from, order.period_to)
    ref = await seal(office.vault, FinishedList(documents=listed))
    await say(tx, FinishedAccounted(reconciliation_id=order.reconciliation_id, listing=ref, count=len(listed)))


@handlers.hears(OrderAgain)
async def order_again(order: OrderAgain, tx: Transaction, office: Office) -> None:
    """Says it under the old ids: what the archiver has after all changes nothing there. Key: document_id."""
    del office
    for row in await documents.archive_orders(tx, order.document_id):
        await say(tx, Deliver.model_validate(dict(row)))


async def finished(tx: Transaction, since: datetime, until: datetime) -> tuple[FinishedDocument, ...]:
    """What was finished in a period, ids only."""
    return tuple(FinishedDocument.model_validate(dict(row)) for row in await tx.fetch(FINISHED, since, until))
