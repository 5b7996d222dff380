"""E-mail to one member of staff: what has happened and where to click, nothing sensitive, however much it was (M22)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from notifier.channels import Channels
from notifier.digest import heading, sentences
from notifier.domain import DELIVERED
from notifier.email import Smtp
from notifier.postroom import Carried
from notifier.store import staff
from sikkersak.clock import now
from sikkersak.contracts.cases import StaffContact
from sikkersak.errors import Declined
from sikkersak.messaging.circuit import Circuit
from sikkersak.persistence.database import Database, Row
from sikkersak.vault import Vault, unseal

TEXT: Final = """Hei,

{lines}

Åpne Sikker Sak: {address}

Hva du får varsel om på e-post, og når, velger du selv i Sikker Sak. Du kan ikke svare på denne e-posten.
"""


@dataclass(frozen=True)
class Letterhead:
    """Who the mail comes from, and where its link leads."""

    sender: str
    public_url: str


class StaffMailCarrier:
    """Hands over mails to staff. One whose reply was lost goes out again as the same message."""

    def __init__(
        self, smtp: Smtp, vault: Vault, database: Database, channels: Channels, letterhead: Letterhead
    ) -> None:
        self._smtp = smtp
        self._vault = vault
        self._database = database
        self._channels = channels
        self._letterhead = letterhead

    @property
    def circuit(self) -> Circuit:
        """The mail server's."""
        return self._smtp.circuit

    async def carry(self, row: Row, *, is_repeated: bool) -> Carried:
        """Delivered when the mail server has accepted it. Key: the Message-ID, which follows from the consignment's id."""
        del is_repeated
        async with self._database.transaction() as tx:
            contact = await staff.contact_of(tx, row["staff_id"])
        if contact is None:
            raise Declined("no-address", "Mottakeren har sluttet eller har ingen e-postadresse.")
        address = (await unseal(self._vault, contact, StaffContact)).email
        lines = [f"- {said}" for said in await sentences(row, self._vault, self._channels)]
        await self._smtp.deliver(self._mail(row, address, lines))
        return Carried(DELIVERED)

    def _mail(self, row: Row, address: str, lines: list[str]) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._letterhead.sender, address, f"Sikker Sak: {heading(row)}"
        mail["Date"] = format_datetime(now())
        domain = self._letterhead.sender.rpartition("@")[2].rstrip(">") or "localhost"
        mail["Message-ID"] = f"<{row['consignment_id']}.varsel@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(TEXT.format(lines="\n".join(lines), address=self._letterhead.public_url))
        return mail
