"""Unpacking: a ZIP with all files, or one bare PDF; decided by content (SvarInn, packaging).

Names in an archive are for matching and showing, never paths. Sizes are believed only as upper bounds.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from intake.svarinn.shipment import ListedFile
from sikkersak.errors import Declined, Transient

MOST_ENTRIES: Final = 1000
PIECE: Final = 1 << 18
LONGEST_NAME: Final = 200


class BrokenPackage(Declined):
    """The package cannot be opened, or is made to exhaust us."""

    def __init__(self, detail: str) -> None:
        super().__init__("broken-package", detail)


class WrongHash(Transient):
    """The content is not what the list promised: fetched again, and alarmed."""


@dataclass(frozen=True)
class Unpacked:
    """One file of a shipment, on disk under a name of ours, with the name it is known by."""

    path: Path
    name: str
    media_type: str


def unpack(package: Path, listed: tuple[ListedFile, ...], folder: Path, *, largest: int) -> list[Unpacked]:
    """Unpacks into `folder` under names of ours, at most `largest` bytes in all, each file checked against the list."""
    with package.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(b"PK"):
        return list(_from_zip(package, listed, folder, largest))
    first = listed[0] if listed else ListedFile(name="dokument.pdf", media_type="application/pdf")
    with package.open("rb") as file:
        path = folder / "0"
        _copy(file, path, first, largest)
    return [Unpacked(path, clean_name(first.name), first.media_type)]


def _from_zip(package: Path, listed: tuple[ListedFile, ...], folder: Path, largest: int) -> Iterator[Unpacked]:
    """In the order of the list; what the list does not know comes last, and nothing is left out."""
    try:
        with zipfile.ZipFile(package) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > MOST_ENTRIES:
                raise BrokenPackage(f"Pakken har {len(entries)} filer; det er flere enn vi tar imot.")
            left = largest
            for position, (entry, known) in enumerate(_matched(entries, listed)):
                path = folder / str(position)
                with archive.open(entry) as file:
                    left -= _copy(file, path, known, left)
                yield Unpacked(path, clean_name(known.name), known.media_type)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as broken:
        raise BrokenPackage("Pakken er skadet eller kryptert og kan ikke pakkes ut.") from broken


def _matched(
    entries: list[zipfile.ZipInfo], listed: tuple[ListedFile, ...]
) -> Iterator[tuple[zipfile.ZipInfo, ListedFile]]:
    left = list(entries)
    for known in listed:
        entry = next((entry for entry in left if entry.filename == known.name), None)
        if entry is None:
            raise WrongHash("a listed file is missing in the package")
        left.remove(entry)
        yield entry, known
    for entry in left:
        yield entry, ListedFile(name=PurePosixPath(entry.filename).name)


def _copy(source: IO[bytes], path: Path, known: ListedFile, most: int) -> int:
    """Copies and checks hash and size (a size of 0 means unknown). Returns the bytes written."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as target:
        while piece := source.read(PIECE):
            size += len(piece)
            if size > most:
                raise BrokenPackage("Pakken blir større enn det vi tar imot når den pakkes ut.")
            digest.update(piece)
            target.write(piece)
    if known.sha256 and digest.hexdigest() != known.sha256.lower():
        raise WrongHash("a file's hash differs from the list")
    if known.size and known.size != size:
        raise WrongHash("a file's size differs from the list")
    return size


def clean_name(name: str) -> str:
    """A name fit to show: no folders, no control or direction marks, not endless."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(character for character in last if character.isprintable()).strip() or "uten navn"
    stem, dot, suffix = shown.rpartition(".")
    if len(shown) <= LONGEST_NAME:
        return shown
    return f"{stem[: LONGEST_NAME - len(suffix) - 1]}{dot}{suffix}" if stem else shown[:LONGEST_NAME]
