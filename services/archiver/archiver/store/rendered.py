"""Documents on their way to PDF/A: what was made, what was tried, what lay inside, what people chose. All SQL of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from archiver.rendition import Attempt, Rendition
from sikkersak.persistence.database import Row, Transaction, present
from sikkersak.vault.reference import VaultRef

ENTER: Final = """
insert into rendered_documents (document_key, delivery_id, holder_key, depth, position, is_main, media_type, document)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (document_key) do nothing
"""
KEEP: Final = """
insert into renditions (document_key, delivery_id, source_sha256, rendition, flavour, rung, validator,
  validator_version, verdict, failed_rules, notes, sameness, source_kind, pages, size, seconds, peak_mb)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'valid', $9, $10, $11, $12, $13, $14, $15, $16)
on conflict (document_key) do nothing
"""
NOTE: Final = """
insert into rendition_tries (delivery_id, document_key, number, rung, reason, flavour, validator, version, is_valid,
  failed_rules, sameness)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
SETTLE: Final = """
update rendered_documents set state = $2, code = $3, detail = $4, changed_at = now() where document_key = $1
"""


@dataclass(frozen=True)
class Place:
    """Where a document stands in its delivery. `holder` is the document that it lay inside."""

    delivery_id: UUID
    document_key: UUID
    is_main: bool
    media_type: str
    holder: UUID | None = None
    depth: int = 0
    position: int = 0
    document: VaultRef | None = None


@dataclass(frozen=True)
class Cost:
    """What a rendering cost."""

    seconds: float
    peak_mb: int


async def enter(tx: Transaction, place: Place) -> Row:
    """The document's row; one that is there already stays as it is."""
    sealed = place.document.model_dump(mode="json") if place.document else None
    where = (place.document_key, place.delivery_id, place.holder, place.depth, place.position)
    await tx.execute(ENTER, *where, place.is_main, place.media_type, sealed)
    row = await tx.fetchrow("select * from rendered_documents where document_key = $1", place.document_key)
    return present(row, "document")


async def documents(tx: Transaction, delivery_id: UUID) -> list[Row]:
    """Every document of a delivery that has been looked at, those found inside others after them."""
    sql = "select * from rendered_documents where delivery_id = $1 order by depth, position, document_key"
    return await tx.fetch(sql, delivery_id)


async def found_inside(tx: Transaction, delivery_ids: Sequence[UUID]) -> list[Row]:
    """What was found inside the documents of these deliveries and is archived, in the order it lay there."""
    sql = """select * from rendered_documents
    where delivery_id = any($1::uuid[]) and document is not null and not is_left_out
    order by delivery_id, depth, position, document_key"""
    return await tx.fetch(sql, list(delivery_ids))


async def left_out(tx: Transaction, delivery_ids: Sequence[UUID]) -> set[UUID]:
    """The documents that people decided are not archived."""
    sql = "select document_key from rendered_documents where delivery_id = any($1::uuid[]) and is_left_out"
    return {row["document_key"] for row in await tx.fetch(sql, list(delivery_ids))}


async def keep(tx: Transaction, place: Place, source: VaultRef, ref: VaultRef, made: Rendition, cost: Cost) -> None:
    """The rendition of one document. Key: the document's key; the first one made is the one that counts."""
    highest = next((one.verdict.failed_rules for one in made.attempts if one.verdict and one.rung is made.rung), ())
    judged = (made.verdict.validator, made.verdict.version)
    notes = [{"code": note.code, "count": note.count} for note in made.notes]
    sameness = asdict(made.sameness) if made.sameness else None
    await tx.execute(
        KEEP, place.document_key, place.delivery_id, source.sha256, ref.model_dump(mode="json"), made.flavour.value,
        made.rung.value, *judged, list(highest), notes, sameness, made.source_kind, made.pages, made.size,
        cost.seconds, cost.peak_mb,
    )  # fmt: skip
    await tx.execute(SETTLE, place.document_key, "made", None, None)


async def refuse(tx: Transaction, document_key: UUID, code: str, detail: str) -> None:
    """There is no rendition, and a person must decide."""
    await tx.execute(SETTLE, document_key, "refused", code, detail)


async def note_tries(tx: Transaction, place: Place, attempts: Sequence[Attempt]) -> None:
    """Every rung that was tried in one rendering; also where nothing came of it."""
    last = await tx.fetchval("select max(number) from rendition_tries where document_key = $1", place.document_key)
    number = 1 + (last or 0)
    await tx.executemany(NOTE, [_noted(place, number, attempt) for attempt in attempts])


def _noted(place: Place, number: int, attempt: Attempt) -> tuple[Any, ...]:
    verdict, same = attempt.verdict, attempt.sameness
    judged: tuple[Any, ...] = (None, None, None, None, [])
    if verdict is not None:
        judged = (
            verdict.flavour, verdict.validator, verdict.version, verdict.is_valid, list(verdict.failed_rules),
        )  # fmt: skip
    head = (place.delivery_id, place.document_key, number, attempt.rung.value, attempt.reason)
    return (*head, *judged, asdict(same) if same else None)


async def tries(tx: Transaction, delivery_id: UUID) -> list[Row]:
    """Every rung tried for the documents of a delivery, oldest first."""
    return await tx.fetch("select * from rendition_tries where delivery_id = $1 order by try_id", delivery_id)


# --- what people chose


async def note_choice(tx: Transaction, row: Row, choice: str, reason: str, by: UUID) -> None:
    """What a person decided, and what was wrong before."""
    sql = """insert into rendition_choices (delivery_id, document_key, choice, reason, chosen_by, code)
    values ($1, $2, $3, $4, $5, $6)"""
    await tx.execute(sql, row["delivery_id"], row["document_key"], choice, reason, by, row["code"])


async def choices(tx: Transaction, delivery_id: UUID) -> list[Row]:
    """What people decided for the documents of a delivery, oldest first."""
    return await tx.fetch("select * from rendition_choices where delivery_id = $1 order by choice_id", delivery_id)


async def let_try_again(
    tx: Transaction,
    document_key: UUID,
    *,
    opened: VaultRef | None = None,
    accepts_difference: bool = False,
    document: VaultRef | None = None,
    media_type: str | None = None,
) -> None:
    """The document waits for its rendition again: opened, with its difference accepted, or with another file."""
    sql = """update rendered_documents set state = 'waiting', code = null, detail = null, changed_at = now(),
      opened = $2, accepts_difference = accepts_difference or $3, document = coalesce($4, document),
      media_type = coalesce($5, media_type)
    where document_key = $1"""
    refs = [None if ref is None else ref.model_dump(mode="json") for ref in (opened, document)]
    await tx.execute(sql, document_key, refs[0], accepts_difference, refs[1], media_type)


async def leave_out(tx: Transaction, document_key: UUID) -> None:
    """It is not archived; the file that it lay inside is, as it came."""
    await tx.execute("update rendered_documents set is_left_out = true where document_key = $1", document_key)
    await tx.execute(SETTLE, document_key, "left_out", None, None)
