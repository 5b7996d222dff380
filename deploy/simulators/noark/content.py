"""The files of the document objects: received in a stream, verified, kept under the id of their object."""

from __future__ import annotations

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
from starlette.requests import ClientDisconnect

from simulators.noark.codes import PDFA_FORMATS, filled
from simulators.noark.refusal import Refused
from simulators.noark.tree import Entity

ARCHIVE_FLAVOURS = ("1A", "1B", "2A", "2B", "2U")


def claimed_flavour(path: Path) -> str | None:
    """The PDF/A part and conformance that the file claims in its XMP (`2B`); None for anything else."""
    try:
        with pikepdf.open(path) as document, document.open_metadata(update_docinfo=False) as metadata:
            return metadata.pdfa_status.upper() or None
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError):
        return None


@dataclass
class Arrival:
    """A file on its way in."""

    path: Path
    media_type: str
    total: int | None = None
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    async def take(self, stream: AsyncIterator[bytes]) -> None:
        """Appends a stream; of one that breaks off nothing is kept.

        :raises Refused: 422 for a broken one.
        """
        size, digest = self.size, self.digest.copy()
        try:
            with self.path.open("ab") as file:
                async for piece in stream:
                    file.write(piece)
                    self.digest.update(piece)
                    self.size += len(piece)
        except ClientDisconnect as gone:
            self.size, self.digest = size, digest
            os.truncate(self.path, size)
            raise Refused(422, "Filen ble ikke mottatt") from gone


class Files:
    """The folder of files, and the uploads that come in several requests."""

    def __init__(self, folder: Path, flavours: tuple[str, ...]) -> None:
        self.folder = folder / "content"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.flavours = flavours
        self.sessions: dict[str, tuple[str, Arrival]] = {}
        self.damaged_next = 0

    def arrival(self, media_type: str, total: int | None = None) -> Arrival:
        """Room for a new file."""
        return Arrival(self.folder / f"{uuid.uuid4()}.part", media_type.split(";", maxsplit=1)[0].strip(), total)

    def path(self, entity: Entity) -> Path:
        """Where the file of a document object lies."""
        return self.folder / entity.id

    def session(self, target: Entity, arrival: Arrival) -> str:
        """A new upload in several requests."""
        name = str(uuid.uuid4())
        self.sessions[name] = (target.id, arrival)
        return name

    async def accept(self, entity: Entity, arrival: Arrival) -> dict[str, Any]:
        """Verifies a file that has arrived whole against what was announced, and gives the object's fields.

        :raises Refused: 400 when it differs, or is not a format that the archive takes as archive variant.
        """
        try:
            flavour = await asyncio.to_thread(claimed_flavour, arrival.path)
            found = self._found(entity, arrival, flavour)
            for name, value in found.items():
                if entity.body.get(name, value) != value:
                    raise Refused(400, f"Filen stemmer ikke med oppgitt {name}")
            if entity.code("variantformat") == "A" and flavour not in self.flavours:
                raise Refused(400, "Filen er ikke i godkjent arkivformat (PDF/A-1a, 1b, 2a, 2b eller 2u)")
            arrival.path.replace(self.path(entity))
        finally:
            arrival.path.unlink(missing_ok=True)
        if self.damaged_next:
            self.damaged_next -= 1
            found["sjekksum"] = self._damage(entity)
        return {"filnavn": entity.id, **entity.body, **found, "referanseDokumentfil": f"content/{entity.id}"}

    def _found(self, entity: Entity, arrival: Arrival, flavour: str | None) -> dict[str, Any]:
        declared = entity.body.get("format")
        known = PDFA_FORMATS.get(flavour or "")
        is_pdfa = declared is not None and declared["kode"] in PDFA_FORMATS.values()
        found = known if known and (declared is None or is_pdfa) else None
        code = filled("format", {"kode": found}) if found else declared
        if is_pdfa and found is None:
            code = filled("format", {"kode": "av/0"})
        return {
            "sjekksum": arrival.digest.hexdigest(),
            "sjekksumAlgoritme": "SHA-256",
            "filstoerrelse": arrival.size,
            "mimeType": arrival.media_type or "application/octet-stream",
            "format": code or filled("format", {"kode": "av/0"}),
        }

    def _damage(self, entity: Entity) -> str:
        """A disk that forgets: the file is kept with its last byte changed."""
        content = bytearray(self.path(entity).read_bytes())
        content[-1] ^= 0xFF
        self.path(entity).write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    def reset(self) -> None:
        """Removes all files."""
        self.sessions.clear()
        self.damaged_next = 0
        for file in self.folder.iterdir():
            file.unlink()
