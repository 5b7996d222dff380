"""The mailroom: what the service's handlers, operations and pollers work with, and how content is brought to safety."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from intake import case_number, store
from intake.alarms import Alarms
from intake.clamd import Scan, Scanner
from intake.inspector import Inspector
from intake.packaging import Unpacked
from intake.sorting import desk
from intake.svarinn.envelope import ReceiverKey
from intake.svarinn.port import Receiver
from sikkersak.contracts.intake import Attachment, MailReceived
from sikkersak.contracts.values import File
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database, Row, Transaction
from sikkersak.vault import Vault


@dataclass(frozen=True)
class ReceivingSystem:
    """One receiving system (mottakersystem): how it is reached, and the keys that open what it gives."""

    client: Receiver
    keys: list[ReceiverKey]


class Way(Protocol):
    """A further way in, looked at now and then."""

    async def look(self, mailroom: Mailroom) -> None:
        """One round. What goes wrong with one thing never stops the others."""


@dataclass(frozen=True)
class Mailroom:
    """Everything that takes mail from outside to safety."""

    database: Database
    vault: Vault
    inspector: Inspector
    scanner: Scanner
    systems: tuple[ReceivingSystem, ...]
    alarms: Alarms
    work_folder: Path
    largest_shipment: int
    poll_seconds: float
    sweep_seconds: float
    lease_seconds: float
    at_once: int = 4
    scan_seconds: float = 5.0
    undo_seconds: float = 0.0
    kept_for: timedelta = timedelta(days=30)
    ways: tuple[Way, ...] = ()
    is_leaving: Callable[[], bool] = lambda: False

    async def keep(self, row: Row, unpacked: list[Unpacked]) -> bool:
        """Inspects the files, keeps them, sorts the mail: all of it is safe before one row says so (R7).

        False when it was kept before: whoever comes second changes nothing. Key: the mail's id and its state.
        """
        attachments = await self.attachments(unpacked, row["mail_id"])
        async with self.database.transaction() as tx:
            return await self.settle(tx, row, attachments)

    async def settle(self, tx: Transaction, row: Row, attachments: list[Attachment]) -> bool:
        """The row that says so, and the fact. False when it was said before."""
        digest = hashlib.sha256("".join(sorted(one.file.ref.sha256 for one in attachments)).encode()).digest()
        made = await desk.sort_mail(tx, self.vault, row, attachments)
        decision = made.decision
        is_first = await store.keep_stored(tx, row["mail_id"], attachments, decision, digest)
        if is_first:
            await desk.keep(tx, row["mail_id"], made)
            fact = MailReceived(
                mail_id=row["mail_id"],
                receiver_organisation=row["receiver_organisation"],
                attachments=len(attachments),
                belonging=decision.belonging,
            )
            await say(tx, fact)
        return is_first

    async def named_case(self, name: str, path: Path, kept: list[Attachment]) -> str | None:
        """The case that a scan names itself: in its name, in a code, in its text, or in the words read of its picture."""
        named = case_number.in_name(name) or await self.inspector.named_case(path)
        return named or case_number.in_words(desk.scanned_words(kept))

    async def attachments(self, unpacked: list[Unpacked], holder: UUID) -> list[Attachment]:
        """The files, inspected, scanned and safe in the vault: copies of the mail's own, which can be removed with it.

        The same holder when the same mail is taken in again.
        """
        findings = await self.inspector.inspect([one.path for one in unpacked])
        readings = await self.inspector.read([one.path for one in unpacked])
        kept: list[Attachment] = []
        for one, finding, reading in zip(unpacked, findings, readings, strict=True):
            scan = await self.scanner.scan(one.path)
            ref = await self.vault.put(one.path, finding.media_type, holder)
            kept.append(
                desk.ReadAttachment(
                    attachment_id=new_id(),
                    file=File(name=one.name, media_type=finding.media_type, ref=ref),
                    problem="malware" if scan is Scan.INFECTED else finding.problem,
                    warnings=finding.warnings,
                    scan=scan.value,
                    reading=reading,
                )
            )
        return kept
