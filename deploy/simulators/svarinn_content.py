"""What a receiver downloads: all files as one ZIP or one PDF, encrypted once (SvarInn §3.6)."""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from simulators.svarinn_encryption import encrypt, key_pair
from simulators.svarinn_shipment import PDF, Damage, Shipment


class OneWay(io.RawIOBase):
    """A file that cannot go back, so that the ZIP gets data descriptors as KS's has."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def writable(self) -> bool:
        """Only that."""
        return True

    def seekable(self) -> bool:
        """Never."""
        return False

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Passes on."""
        return self._target.write(data)


@dataclass(frozen=True)
class Payload:
    """An encrypted download; the headers describe what is inside."""

    path: Path
    media_type: str
    filename: str


def pack(shipment: Shipment, folder: Path, target: Path) -> None:
    """Writes the plain payload."""
    if shipment.damage is Damage.NOT_AN_ARCHIVE:
        target.write_bytes(b"Dette er ikke et arkiv.\n")
        return
    if shipment.packaging == "pdf":
        shutil.copyfile(folder / str(shipment.files[0].position), target)
        return
    left_out = 1 if shipment.damage is Damage.MISSING_FILE else 0
    with target.open("wb") as file, zipfile.ZipFile(OneWay(file), "w", zipfile.ZIP_DEFLATED) as archive:
        for stored in shipment.files[left_out:]:
            with (folder / str(stored.position)).open("rb") as source, archive.open(stored.filename, "w") as entry:
                shutil.copyfileobj(source, entry)


async def payload(shipment: Shipment, folder: Path, work: Path, certificate: str, *, indefinite: bool) -> Payload:
    """Makes the download in `work`, with the damage that was ordered."""
    plain, encrypted = work / "plain", work / "encrypted"
    pack(shipment, folder, plain)
    if shipment.damage is Damage.FOREIGN_KEY:
        _, certificate = key_pair("En annen mottaker")
    if shipment.damage is Damage.NOT_ENCRYPTED:
        shutil.copyfile(folder / "0", encrypted)
    else:
        await encrypt(plain, encrypted, certificate, indefinite=indefinite)
    if shipment.damage is Damage.TRUNCATED_CMS:
        with encrypted.open("r+b") as file:
            file.truncate(encrypted.stat().st_size // 2)
    is_pdf = shipment.packaging == "pdf"
    name = f"dokumenter-{str(shipment.id)[:8]}.{'pdf' if is_pdf else 'zip'}"
    return Payload(encrypted, PDF if is_pdf else "application/zip", name)
