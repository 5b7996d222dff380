"""Ordered extractions. All SQL of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sikkersak.contracts.extraction import Extraction, OrderExtraction
from sikkersak.persistence.database import Row, Transaction, present
from sikkersak.vault.reference import VaultRef


async def order(tx: Transaction, identity: UUID, asked: OrderExtraction, by: UUID) -> Row:
    """A package to be made."""
    sql = """insert into extractions (extraction_id, municipality, organisation, until, asked_by)
    values ($1, $2, $3, coalesce($4, now()), $5) returning *"""
    row = await tx.fetchrow(sql, identity, asked.municipality, asked.organisation, asked.until, by)
    return present(row, "extraction")


async def extraction(tx: Transaction, identity: UUID) -> Row:
    """One."""
    return present(await tx.fetchrow("select * from extractions where extraction_id = $1", identity), "extraction")


async def latest(tx: Transaction, limit: int) -> list[Row]:
    """Newest first."""
    return await tx.fetch("select * from extractions order by ordered_at desc, extraction_id desc limit $1", limit)


async def next_to_make(tx: Transaction) -> Row | None:
    """The oldest that is not done; one that was begun is begun anew."""
    sql = """update extractions set state = 'running' where extraction_id = (
      select extraction_id from extractions where state in ('ordered', 'running') order by ordered_at limit 1)
    returning *"""
    return await tx.fetchrow(sql)


async def done(tx: Transaction, identity: UUID, package: VaultRef, counts: dict[str, Any], checksum: str) -> None:
    """It is there, and verified."""
    sql = """update extractions set state = 'done', ended_at = now(), package = $2, counts = $3, checksum = $4
    where extraction_id = $1"""
    await tx.execute(sql, identity, package.model_dump(mode="json"), counts, checksum)


async def failed(tx: Transaction, identity: UUID, code: str, detail: str) -> None:
    """A person must look."""
    sql = "update extractions set state = 'failed', ended_at = now(), code = $2, detail = $3 where extraction_id = $1"
    await tx.execute(sql, identity, code, detail)


async def note_fetch(tx: Transaction, identity: UUID, by: UUID) -> None:
    """Who was given it."""
    await tx.execute("insert into extraction_fetches (extraction_id, fetched_by) values ($1, $2)", identity, by)


def shown(row: Row) -> Extraction:
    """A row as people see it."""
    return Extraction.model_validate({name: row[name] for name in Extraction.model_fields})
