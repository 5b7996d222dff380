"""What a deposit is made of. All SQL of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sikkersak.persistence.database import Row, Transaction


async def archived(tx: Transaction, until: datetime) -> list[Row]:
    """Records, and what came to them later, that stood in the archive before `until`, in the order they came there."""
    sql = """select * from deliveries where state = 'archived' and kind in ('record', 'evidence', 'correction', 'withdrawal') and archived_at < $1
    order by archived_at, delivery_id"""
    return await tx.fetch(sql, until)


async def document_keys(tx: Transaction) -> list[UUID]:
    """Every document that has a rendition."""
    return [row["document_key"] for row in await tx.fetch("select document_key from renditions")]
