"""The archive room: how one delivery is rendered and brought to the core, with every attempt on record."""

from __future__ import annotations

import errno
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog

from archiver import bringing, store
from archiver.core import AccessRefused, ArchiveCore, OutcomeUnknown, Step
from archiver.domain import OUTCOME_UNKNOWN, resolved
from archiver.pace import Pace
from archiver.rendering import DISK_FULL, Rendering
from archiver.rendition import Renderer
from archiver.store import backlog
from archiver.store.backlog import Waiting
from sikkersak.clock import now
from sikkersak.contracts.archiver import (
    ArchiveDossier,
    DeliveryKind,
    DeliveryState,
    RenditionReady,
    Transfer,
)
from sikkersak.errors import CircuitOpen, Declined, Transient
from sikkersak.messaging.circuit import Circuit
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database, Row, Transaction
from sikkersak.vault import Vault
from sikkersak.vault.errors import VaultBusy
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import unseal

log = structlog.get_logger(__name__)
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass
class Attempted:
    """What there is to tell of an attempt that went well, and what is written together with it."""

    detail: str | None = None
    also: Callable[[Transaction], Awaitable[None]] | None = None


@dataclass(frozen=True)
class Archive:
    """What the service's handlers, operations and sweep work with."""

    database: Database
    vault: Vault
    core: ArchiveCore
    renderer: Renderer
    circuit: Circuit
    work_folder: Path
    render_seconds: float
    sweep_seconds: float
    quiet_seconds: float = 600.0
    drain_per_second: float = 20.0
    scrub_days: float = 180.0
    series: str = "ELEVSAK"
    class_id: str = "Elevsaker"
    schemas: Path | None = None
    pace: Pace = field(default_factory=Pace)

    # --- rendering

    async def render(self, row: Row) -> None:
        """Makes what is missing of a delivery's archive renditions, then orders its transfer. Key: the document's key."""
        dossier = await unseal(self.vault, VaultRef.model_validate(row["dossier"]), ArchiveDossier)
        await self._move(row["delivery_id"], DeliveryState.CONVERTING)
        async with self._on_record(row["delivery_id"], "render") as attempt:
            await self.rendering.documents(row["delivery_id"], dossier, is_urgent=row["is_urgent"])
            attempt.also = lambda tx: self._is_rendered(tx, row, dossier)

    async def _is_rendered(self, tx: Transaction, row: Row, dossier: ArchiveDossier) -> None:
        if await store.change(tx, row["delivery_id"], DeliveryState.DELIVERING, rendered_at=now()) is None:
            return
        if dossier.kind is DeliveryKind.RECORD:
            await self._tell_ready(tx, row, dossier)
        await say(tx, Transfer(delivery_id=row["delivery_id"]))

    async def _tell_ready(self, tx: Transaction, row: Row, dossier: ArchiveDossier) -> None:
        main = next(document for document in dossier.documents if document.is_main)
        ready = (await store.renditions(tx, [main.document_key]))[main.document_key]
        fact = RenditionReady(
            delivery_id=row["delivery_id"],
            document_id=row["document_id"],
            rendition=VaultRef.model_validate(ready["rendition"]),
            flavour=ready["flavour"],
        )
        await say(tx, fact)

    @property
    def rendering(self) -> Rendering:
        """The room where documents become PDF/A."""
        return Rendering(self.database, self.vault, self.renderer, self.work_folder, self.render_seconds)

    # --- delivering

    async def transfer(self, row: Row) -> None:
        """Brings a delivery to the core. Harmless at any repetition: the core is searched before anything is made (M27).

        What cannot be brought now is set aside, and taken up when what it waits for has come: no attempt is counted.
        """
        if self.circuit.is_open:
            await self._hold(row["delivery_id"], Waiting.ARCHIVE)
            return
        async with store.case_order(self.database, row["case_id"]) as is_our_turn:
            waits = await self._waits(row) if is_our_turn else Waiting.CASE
            if waits is None:
                waits = await self._deliver(row)
        if waits is not None:
            await self._hold(row["delivery_id"], waits, None if waits is Waiting.CASE else row["case_id"])

    async def _deliver(self, row: Row) -> Waiting | None:
        dossier = await unseal(self.vault, VaultRef.model_validate(row["dossier"]), ArchiveDossier)
        steps: list[Step] = []
        try:
            async with self._on_record(row["delivery_id"], "deliver", steps) as attempt, self.circuit.attempt():
                brought = await bringing.bring(
                    self.database, self.vault, self.core, row["delivery_id"], dossier, steps.append
                )
                attempt.detail = resolved(DeliveryState(row["state"]), dossier.kind, was_there=brought.was_there)
                attempt.also = lambda tx: self._settle(tx, row, brought)
        except CircuitOpen:
            if not self.circuit.is_open:  # the vault or the database is away: the ladder comes back
                raise
            return Waiting.ARCHIVE
        return None

    async def _waits(self, row: Row) -> Waiting | None:
        """The record before its evidence, everything before the closing; no other case is stopped by it."""
        return Waiting.RECORD if await backlog.has_before(self.database, row) else None

    async def _hold(self, delivery_id: UUID, waiting: Waiting, case_id: UUID | None = None) -> None:
        async with self.database.transaction() as tx:
            await backlog.hold(tx, delivery_id, waiting)
            if case_id is not None:
                await self._order_next(tx, case_id)

    async def _order_next(self, tx: Transaction, case_id: UUID) -> None:
        """Those of the case that waited for this one are ordered at once."""
        for row in await backlog.release_cases(tx, case_id):
            await say(tx, Transfer(delivery_id=row["delivery_id"]))

    async def _settle(self, tx: Transaction, row: Row, brought: bringing.Brought) -> None:
        """Archived, and told: the last thing that is written of a delivery; the next of its case may come."""
        also: dict[str, Any] = {"archived_at": now(), "next_try_at": None, "archive_reference": brought.reference}
        also["journal"] = brought.journal.model_dump(mode="json") if brought.journal else None
        await store.change(tx, row["delivery_id"], DeliveryState.ARCHIVED, **also)
        await self._order_next(tx, row["case_id"])

    # --- the record of it

    @asynccontextmanager
    async def _on_record(
        self, delivery_id: UUID, what: str, steps: list[Step] | None = None
    ) -> AsyncIterator[Attempted]:
        """Writes how it went, in its own transaction, whatever became of it."""
        began, attempt = time.monotonic(), Attempted()
        try:
            try:
                yield attempt
            except OSError as trouble:
                if trouble.errno not in FULL:
                    raise
                raise Transient(DISK_FULL) from trouble
        except CircuitOpen:
            raise
        except Transient as later:
            code = _code(what, later, is_full=later.reason == DISK_FULL)
            async with self.database.transaction() as tx:
                next_try = await store.postpone(tx, delivery_id, code, later.retry_after)
                await store.note_steps(
                    tx, delivery_id, [*(steps or ()), _summary(what, code, began)], next_try, later.reason
                )
            raise
        except Declined as no:
            async with self.database.transaction() as tx:
                await store.change(tx, delivery_id, DeliveryState.DECLINED, no.code, no.detail, next_try_at=None)
                await store.note_steps(
                    tx, delivery_id, [*(steps or ()), _summary(what, no.code, began)], None, no.detail
                )
            raise
        except BaseException:  # a bug, or the process is told to leave: on record, and never hidden
            await self._note(delivery_id, steps, _summary(what, "failed", began), Attempted())
            raise
        else:
            await self._note(delivery_id, steps, _summary(what, "ok", began), attempt)

    async def _note(self, delivery_id: UUID, steps: list[Step] | None, last: Step, attempt: Attempted) -> None:
        async with self.database.transaction() as tx:
            await store.note_steps(tx, delivery_id, [*(steps or ()), last], None, attempt.detail)
            if attempt.also is not None:
                await attempt.also(tx)

    async def _move(self, delivery_id: UUID, state: DeliveryState) -> None:
        async with self.database.transaction() as tx:
            await store.change(tx, delivery_id, state)


def _summary(what: str, verdict: str, began: float) -> Step:
    return Step(name=what, status=None, outcome=verdict, seconds=time.monotonic() - began)


def _code(what: str, later: Transient, *, is_full: bool) -> str:
    """Why it is tried again, in a word; an unknown outcome is resolved by asking the archive first (M27)."""
    if is_full or isinstance(later, VaultBusy):
        return "disk-full"
    if isinstance(later, OutcomeUnknown):
        return OUTCOME_UNKNOWN
    if isinstance(later, AccessRefused):
        return "archive-access"
    return "archive-away" if what == "deliver" else "rendering-waits"
