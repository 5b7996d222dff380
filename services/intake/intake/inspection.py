"""Inspection: what a file really is, and what hinders its use; by content, never by name.

`judge` runs in a limited child process (`intake.inspector`), because other people's files are hostile.
"""

from __future__ import annotations

import email.parser
import re
import zipfile
from pathlib import Path
from typing import Final, NamedTuple

from intake import inspection_pdf

MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"{\\rtf", "application/rtf"),
)
PACKED: Final = ((b"Rar!\x1a\x07", "application/vnd.rar"), (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
                 (b"\x1f\x8b", "application/gzip"))  # fmt: skip
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The stream in an OLE file that says what it is; names stand there as UTF-16.
OLE_STREAMS: Final = (
    ("EncryptedPackage", "application/octet-stream", "password"),
    ("__properties_version1.0", "application/vnd.ms-outlook", None),
    ("WordDocument", "application/msword", None),
    ("Workbook", "application/vnd.ms-excel", None),
    ("PowerPoint Document", "application/vnd.ms-powerpoint", None),
)
OFFICE: Final = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
OPEN_DOCUMENT: Final = frozenset(
    f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "spreadsheet", "presentation", "graphics")
)
HEIF: Final = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"hevc"})
PDF_HEAD: Final = 1024
MIMETYPE: Final = 100
OLE_HEAD: Final = 4 << 20
MOST_ENTRIES: Final = 10_000
MAIL_HEADER: Final = re.compile(
    rb"^(received|return-path|from|to|subject|date|message-id|mime-version|x-[\w-]+|delivered-to|content-type): ",
    re.IGNORECASE,
)


class Finding(NamedTuple):
    """The media type by content, a stable code for what hinders its use, and codes for what one should know."""

    media_type: str
    problem: str | None
    warnings: tuple[str, ...] = ()


def judge(path: Path) -> Finding:
    """What one file is."""
    if path.stat().st_size == 0:
        return Finding("application/octet-stream", "empty")
    with path.open("rb") as file:
        head = file.read(PDF_HEAD)
    if b"%PDF-" in head:
        return Finding("application/pdf", *inspection_pdf.look(path))
    for magic, media_type in MAGIC:
        if head.startswith(magic):
            return Finding(media_type, None)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Finding("image/webp", None)
    if head[4:8] == b"ftyp" and head[8:12] in HEIF:
        return Finding("image/heic", None)
    for magic, media_type in PACKED:
        if head.startswith(magic):
            return Finding(media_type, "archive-in-shipment")
    if head.startswith(OLE):
        return _ole(path)
    return _archive(path) if head.startswith(b"PK") else _text(head)


def _ole(path: Path) -> Finding:
    with path.open("rb") as file:
        content = file.read(OLE_HEAD)
    for stream, media_type, problem in OLE_STREAMS:
        if stream.encode("utf-16-le") in content:
            return Finding(media_type, problem)
    return Finding("application/octet-stream", "unknown-format")


def _archive(path: Path) -> Finding:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                return Finding("application/zip", "archive-in-shipment")
            names = {entry.filename for entry in entries}
            known = next((media_type for name, media_type in OFFICE.items() if name in names), None)
            if known is None and {"mimetype", "content.xml"} <= names:
                known = _declared(archive)
            is_locked = any(entry.flag_bits & 1 for entry in entries)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError, EOFError):
        return Finding("application/zip", "damaged")
    if known:
        return Finding(known, "password" if is_locked else None, _macros(names))
    return Finding("application/zip", "password" if is_locked else "archive-in-shipment")


def _declared(archive: zipfile.ZipFile) -> str | None:
    """What an OpenDocument says that it is, when that is one of its kinds; no more of it is read than that takes."""
    with archive.open("mimetype") as file:
        said = file.read(MIMETYPE).decode("ascii", "replace").strip()
    return said if said in OPEN_DOCUMENT else None


def _macros(names: set[str]) -> tuple[str, ...]:
    return ("javascript",) if any(name.endswith("vbaProject.bin") for name in names) else ()


def _text(head: bytes) -> Finding:
    for encoding in ("utf-8", "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "latin-1"):
        try:
            text = head.decode(encoding)
        except UnicodeDecodeError as cut:
            if cut.start < len(head) - 4:
                continue
            text = head[: cut.start].decode(encoding)
        if text and all(character.isprintable() or character.isspace() for character in text.lstrip("\ufeff")):
            return Finding(_kind_of_text(head, text.lower()), None)
    return Finding("application/octet-stream", "unknown-format")


def _kind_of_text(head: bytes, text: str) -> str:
    if MAIL_HEADER.match(head) and len(email.parser.BytesHeaderParser().parsebytes(head).keys()) > 1:
        return "message/rfc822"
    if "<html" in text or "<!doctype html" in text:
        return "text/html"
    return "application/xml" if text.lstrip("\ufeff \r\n\t").startswith("<?xml") else "text/plain"
