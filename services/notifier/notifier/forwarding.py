"""Forwarding to the general archive: the content in one mail, its password in another (M4)."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from notifier.domain import DELIVERED
from notifier.email import Smtp
from notifier.package import new_password, write_package
from notifier.postroom import Carried
from notifier.store import consignments
from sikkersak.clock import now
from sikkersak.contracts.notifier import ForwardingDossier
from sikkersak.errors import Declined
from sikkersak.messaging.circuit import Circuit
from sikkersak.persistence.database import Database, Row
from sikkersak.vault import Vault, VaultRef, seal, unseal

SUBJECT: Final = "Videresendt post fra Sikker Sak"
CONTENT_LETTER: Final = """Hei,

Vedlagt er post som er mottatt i Sikker Sak, men som hører hjemme i arkivet hos dere.
{case}
Vedlegget er kryptert (zip med AES-256). Passordet kommer i en egen e-post med samme referanse.

Referanse: {reference}
"""
SECOND_LETTER: Final = """Hei,

Passord til kryptert vedlegg i e-posten med referanse {reference}:

{password}

Slett denne e-posten når vedlegget er åpnet og lagret.
"""


class Password(BaseModel):
    """Sealed in the vault until both mails are sent."""

    password: str


@dataclass(frozen=True)
class Addresses:
    """Who forwarded mail comes from and goes to."""

    sender: str
    mailbox: str


class ForwardingCarrier:
    """Brings forwarded mail to the general archive's mailbox."""

    def __init__(
        self, smtp: Smtp, addresses: Addresses, vault: Vault, database: Database, work_folder: Path, largest: int
    ) -> None:
        self._smtp = smtp
        self._addresses = addresses
        self._vault = vault
        self._database = database
        self._work_folder = work_folder
        self._largest = largest

    @property
    def circuit(self) -> Circuit:
        """The mail server's."""
        return self._smtp.circuit

    async def carry(self, row: Row, *, is_repeated: bool) -> Carried:
        """Delivered when both mails are accepted. Key: the Message-IDs, which follow from the consignment's id.

        A mail whose reply was lost goes out again as the same message: same Message-ID, same password.
        """
        del is_repeated
        row, password = await self._password(row)
        if row["content_sent_at"] is None:
            await self._send_content(row, password)
            await self._note(row, content_sent_at=now())
        if row["password_sent_at"] is None:
            await self._smtp.deliver(self._password_mail(row, password))
            await self._note(row, password_sent_at=now())
        return Carried(DELIVERED)

    async def _password(self, row: Row) -> tuple[Row, str]:
        """The package's password, made and sealed before anything is sent. It outlives a crash between the mails."""
        if row["password"] is not None:
            sealed = await unseal(self._vault, VaultRef.model_validate(row["password"]), Password)
            return row, sealed.password
        made = Password(password=new_password())
        ref = await seal(self._vault, made)
        return await self._note(row, password=ref.model_dump(mode="json")), made.password

    async def _send_content(self, row: Row, password: str) -> None:
        dossier = await unseal(self._vault, VaultRef.model_validate(row["dossier"]), ForwardingDossier)
        size = sum(file.ref.size for file in dossier.files)
        if size > self._largest:
            raise Declined(
                "forwarding-too-large",
                f"Vedleggene er på {size // 1_000_000} MB, og e-posten kan ta {self._largest // 1_000_000} MB.",
            )
        with tempfile.TemporaryDirectory(dir=self._work_folder, prefix="forwarding-") as name:
            path = Path(name) / "package.zip"
            await write_package(self._vault, dossier, password, path)
            package = await asyncio.to_thread(path.read_bytes)
        await self._smtp.deliver(self._content_mail(row, dossier.archive_case_number, package))

    def _content_mail(self, row: Row, case_number: str | None, package: bytes) -> EmailMessage:
        reference = _reference(row)
        case = f"Saksnummer hos dere: {' '.join(case_number.split())}\n" if case_number else ""
        mail = self._mail(row, "innhold", f"{SUBJECT} ({reference})")
        mail.set_content(CONTENT_LETTER.format(case=case, reference=reference))
        mail.add_attachment(package, maintype="application", subtype="zip", filename=f"post-{reference}.zip")
        return mail

    def _password_mail(self, row: Row, password: str) -> EmailMessage:
        reference = _reference(row)
        mail = self._mail(row, "passord", f"Passord til videresendt post ({reference})")
        mail.set_content(SECOND_LETTER.format(reference=reference, password=password))
        return mail

    def _mail(self, row: Row, part: str, subject: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._addresses.sender, self._addresses.mailbox, subject
        mail["Date"] = format_datetime(now())
        domain = self._addresses.sender.rpartition("@")[2].rstrip(">") or "localhost"
        mail["Message-ID"] = f"<{row['consignment_id']}.{row['round']}.{part}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        return mail

    async def _note(self, row: Row, **values: Any) -> Row:
        async with self._database.transaction() as tx:
            return await consignments.update(tx, row["consignment_id"], **values)


def _reference(row: Row) -> str:
    """Short, and only ours: it ties the two mails together and to the row."""
    return str(row["consignment_id"]).replace("-", "")[-12:]


async def forget_password(vault: Vault, database: Database, row: Row) -> None:
    """Removes the password of a delivered forwarding. A second time does nothing."""
    await vault.delete(VaultRef.model_validate(row["password"]))
    async with database.transaction() as tx:
        await consignments.update(tx, row["consignment_id"], password=None)
