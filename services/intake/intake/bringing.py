"""Mail that comes in otherwise than through SvarInn: uploaded, scanned to a folder, or sent to the scan mailbox (M5, M6)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from intake.mailroom import Mailroom
from intake.packaging import Unpacked, clean_name
from intake.svarinn.shipment import fit_to_show
from sikkersak.clock import OSLO, now
from sikkersak.contracts.values import File, Party
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction

CONFIRMATION: Final = """Overført til Sikker Sak {moment:%d.%m.%Y kl. %H.%M}.
{case}Antall filer: {files}.
Referanse i Sikker Sak: {reference}.
Innholdet er trygt lagret der. Kopien her kan slettes, og posten merkes «flyttet til Sikker Sak»."""
ADD: Final = """
insert into mail (mail_id, system, shipment_id, way, title, sender, receiver_organisation, received_at,
                  origin_case_number, named_case, brought_by)
values ($1, $2, $3, $2, $4, $5, $6, $7, $8, $9, $10)
on conflict (system, shipment_id) do nothing
"""


@dataclass(frozen=True)
class Brought:
    """What is known of mail that was brought in. `key` is the same when the same thing is brought again."""

    way: str
    key: UUID
    title: str
    sender: Party
    receiver_organisation: str
    received_at: datetime | None = None
    origin_case_number: str | None = None
    named_case: str | None = None
    brought_by: UUID | None = None


async def note(tx: Transaction, brought: Brought) -> Row:
    """Its row, made now if it is new. Key: the way and the key."""
    await tx.execute(
        ADD,
        new_id(),
        brought.way,
        brought.key,
        fit_to_show(brought.title) or "Uten tittel",
        brought.sender.model_dump(mode="json"),
        brought.receiver_organisation,
        brought.received_at or now(),
        brought.origin_case_number,
        brought.named_case,
        brought.brought_by,
    )
    row = await tx.fetchrow("select * from mail where system = $1 and shipment_id = $2", brought.way, brought.key)
    assert row is not None
    return row


async def bring_in_files(tx: Transaction, mailroom: Mailroom, brought: Brought, files: tuple[File, ...]) -> Row:
    """Files that are in the vault already become mail; what they really are is found out first."""
    with tempfile.TemporaryDirectory(dir=mailroom.work_folder, prefix="upload-") as name:
        unpacked = []
        for position, file in enumerate(files):
            path = Path(name) / str(position)
            await mailroom.vault.save(file.ref, path)
            unpacked.append(Unpacked(path, clean_name(file.name), file.media_type))
        attachments = await mailroom.attachments(unpacked, brought.key)
    row = await note(tx, brought)
    await mailroom.settle(tx, row, attachments)
    return row


async def bring_in_path(mailroom: Mailroom, brought: Brought, path: Path, name: str) -> Row:
    """One file on the disk becomes mail. Safe when this returns; a second time changes nothing."""
    attachments = await mailroom.attachments(
        [Unpacked(path, clean_name(name), "application/octet-stream")], brought.key
    )
    async with mailroom.database.transaction() as tx:
        row = await note(tx, brought)
        if row["stored_at"] is None:
            await mailroom.settle(tx, row, attachments)
    return row


def confirmation(row: Row, files: int) -> str:
    """The text to paste where the mail came from: no names, no titles."""
    number = row["origin_case_number"]
    return CONFIRMATION.format(
        moment=now().astimezone(OSLO),
        case=f"Opprinnelig saksnummer: {number}.\n" if number else "",
        files=files,
        reference=str(row["mail_id"])[-12:],
    )
