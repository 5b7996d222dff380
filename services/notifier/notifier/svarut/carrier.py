"""Letters to SvarUt: looked for before they are sent again, so that a lost answer never makes two of one."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import structlog

from notifier.domain import SENT
from notifier.postroom import Carried
from notifier.svarut.answers import AlreadySent
from notifier.svarut.client import SvarUt
from notifier.svarut.cover import Made, needs_cover, with_cover
from notifier.svarut.encryption import Certificate, Envelope
from notifier.svarut.letter import Enclosure, Letter, compose
from sikkersak.contracts.notifier import LetterDossier
from sikkersak.contracts.values import File, PostalAddress
from sikkersak.messaging.circuit import Circuit
from sikkersak.persistence.database import Row
from sikkersak.vault import Vault, VaultRef, unseal

log = structlog.get_logger(__name__)


class LetterCarrier:
    """Brings letters to SvarUt (M21)."""

    def __init__(
        self, svarut: SvarUt, vault: Vault, work_folder: Path, reply_address: PostalAddress | None = None
    ) -> None:
        self._reply_address = reply_address
        self._svarut = svarut
        self._vault = vault
        self._work_folder = work_folder

    @property
    def circuit(self) -> Circuit:
        """SvarUt's."""
        return self._svarut.circuit

    async def carry(self, row: Row, *, is_repeated: bool) -> Carried:
        """Key: our reference, which is the consignment's id. An earlier try is looked for first."""
        reference = reference_of(row)
        if is_repeated and (found := await self._found(reference)):
            return Carried(SENT, str(found), verdict="found")
        dossier = await unseal(self._vault, VaultRef.model_validate(row["dossier"]), LetterDossier)
        if dossier.sender_address is None:
            dossier = dossier.model_copy(update={"sender_address": self._reply_address})
        letter = compose(dossier, reference, row["round"])
        if needs_cover(letter):
            letter = await with_cover(letter, dossier, self._vault)
        try:
            return Carried(SENT, str(await self._send(letter)))
        except AlreadySent:
            found = await self._found(reference)
            if found is None:  # a look-alike that is not ours
                raise
            return Carried(SENT, str(found), verdict="found")

    async def _found(self, reference: str) -> UUID | None:
        found = await self._svarut.find(reference)
        if len(found) > 1:
            log.error("letter_found_several_times", reference=reference, count=len(found))
        return found[0] if found else None

    async def _send(self, letter: Letter) -> UUID:
        certificate = await self._svarut.certificate() if letter.is_encrypted else None
        with tempfile.TemporaryDirectory(dir=self._work_folder, prefix="letter-") as name:
            paths = []
            for position, (_, file) in enumerate(letter.files):
                path = Path(name) / str(position)
                await self._write(file, path, certificate)
                paths.append(path)
            return await self._svarut.send(letter, paths)

    async def _write(self, file: Enclosure, path: Path, certificate: Certificate | None) -> None:
        """The file as it is sent. Confidential content never lies on the disk in the clear."""
        if certificate is None:
            with path.open("wb") as plain:
                async for piece in self._content(file):
                    await asyncio.to_thread(plain.write, piece)
            return
        envelope = Envelope(certificate)
        with path.open("wb") as encrypted:
            encrypted.write(envelope.begin())
            async for piece in self._content(file):
                await asyncio.to_thread(encrypted.write, envelope.update(piece))
            encrypted.write(envelope.finish())

    async def _content(self, file: Enclosure) -> AsyncIterator[bytes]:
        if isinstance(file, Made):
            yield file.content
        elif isinstance(file, File):
            async for piece in self._vault.read(file.ref):
                yield piece


def reference_of(row: Row) -> str:
    """`eksternReferanse`: the consignment's id; with the number of the round once a round has failed."""
    base = str(row["consignment_id"])
    return base if row["round"] == 1 else f"{base}-{row['round']}"
