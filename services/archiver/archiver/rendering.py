"""The rendering room: every document of a delivery becomes PDF/A, those that lie inside others too, or is refused (M24)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from archiver import store
from archiver.domain import rendition_key
from archiver.rendition import Attachment, Record, Renderer, Rendition
from archiver.rendition.content import decide
from archiver.store import rendered
from archiver.store.rendered import Cost, Place
from sikkersak.clock import now
from sikkersak.contracts.archiver import ArchiveDocument, ArchiveDossier, DeliveryKind
from sikkersak.contracts.values import File
from sikkersak.errors import Declined, Transient
from sikkersak.persistence.database import Database, Row, Transaction
from sikkersak.vault import Vault
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import seal, unseal

DISK_FULL: Final = "our disk is full"
LEAST_FREE: Final = 16 * 1024 * 1024
MOST_INSIDE: Final = 100  # documents found inside others, in one delivery
DEEPEST: Final = 3  # a document in a document in a document


@dataclass(frozen=True)
class Rendering:
    """What it works with."""

    database: Database
    vault: Vault
    renderer: Renderer
    work_folder: Path
    seconds: float

    async def documents(self, delivery_id: UUID, dossier: ArchiveDossier, *, is_urgent: bool) -> None:
        """Makes what is missing. Key: each document's key. Raises the first refusal once all documents were tried."""
        waiting = deque(
            (
                Place(delivery_id, rendition_key(dossier.kind, one), one.is_main, one.file.media_type, position=number),
                one,
            )
            for number, one in enumerate(dossier.documents, start=1)
            if one.render
        )
        refusals: list[Declined] = []
        inside = 0
        while waiting:
            place, document = waiting.popleft()
            try:
                found = await self._document(place, document, dossier.language, is_urgent)
            except Declined as no:
                refusals.append(no)
                continue
            inside += len(found)
            if inside <= MOST_INSIDE and dossier.kind is not DeliveryKind.SHIELDED:
                waiting.extend(found)
        if refusals:
            raise refusals[0]

    async def _document(
        self, place: Place, document: ArchiveDocument, language: str, is_urgent: bool
    ) -> list[tuple[Place, ArchiveDocument]]:
        async with self.database.transaction() as tx:
            row = await rendered.enter(tx, place)
            is_done = row["is_left_out"] or place.document_key in await store.renditions(tx, [place.document_key])
        if not is_done:
            await self._render(place, document, row, language, is_urgent)
        return await self._inside(place)

    async def _inside(self, place: Place) -> list[tuple[Place, ArchiveDocument]]:
        """What was found in a document, to be rendered in its turn."""
        async with self.database.transaction() as tx:
            rows = [
                one
                for one in await rendered.found_inside(tx, [place.delivery_id])
                if one["holder_key"] == place.document_key
            ]
        return [(_place_of(row), await found_document(self.vault, row)) for row in rows]

    async def _render(self, place: Place, document: ArchiveDocument, row: Row, language: str, is_urgent: bool) -> None:
        original = VaultRef.model_validate(row["opened"]) if row["opened"] else document.file.ref
        record, begun = Record(), time.monotonic()
        with tempfile.TemporaryDirectory(dir=self.work_folder, prefix="rendition-") as name:
            source, destination = Path(name) / "source", Path(name) / "rendition.pdf"
            await self.vault.save(original, source)
            try:
                async with self._room_on_disk():
                    made = await self.renderer.render(
                        source,
                        document.file.media_type,
                        language=language,
                        destination=destination,
                        deadline=now() + timedelta(seconds=self.seconds),
                        accept_difference=row["accepts_difference"],
                        record=record,
                        is_urgent=is_urgent,
                    )
            except Declined as no:
                await self._note_refusal(place, no, record)
                raise
            ref = await self.vault.put(destination, "application/pdf")
            found = await self._taken_out(place, document, made.attachments)
        cost = Cost(time.monotonic() - begun, record.peak_mb)
        async with self.database.transaction() as tx:
            await rendered.note_tries(tx, place, record.attempts)
            await rendered.keep(tx, place, original, ref, made, cost)
            for inner in found:
                await rendered.enter(tx, inner)

    async def _note_refusal(self, place: Place, no: Declined, record: Record) -> None:
        """In a transaction of its own: what was tried is told whatever becomes of the delivery."""
        async with self.database.transaction() as tx:
            await rendered.note_tries(tx, place, record.attempts)
            await rendered.refuse(tx, place.document_key, no.code, no.detail)

    async def _taken_out(self, place: Place, holder: ArchiveDocument, attachments: Sequence[Attachment]) -> list[Place]:
        """Each file that lay inside becomes a document with a key of its own, the same at every repetition."""
        found: list[Place] = []
        if place.depth >= DEEPEST:
            return found
        for position, attachment in enumerate(attachments, start=1):
            kind = await asyncio.to_thread(decide, attachment.path)
            ref = await self.vault.put(attachment.path, kind.value)
            document = ArchiveDocument(
                document_key=uuid5(place.document_key, f"{position}:{ref.sha256}"),
                title=f"{holder.title} – {attachment.name}"[:500],
                is_main=False,
                file=File(name=attachment.name, media_type=kind.value, ref=ref),
            )
            inner = Place(place.delivery_id, document.document_key, False, kind.value, place.document_key)
            sealed = await seal(self.vault, document)
            found.append(replace(inner, depth=place.depth + 1, position=position, document=sealed))
        return found

    @asynccontextmanager
    async def _room_on_disk(self) -> AsyncIterator[None]:
        """A converter that found no room says that the document is bad; that is our disk's fault, and passes."""
        try:
            yield
        except Declined as no:
            if shutil.disk_usage(self.work_folder).free < LEAST_FREE:
                raise Transient(DISK_FULL) from no
            raise

    # --- what a person chose

    async def unlocked(self, source: VaultRef, password: str) -> VaultRef:
        """The file without its password, in the vault. Raises Declined when the password does not open it."""
        with tempfile.TemporaryDirectory(dir=self.work_folder, prefix="rendition-") as name:
            locked, opened = Path(name) / "locked", Path(name) / "opened.pdf"
            await self.vault.save(source, locked)
            await self.renderer.unlock(locked, password, opened)
            return await self.vault.put(opened, "application/pdf")

    async def notice(self, document: ArchiveDocument, language: str, why: str, said: str) -> tuple[Rendition, VaultRef]:
        """A page that says why there is no rendition; the original goes to the archive beside it."""
        with tempfile.TemporaryDirectory(dir=self.work_folder, prefix="rendition-") as name:
            made = await self.renderer.notice(
                Path(name) / "notice.pdf", language=language, title=document.title, file=document.file.name, why=why,
                said=said,
            )  # fmt: skip
            return made, await self.vault.put(made.path, "application/pdf")


