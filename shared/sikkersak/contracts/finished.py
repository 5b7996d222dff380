"""What cases says is finished, for reconciliation with the archive: ordered, and told by reference (M26)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sikkersak.contracts.message import Contract, Message
from sikkersak.vault.reference import VaultRef


class FinishedDocument(Contract):
    """A document that was finished in the period. `delivery_id` is none where nothing was ordered for it: a fault."""

    document_id: UUID
    case_id: UUID
    finished_at: datetime
    delivery_id: UUID | None


class FinishedList(Contract):
    """Every document that was finished in a period, sealed in the vault."""

    documents: tuple[FinishedDocument, ...]


class AccountForFinished(Message, type="cases.account_for_finished.v1"):
    """Order: tell which documents were finished in a period; the end is no part of it. Key: reconciliation_id."""

    reconciliation_id: UUID
    period_from: datetime
    period_to: datetime


class OrderAgain(Message, type="cases.order_again.v1"):
    """Order: say once more what was ordered to the archive for a document, each under its old id. Key: document_id."""

    document_id: UUID


class FinishedAccounted(Message, type="cases.finished.accounted.v1"):
    """Fact: the list of what was finished, by reference; `count` is how many stand on it."""

    reconciliation_id: UUID
    listing: VaultRef
    count: int
