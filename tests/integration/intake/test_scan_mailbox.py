"""The scan mailbox, over IMAP as a mail server speaks it: moved when safe, set aside when not, once after a crash (M6)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from intake.alarms import Alarms
from intake.clamd import Scanner
from intake.inspector import Inspector
from intake.mailroom import Mailroom
from intake.scan_mailbox import Mailbox
from sikkersak.errors import Transient
from sikkersak.observability.metrics import Metrics
from sikkersak.persistence.database import Database
from sikkersak.testing.running import make_keys, make_schema
from sikkersak.testing.sandbox import Sandbox
from sikkersak.vault import Vault


@dataclass
class ImapServer:
    """As much of RFC 3501 as a client that sorts one folder needs."""

    folders: dict[str, dict[int, bytes]] = field(default_factory=lambda: {"INBOX": {}})
    deleted: set[int] = field(default_factory=set)
    breaks_at_copy: bool = False
    port: int = 0

    def put(self, message: EmailMessage) -> None:
        inbox = self.folders["INBOX"]
        inbox[max((one for folder in self.folders.values() for one in folder), default=0) + 1] = message.as_bytes()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := (await reader.readline()).decode().strip():
                tag, _, command = line.partition(" ")
                if command.startswith("UID COPY") and self.breaks_at_copy:
                    break
                writer.write(self.answer(tag, command))
                await writer.drain()
                if command == "LOGOUT":
                    break
        writer.close()

    def answer(self, tag: str, command: str) -> bytes:
        said = b""
        inbox, words = self.folders["INBOX"], command.replace('"', "").split()
        match words:
            case ["CAPABILITY"]:
                said = b"* CAPABILITY IMAP4rev1\r\n"
            case ["LOGIN", _, password] if password != "riktig":
                return f"{tag} NO wrong\r\n".encode()
            case ["CREATE", name]:
                self.folders.setdefault(name, {})
            case ["SELECT", _]:
                said = f"* {len(inbox)} EXISTS\r\n".encode()
            case ["UID", "SEARCH", *_]:
                said = f"* SEARCH {' '.join(map(str, inbox))}\r\n".encode()
            case ["UID", "FETCH", uid, "(RFC822.SIZE)"]:
                said = f"* 1 FETCH (UID {uid} RFC822.SIZE {len(inbox[int(uid)])})\r\n".encode()
            case ["UID", "FETCH", uid, _]:
                content = inbox[int(uid)]
                said = f"* 1 FETCH (UID {uid} BODY[] {{{len(content)}}}\r\n".encode() + content + b")\r\n"
            case ["UID", "COPY", uid, name]:
                self.folders[name][int(uid)] = inbox[int(uid)]
            case ["UID", "STORE", uid, *_]:
                self.deleted.add(int(uid))
            case ["EXPUNGE"]:
                self.folders["INBOX"] = {uid: one for uid, one in inbox.items() if uid not in self.deleted}
        return said + f"{tag} OK done\r\n".encode()


@pytest.fixture
async def imap() -> AsyncIterator[ImapServer]:
    made = ImapServer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.fixture
async def mailroom(place: Sandbox, tmp_path: Path) -> AsyncIterator[Mailroom]:
    await make_schema(place, "intake")
    make_keys(tmp_path)
    (tmp_path / "work").mkdir()
    database = await Database.connect(place.database_url, application="test", size=4)
    vault = await Vault.open(f"file://{tmp_path}/vault", tmp_path / "vault_keys.json")
    inspector = Inspector()
    yield Mailroom(
        database=database,
        vault=vault,
        inspector=inspector,
        scanner=Scanner(None),
        systems=(),
        alarms=Alarms(database, Metrics()),
        work_folder=tmp_path / "work",
        largest_shipment=1_000_000,
        poll_seconds=1,
        sweep_seconds=1,
        lease_seconds=30,
    )
    await inspector.close()
    await database.close()


def scanned(subject: str, *files: tuple[str, bytes]) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "skriver@kommune.example", "skann@kommune.example"
    message.set_content("Fra skriveren i 2. etasje")
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


async def kept(mailroom: Mailroom) -> list[tuple[Any, ...]]:
    sql = """select m.title, m.named_case, m.way, a.file->>'name' as name, a.file->>'media_type' as kind
    from mail m join attachments a using (mail_id) where m.stored_at is not null order by m.mail_id, a.position"""
    async with mailroom.database.transaction() as tx:
        return [tuple(row) for row in await tx.fetch(sql)]


async def test_scanned_mail_is_taken_in_once_and_moved_when_it_is_safe(mailroom: Mailroom, imap: ImapServer) -> None:
    box = Mailbox(f"imap://skann@127.0.0.1:{imap.port}/INBOX", "riktig", "310000019")
    imap.put(scanned("Skann til sak 2026-77", ("../æ.txt", b"Tekst\n"), ("b.txt", b"Mer tekst\n")))
    imap.put(scanned("Uten vedlegg"))
    imap.breaks_at_copy = True  # as if the power went between our commit and the move
    with pytest.raises(Transient):
        await box.look(mailroom)
    imap.breaks_at_copy = False
    await box.look(mailroom)
    first, second, third = await kept(mailroom)
    assert first == ("Skann til sak 2026-77", "2026/77", "mailbox", "æ.txt", "text/plain")
    assert second[3] == "b.txt"
    assert third[0] == "Uten vedlegg"
    assert imap.folders["INBOX"] == {}
    assert len(imap.folders["Behandlet"]) == 2


async def test_bad_mail_is_set_aside_and_refused_credentials_are_no_bug(mailroom: Mailroom, imap: ImapServer) -> None:
    empty = EmailMessage()
    empty["Subject"] = "Tom"
    imap.put(empty)
    imap.put(scanned("Etterpå", ("a.txt", b"Tekst\n")))
    with pytest.raises(Transient):
        await Mailbox(f"imap://skann@127.0.0.1:{imap.port}", "feil", "").look(mailroom)
    await Mailbox(f"imap://skann@127.0.0.1:{imap.port}", "riktig", "").look(mailroom)
    assert len(imap.folders["Feil"]) == 1
    assert [row[0] for row in await kept(mailroom)] == ["Etterpå"]
