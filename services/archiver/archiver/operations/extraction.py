"""What archiver answers about extractions (M28)."""

from __future__ import annotations

from archiver.archive import Archive
from archiver.operations.rights import operations
from archiver.store import orders
from sikkersak.contracts.extraction import (
    Extraction,
    Extractions,
    ExtractionState,
    FetchExtraction,
    ListExtractions,
    OrderExtraction,
    Package,
    ReadExtraction,
)
from sikkersak.contracts.values import File
from sikkersak.errors import Declined
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask
from sikkersak.vault.reference import VaultRef


@operations.answers(OrderExtraction)
async def order_extraction(asked: OrderExtraction, ask: Ask, archive: Archive) -> Extraction:
    """Ordered; it is made in the background."""
    del archive
    return orders.shown(await orders.order(ask.tx, new_id(), asked, ask.actor.staff_id))


@operations.answers(ListExtractions)
async def list_extractions(asked: ListExtractions, ask: Ask, archive: Archive) -> Extractions:
    """The latest."""
    del archive
    return Extractions(items=tuple(map(orders.shown, await orders.latest(ask.tx, asked.limit))))


@operations.answers(ReadExtraction)
async def read_extraction(asked: ReadExtraction, ask: Ask, archive: Archive) -> Extraction:
    """One."""
    del archive
    return orders.shown(await orders.extraction(ask.tx, asked.extraction_id))


@operations.answers(FetchExtraction)
async def fetch_extraction(asked: FetchExtraction, ask: Ask, archive: Archive) -> Package:
    """The package, and a line that says who was given it (R9)."""
    del archive
    row = await orders.extraction(ask.tx, asked.extraction_id)
    if row["state"] != ExtractionState.DONE:
        raise Declined("extraction-not-done", "Uttrekket er ikke ferdig.", status=409)
    await orders.note_fetch(ask.tx, asked.extraction_id, ask.actor.staff_id)
    name = f"uttrekk-{row['organisation']}-{row['until']:%Y-%m-%d}.zip"
    ref = VaultRef.model_validate(row["package"])
    return Package(file=File(name=name, media_type=ref.media_type, ref=ref))