async def found_document(vault: Vault, row: Row) -> ArchiveDocument:
    """What was found inside another document, as a document of its own."""
    return await unseal(vault, VaultRef.model_validate(row["document"]), ArchiveDocument)


async def whole(tx: Transaction, vault: Vault, delivery_id: UUID, dossier: ArchiveDossier) -> ArchiveDossier:
    """The dossier with what lay inside its documents as attachments, and without what a person left out."""
    dossiers = await whole_ones(tx, vault, {delivery_id: dossier})
    return dossiers[delivery_id]


async def whole_ones(tx: Transaction, vault: Vault, dossiers: dict[UUID, ArchiveDossier]) -> dict[UUID, ArchiveDossier]:
    """As `whole`, for many deliveries at once. A shielded file is a variant of one document, and nothing beside it."""
    inside: dict[UUID, list[ArchiveDocument]] = defaultdict(list)
    for row in await rendered.found_inside(tx, list(dossiers)):
        if dossiers[row["delivery_id"]].kind is not DeliveryKind.SHIELDED:
            inside[row["delivery_id"]].append(await found_document(vault, row))
    out = await rendered.left_out(tx, list(dossiers))
    return {
        delivery: dossier.model_copy(
            update={
                "documents": tuple(
                    one
                    for one in (*dossier.documents, *inside[delivery])
                    if rendition_key(dossier.kind, one) not in out
                )
            }
        )
        for delivery, dossier in dossiers.items()
    }


def _place_of(row: Row) -> Place:
    names = ("delivery_id", "document_key", "is_main", "media_type", "holder_key", "depth", "position")
    where = {name.removesuffix("_key") if name == "holder_key" else name: row[name] for name in names}
    return Place(**where, document=VaultRef.model_validate(row["document"]))
