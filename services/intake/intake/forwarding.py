"""Mail that does not belong here: what goes with it to the general archive, or to another organisation (M4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from intake import store
from intake.mailroom import Mailroom
from sikkersak.clock import OSLO
from sikkersak.contracts.intake import Attachment
from sikkersak.contracts.notifier import ForwardingDossier, ForwardToArchive, ForwardToOrganisation, LetterDossier
from sikkersak.contracts.values import File, Party, PartyKind
from sikkersak.errors import Declined
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault import VaultRef
from sikkersak.vault.sealed import seal

OURSELVES: Final = "Sikker Sak"
TEXT: Final = "text/plain"
NOTE_NAME: Final = "Følgebrev.txt"
NOTE: Final = """Vedlagt er post som er mottatt hos oss, men som hører hjemme hos dere.

Tittel: {title}
Opprinnelig avsender: {sender}
Mottatt hos oss: {received:%d.%m.%Y kl. %H.%M}
{remark}
Vi har ikke beholdt posten. Ta kontakt med opprinnelig avsender hvis noe mangler.
"""


@dataclass(frozen=True)
class Receiver:
    """An organisation that mail is sent to."""

    organisation: str
    name: str


async def to_archive(tx: Transaction, mailroom: Mailroom, row: Row, case_number: str | None) -> ForwardToArchive:
    """The order for the general archive."""
    attachments = await _content(tx, row)
    dossier = ForwardingDossier(
        title=row["title"],
        sender=Party.model_validate(row["sender"]),
        received_at=row["received_at"],
        archive_case_number=case_number,
        files=tuple(one.file for one in attachments),
    )
    return ForwardToArchive(mail_id=row["mail_id"], dossier=await seal(mailroom.vault, dossier))


async def to_organisation(
    tx: Transaction, mailroom: Mailroom, row: Row, to: Receiver, remark: str | None
) -> ForwardToOrganisation:
    """The order for another organisation: the files as they came, and a note that says whose they were."""
    if to.organisation == row["receiver_organisation"]:
        raise Declined("forward-to-self", "Posten er sendt til dette organisasjonsnummeret. Velg et annet.", status=422)
    attachments = await _content(tx, row)
    if any(one.file.ref.size == 0 for one in attachments):
        raise Declined("attachment-empty", "Et vedlegg er tomt og kan ikke sendes. Del det ut av forsendelsen først.")
    dossier = LetterDossier(
        title=row["title"],
        receiver=Party(kind=PartyKind.ORGANISATION, name=to.name, national_id=to.organisation),
        sender_organisation=row["receiver_organisation"] or to.organisation,
        sender_name=OURSELVES,
        case_number="",
        files=(*(one.file for one in attachments), await _note(mailroom, row, remark)),
    )
    return ForwardToOrganisation(mail_id=row["mail_id"], dossier=await seal(mailroom.vault, dossier))


def sender_of(row: Row) -> Receiver:
    """Who can be sent it back."""
    sender = Party.model_validate(row["sender"])
    if sender.kind is not PartyKind.ORGANISATION or not sender.national_id or row["way"] != "svarinn":
        raise Declined(
            "sender-unknown", "Avsenderen har ikke noe organisasjonsnummer, så posten kan ikke sendes tilbake."
        )
    return Receiver(sender.national_id, sender.name)


async def _content(tx: Transaction, row: Row) -> tuple[Attachment, ...]:
    attachments = await store.attachments(tx, row["mail_id"])
    if not attachments:
        raise Declined("nothing-to-forward", "Det er ingen vedlegg å sende.")
    return attachments


async def _note(mailroom: Mailroom, row: Row, remark: str | None) -> File:
    text = NOTE.format(
        title=row["title"],
        sender=row["sender"]["name"],
        received=row["received_at"].astimezone(OSLO),
        remark=f"Merknad: {remark}\n" if remark else "",
    )
    ref: VaultRef = await mailroom.vault.put(text.encode(), TEXT, row["mail_id"])
    return File(name=NOTE_NAME, media_type=TEXT, ref=ref)
