"""The scan mailbox: multifunction printers that scan to mail, fetched over IMAP (M6, RFC 3501).

A message is moved to the folder `Behandlet` when it is safe here, and to `Feil` when it cannot be taken in; so whatever
lies in the inbox is still to be done, also after a crash.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import hashlib
import imaplib
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid5

import structlog

from intake.bringing import Brought, note
from intake.mailroom import Mailroom
from intake.packaging import Unpacked, clean_name
from intake.svarinn.shipment import fit_to_show
from sikkersak.contracts.values import Party, PartyKind
from sikkersak.errors import Declined, Transient

log = structlog.get_logger(__name__)

NAMESPACE: Final = UUID("b0a7f6de-5d43-5c1c-8d0b-6a2f1c9e0002")
DONE, FAILED = "Behandlet", "Feil"
MOST: Final = 50  # messages a round
LARGEST: Final = 60_000_000  # bytes of a message: it is read into memory
SECONDS: Final = 60
SENDER: Final = Party(kind=PartyKind.ORGANISATION, name="Skannet papirpost")
AWAY: Final = (imaplib.IMAP4.error, OSError, EOFError)


@dataclass(frozen=True)
class Mailbox:
    """`imaps://user@host/INBOX` and its password; `imap://` is for development only."""

    url: str
    password: str
    receiver_organisation: str

    async def look(self, mailroom: Mailroom) -> None:
        """One round. One bad message never stops the others."""
        try:
            session = await asyncio.to_thread(self._open)
        except AWAY as away:
            raise Transient(f"IMAP: {type(away).__name__}") from away
        try:
            for uid in await asyncio.to_thread(_waiting, session):
                if mailroom.is_leaving():
                    return
                await self._bring(mailroom, session, uid)
        except AWAY as away:
            raise Transient(f"IMAP: {type(away).__name__}") from away
        finally:
            await asyncio.to_thread(_close, session)

    async def _bring(self, mailroom: Mailroom, session: imaplib.IMAP4, uid: str) -> None:
        try:
            content = await asyncio.to_thread(_fetch, session, uid)
            await self._become_mail(mailroom, content)
        except Transient as later:
            log.warning("scanned_mail_waits", reason=later.reason)
        except Declined as no:
            log.error("scanned_mail_declined", code=no.code)
            await asyncio.to_thread(_move, session, uid, FAILED)
        else:
            await asyncio.to_thread(_move, session, uid, DONE)

    async def _become_mail(self, mailroom: Mailroom, content: bytes) -> None:
        """Its attachments, or its text where it has none. Key: the message's checksum."""
        message = await asyncio.to_thread(email.message_from_bytes, content, policy=email.policy.default)
        key = uuid5(NAMESPACE, hashlib.sha256(content).hexdigest())
        subject = fit_to_show(str(message.get("Subject", "")))
        with tempfile.TemporaryDirectory(dir=mailroom.work_folder, prefix="scan-") as name:
            unpacked = await asyncio.to_thread(list, _files(message, Path(name)))
            if not unpacked:
                raise Declined("empty", "E-posten har ikke noe innhold.")
            kept = await mailroom.attachments(unpacked, key)
            named = await mailroom.named_case(subject, unpacked[0].path, kept)
        brought = Brought(
            way="mailbox",
            key=key,
            title=subject or "Skannet post",
            sender=SENDER,
            receiver_organisation=self.receiver_organisation,
            named_case=named,
        )
        async with mailroom.database.transaction() as tx:
            row = await note(tx, brought)
            if row["stored_at"] is None:
                await mailroom.settle(tx, row, kept)

    def _open(self) -> imaplib.IMAP4:
        address = urlsplit(self.url)
        host = address.hostname or "localhost"
        session: imaplib.IMAP4
        if address.scheme == "imaps":
            context = ssl.create_default_context()
            session = imaplib.IMAP4_SSL(host, address.port or 993, ssl_context=context, timeout=SECONDS)
        else:
            session = imaplib.IMAP4(host, address.port or 143, timeout=SECONDS)
        try:
            session.login(unquote(address.username or ""), self.password)
            for folder in (DONE, FAILED):
                session.create(folder)  # answers NO where it is there already
            told, _ = session.select(address.path.strip("/") or "INBOX")
            if told != "OK":
                raise imaplib.IMAP4.error("no such folder")
        except AWAY:
            _close(session)
            raise
        return session


def _waiting(session: imaplib.IMAP4) -> list[str]:
    _, found = session.uid("SEARCH", "UNDELETED")
    return [uid.decode() for uid in (found[0] or b"").split()][:MOST]


def _fetch(session: imaplib.IMAP4, uid: str) -> bytes:
    _, told = session.uid("FETCH", uid, "(RFC822.SIZE)")
    size = int((told[0] or b"0").rpartition(b"RFC822.SIZE ")[2].split(b")")[0].split()[0])
    if size > LARGEST:
        raise Declined("too-large", "E-posten er større enn det vi tar imot.")
    _, told = session.uid("FETCH", uid, "(BODY.PEEK[])")
    content: bytes = told[0][1]
    return content


def _move(session: imaplib.IMAP4, uid: str, folder: str) -> None:
    """Copied first: a crash in between leaves it to be done again, which changes nothing."""
    told, _ = session.uid("COPY", uid, folder)
    if told != "OK":
        raise imaplib.IMAP4.error("not copied")
    session.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
    session.expunge()


def _close(session: imaplib.IMAP4) -> None:
    with contextlib.suppress(*AWAY):
        session.logout()


def _files(message: EmailMessage, folder: Path) -> Iterator[Unpacked]:
    """Written under names of ours; other mails inside are kept as they are."""
    attached = [one for one in message.iter_attachments() if isinstance(one, EmailMessage)]
    body = message.get_body(("html", "plain"))
    for position, part in enumerate(attached or ([body] if isinstance(body, EmailMessage) else [])):
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else part.as_bytes()
        if not content:
            continue
        path = folder / str(position)
        path.write_bytes(content)
        yield Unpacked(path, clean_name(part.get_filename() or "melding"), part.get_content_type())
