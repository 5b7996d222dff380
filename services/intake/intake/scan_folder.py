"""The scan folder: multifunction printers (SafeQ) put files there, and they become mail (M6).

A file is taken when nobody has touched it for a while and nobody holds a lock on it. It is moved aside first, so that
whoever scans the same name again writes another file; and it is removed only when it is safe here. What cannot be taken
in lies in the folder `feil` with a text beside it. A folder named with nine digits says which organisation the scans
in it are for.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import structlog

from intake.bringing import Brought, note
from intake.mailroom import Mailroom
from intake.packaging import Unpacked, clean_name
from sikkersak.contracts.values import Party, PartyKind
from sikkersak.errors import Declined, Transient

log = structlog.get_logger(__name__)

NAMESPACE: Final = UUID("b0a7f6de-5d43-5c1c-8d0b-6a2f1c9e0001")
TAKEN, FAILED = ".under-arbeid", "feil"
UNFINISHED: Final = re.compile(r"^[.~]|\.(?:tmp|part|partial|crdownload|lock|filepart)$|~$", re.IGNORECASE)
ORGANISATION: Final = re.compile(r"^\d{9}$")
PATIENCE: Final = 20  # an empty file may be one whose writing has begun: it is left for so many times the quiet time
SENDER: Final = Party(kind=PartyKind.ORGANISATION, name="Skannet papirpost")


@dataclass(frozen=True)
class Folder:
    """Where scans appear, for whom, and for how many seconds nobody must have touched them."""

    path: Path
    receiver_organisation: str
    quiet_seconds: float
    seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    async def look(self, mailroom: Mailroom) -> None:
        """One round: first what was begun and not ended, then what is ready. One bad file never stops the others."""
        for begun in await asyncio.to_thread(list, self._begun()):
            await self._bring(mailroom, begun)
        for ready in await asyncio.to_thread(list, self._ready()):
            if mailroom.is_leaving():
                return
            taken = await asyncio.to_thread(self._take, ready)
            if taken is not None:
                await self._bring(mailroom, taken)

    # --- finding

    def _rooms(self) -> Iterator[Path]:
        yield self.path
        yield from sorted(one for one in self.path.iterdir() if ORGANISATION.match(one.name) and one.is_dir())

    def _begun(self) -> Iterator[Path]:
        for room in self._rooms():
            yield from sorted((room / TAKEN).glob("*"))

    def _ready(self) -> Iterator[Path]:
        """Files that are as they were in the last round, and that nobody has touched for the quiet time."""
        before, now = dict(self.seen), time.time()
        self.seen.clear()
        for room in self._rooms():
            for path in sorted(room.iterdir()):
                told = path.lstat()
                if not stat.S_ISREG(told.st_mode) or UNFINISHED.search(path.name):
                    continue
                self.seen[path] = (told.st_size, told.st_mtime_ns)
                quiet = self.quiet_seconds * (1 if told.st_size else PATIENCE)
                if before.get(path) == self.seen[path] and now - told.st_mtime >= quiet:
                    yield path

    def _take(self, path: Path) -> Path | None:
        """Moved aside, unless somebody holds a lock on it."""
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            folder = path.parent / TAKEN
            folder.mkdir(exist_ok=True)
            return path.rename(folder / path.name)
        except OSError as busy:  # still written, or gone again: looked at in the next round
            log.info("scan_not_taken", exception_type=type(busy).__name__)
            return None

    # --- taking in

    async def _bring(self, mailroom: Mailroom, path: Path) -> None:
        try:
            row_is_kept = await self._become_mail(mailroom, path)
        except Transient as later:
            log.warning("scan_waits", reason=later.reason)
        except Declined as no:
            await asyncio.to_thread(_set_aside, path, no.detail)
            log.error("scan_declined", code=no.code)
        except Exception as bug:  # a bug: kept where somebody sees it, and the others go on
            await asyncio.to_thread(_set_aside, path, "Noe gikk galt hos oss. Feilen er meldt.")
            log.exception("scan_failed", exception_type=type(bug).__name__)
        else:
            if row_is_kept:
                await asyncio.to_thread(path.unlink)

    async def _become_mail(self, mailroom: Mailroom, path: Path) -> bool:
        """Safe here, or put back because it was written to meanwhile. Key: name, time and content."""
        before = await asyncio.to_thread(path.stat)
        if before.st_size > mailroom.largest_shipment:
            raise Declined("too-large", "Filen er større enn det vi tar imot.")
        digest = await asyncio.to_thread(_digest, path)
        room = path.parent.parent
        key = uuid5(NAMESPACE, f"{room.name}/{path.name}/{before.st_mtime_ns}/{digest}")
        kept = await mailroom.attachments([Unpacked(path, clean_name(path.name), "application/octet-stream")], key)
        named = await mailroom.named_case(path.name, path, kept)
        after = await asyncio.to_thread(path.stat)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            await asyncio.to_thread(path.rename, path.parent.parent / path.name)
            return False
        brought = Brought(
            way="folder",
            key=key,
            title=f"Skannet: {clean_name(path.name)}",
            sender=SENDER,
            receiver_organisation=room.name if room != self.path else self.receiver_organisation,
            named_case=named,
        )
        async with mailroom.database.transaction() as tx:
            row = await note(tx, brought)
            if row["stored_at"] is None:
                await mailroom.settle(tx, row, kept)
        return True


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _set_aside(path: Path, reason: str) -> None:
    """Kept, with why, where whoever scanned it can see it. An earlier failure of that name is kept too."""
    folder = path.parent.parent / FAILED
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    if target.exists():
        target = folder / f"{time.time_ns()}-{path.name}"[:250]
    path.rename(target)
    (folder / f"{target.name[:240]}.txt").write_text(f"{reason}\n", encoding="utf-8")
