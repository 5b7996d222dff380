"""The mailroom: what the service's handlers, operations and poller work with, and how one shipment is taken in."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from intake import store
from intake.domain import sort
from intake.inspection import inspect
from intake.packaging import Unpacked, unpack
from intake.svarinn.client import FULL_LIST, LeftQueue, SvarInn, WrongPassword
from intake.svarinn.envelope import ReceiverKey, decrypt
from intake.svarinn.shipment import Shipment
from sikkersak.clock import now
from sikkersak.contracts.intake import Attachment, MailReceived
from sikkersak.contracts.values import File
from sikkersak.errors import Declined, Transient
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database, Row
from sikkersak.vault import Vault

log = structlog.get_logger(__name__)

# Shown to the sender: no personal data, no details of ours.
REPORT: Final = "Mottakersystemet klarte ikke å lese forsendelsen. Den prøves igjen."


@dataclass(frozen=True)
class Mailroom:
    """Everything that takes a shipment from SvarInn to safety."""

    database: Database
    vault: Vault
    svarinn: SvarInn
    keys: list[ReceiverKey]
    work_folder: Path
    largest_shipment: int
    poll_seconds: float

    async def poll(self) -> None:
        """One round: every listed shipment is taken in and acknowledged; a stuck one never stops the others."""
        listed = await self.svarinn.waiting()
        new = 0
        for shipment in listed:
            try:
                new += await self._take_in(shipment)
            except WrongPassword:
                raise
            except Transient as later:
                log.warning("shipment_waits", shipment_id=str(shipment.shipment_id), reason=later.reason)
            except Exception as bug:  # a bug: this one comes again in the next round, the others go on
                log.exception("shipment_skipped", exception_type=type(bug).__name__)
        if len(listed) >= FULL_LIST and new == 0:
            log.error("svarinn_list_is_full", listed=len(listed))

    async def _take_in(self, shipment: Shipment) -> bool:
        """From seen to acknowledged; each step is repeated until it is done. Key: the shipment's id. True if new here."""
        async with self.database.transaction() as tx:
            row = await store.note_seen(tx, self.svarinn.system, shipment)
        is_new = row["stored_at"] is None
        if is_new:
            if row["next_try_at"] > now():
                return False
            try:
                await self._store(shipment, row)
            except (Transient, Declined) as problem:
                await self._failed(shipment, row, problem)
                return False
            except Exception as bug:  # bytes that nobody foresaw: kept with a reason and its next try like any other
                log.exception("shipment_unforeseen", mail_id=str(row["mail_id"]), exception_type=type(bug).__name__)
                await self._failed(shipment, row, Declined("internal-error", "Forsendelsen kunne ikke leses."))
                return False
        await self._acknowledge(row)
        return is_new

    async def _store(self, shipment: Shipment, row: Row) -> None:
        """Downloads, decrypts, unpacks, checks, keeps: all of it is safe before one row says so (R7)."""
        with tempfile.TemporaryDirectory(dir=self.work_folder, prefix="shipment-") as name:
            folder = Path(name)
            encrypted, clear, files = folder / "encrypted", folder / "clear", folder / "files"
            files.mkdir()
            await self.svarinn.download(shipment, encrypted)
            await asyncio.to_thread(decrypt, encrypted, clear, self.keys)
            encrypted.unlink()
            unpacked = await asyncio.to_thread(unpack, clear, shipment.files, files, largest=self.largest_shipment)
            clear.unlink()
            attachments = await self._keep(unpacked)
        digest = hashlib.sha256("".join(sorted(one.file.ref.sha256 for one in attachments)).encode()).digest()
        decision = sort(shipment.title, shipment.shipment_type or "")
        async with self.database.transaction() as tx:
            if await store.keep_stored(tx, row["mail_id"], attachments, decision, digest):
                fact = MailReceived(
                    mail_id=row["mail_id"],
                    receiver_organisation=row["receiver_organisation"],
                    attachments=len(attachments),
                    belonging=decision.belonging,
                )
                await say(tx, fact)

    async def _keep(self, unpacked: list[Unpacked]) -> list[Attachment]:
        findings = await inspect([one.path for one in unpacked]) if unpacked else []
        kept = []
        for one, finding in zip(unpacked, findings, strict=True):
            ref = await self.vault.put(one.path, finding.media_type)
            file = File(name=one.name, media_type=finding.media_type, ref=ref)
            kept.append(Attachment(attachment_id=new_id(), file=file, problem=finding.problem))
        return kept

    async def _acknowledge(self, row: Row) -> None:
        """Only after the commit. One that has left the queue needs no acknowledgement any more."""
        if row["acknowledged_at"] is not None:
            log.info("shipment_listed_after_acknowledgement", mail_id=str(row["mail_id"]))
        try:
            await self.svarinn.acknowledge(row["shipment_id"])
        except LeftQueue:
            log.warning("shipment_left_queue", mail_id=str(row["mail_id"]))
        async with self.database.transaction() as tx:
            await store.keep_acknowledged(tx, row["mail_id"])

    async def _failed(self, shipment: Shipment, row: Row, problem: Transient | Declined) -> None:
        """Kept as a row with its reason and its next try; reported to the sender sparingly, never as permanent."""
        if isinstance(problem, WrongPassword):
            raise problem
        code = problem.code if isinstance(problem, Declined) else "try-again"
        async with self.database.transaction() as tx:
            await store.keep_problem(tx, row["mail_id"], code)
            is_to_report = await store.may_report(tx, row["mail_id"])
        log.warning("shipment_not_taken_in", mail_id=str(row["mail_id"]), code=code)
        if is_to_report and not isinstance(problem, LeftQueue):
            await self.svarinn.report_temporary_failure(shipment.shipment_id, REPORT)
