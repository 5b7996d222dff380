"""Unpacking: a ZIP with all files, or one bare PDF; decided by content (SvarInn, packaging).

Names in an archive are for matching and showing, never paths. Sizes are believed only as upper bounds.
"""

from __future__ import annotations

import errno
import hashlib
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from intake.reasons import REASONS, ContentTrouble
from intake.svarinn.shipment import ListedFile
from sikkersak.errors import Declined, Transient

MOST_ENTRIES: Final = 1000
LARGEST_DIRECTORY: Final = 4 << 20  # of the names in a ZIP: it is read whole
PIECE: Final = 1 << 18
LONGEST_NAME: Final = 200
# LZMA and bzip2 let the sender choose how much memory we use.
METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
BROKEN: Final = (
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error),
    *(struct.error, UnicodeError, ValueError, OverflowError, IndexError),
)
OUR_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE})


class BrokenPackage(Declined):
    """The package cannot be opened, or is made to exhaust us; `code` says which."""

    def __init__(self, code: str = "broken-package") -> None:
        super().__init__(code, REASONS[code])


class WrongHash(ContentTrouble):
    """The content is not what the list promised: fetched again, and alarmed."""

    def __init__(self, reason: str) -> None:
        super().__init__("differs-from-list", reason)


@dataclass(frozen=True)
class Unpacked:
    """One file of a shipment, on disk under a name of ours, with the name it is known by."""

    path: Path
    name: str
    media_type: str


def unpack(package: Path, listed: tuple[ListedFile, ...], folder: Path, *, largest: int) -> list[Unpacked]:
    """Unpacks into `folder` under names of ours, at most `largest` bytes in all, each file checked against the list."""
    try:
        with package.open("rb") as file:
            magic = file.read(5)
        if magic.startswith(b"PK"):
            return list(_from_zip(package, listed, folder, largest))
        known = _bare(listed, is_pdf=magic.startswith(b"%PDF-"))
        with package.open("rb") as file:
            _copy(file, folder / "0", known, largest)
        return [Unpacked(folder / "0", clean_name(known.name), known.media_type)]
    except OSError as trouble:
        if trouble.errno in OUR_DISK:
            raise Transient(f"the work folder: {errno.errorcode[trouble.errno or 0]}") from trouble
        raise BrokenPackage from trouble


def _bare(listed: tuple[ListedFile, ...], *, is_pdf: bool) -> ListedFile:
    """What a package that is no ZIP is: the only file, or all of them merged into one PDF, which no checksum covers."""
    if len(listed) == 1:
        return listed[0]
    if is_pdf or not listed:
        return ListedFile(name="dokument.pdf" if is_pdf else "dokument")
    raise WrongHash("one file where several are listed")


def _from_zip(package: Path, listed: tuple[ListedFile, ...], folder: Path, largest: int) -> Iterator[Unpacked]:
    """In the order of the list; what the list does not know comes last, and nothing is left out."""
    try:
        _refuse_endless_directory(package)
        with zipfile.ZipFile(package) as archive:
            entries = _bounded([entry for entry in archive.infolist() if not entry.is_dir()], largest)
            left = largest
            for position, (entry, known) in enumerate(_matched(entries, listed)):
                path = folder / str(position)
                with archive.open(entry) as file:
                    left -= _copy(file, path, known, left)
                yield Unpacked(path, clean_name(known.name), known.media_type)
    except BROKEN as broken:
        raise BrokenPackage from broken


def _refuse_endless_directory(package: Path) -> None:
    """The list of names is read into memory, so its size is looked at before."""
    with package.open("rb") as file:
        file.seek(max(0, package.stat().st_size - (1 << 16) - 22 - 76))
        tail = file.read()
    end, end64 = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    size = struct.unpack_from("<I", tail, end + 12)[0] if end >= 0 else 0
    if size == 0xFFFFFFFF and end64 >= 0:
        size = struct.unpack_from("<Q", tail, end64 + 40)[0]
    if size > LARGEST_DIRECTORY:
        raise BrokenPackage("too-many-files")


def _bounded(entries: list[zipfile.ZipInfo], largest: int) -> list[zipfile.ZipInfo]:
    if len(entries) > MOST_ENTRIES:
        raise BrokenPackage("too-many-files")
    if sum(entry.file_size for entry in entries) > largest:
        raise BrokenPackage("too-large")
    if any(entry.compress_type not in METHODS for entry in entries):
        raise BrokenPackage
    return entries


def _matched(
    entries: list[zipfile.ZipInfo], listed: tuple[ListedFile, ...]
) -> Iterator[tuple[zipfile.ZipInfo, ListedFile]]:
    """By name; where names were garbled on the way, by position. Checksums say whether that was right."""
    left = list(entries)
    found: list[zipfile.ZipInfo | None] = []
    for known in listed:
        entry = next((entry for entry in left if _plain(known.name) in _names(entry)), None)
        if entry is not None:
            left.remove(entry)
        found.append(entry)
    if found.count(None) > len(left):
        raise WrongHash("a listed file is missing in the package")
    for known, entry in zip(listed, found, strict=True):
        yield entry or left.pop(0), known
    for entry in left:
        yield entry, ListedFile(name=entry.filename)


def _names(entry: zipfile.ZipInfo) -> frozenset[str]:
    """What an entry may be called: names without the UTF-8 flag are read as cp437 by rule, and are seldom that."""
    names = {_plain(entry.filename)}
    for encoding in ("utf-8", "cp1252"):
        try:
            names.add(_plain(entry.filename.encode("cp437").decode(encoding)))
        except UnicodeError:
            continue
    return frozenset(names)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name.partition("\x00")[0])


def _copy(source: IO[bytes], path: Path, known: ListedFile, most: int) -> int:
    """Copies and checks hash and size (a size of 0 means unknown). Returns the bytes written."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as target:
        while piece := source.read(PIECE):
            size += len(piece)
            if size > most:
                raise BrokenPackage("too-large")
            digest.update(piece)
            target.write(piece)
    if known.sha256 and digest.hexdigest() != known.sha256.lower():
        raise WrongHash("a file's hash differs from the list")
    if known.size and known.size != size:
        raise WrongHash("a file's size differs from the list")
    return size


def clean_name(name: str) -> str:
    """A name fit to show: no folders, no control or direction marks, not endless."""
    whole = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    last = PurePosixPath(whole.replace("\\", "/")).name
    shown = "".join(character for character in last if character.isprintable()).strip(" .") or "uten navn"
    stem, dot, suffix = shown.rpartition(".")
    if len(shown) <= LONGEST_NAME:
        return shown
    is_suffix = bool(stem) and len(suffix) <= 10
    return f"{stem[: LONGEST_NAME - len(suffix) - 1]}{dot}{suffix}" if is_suffix else shown[:LONGEST_NAME]
