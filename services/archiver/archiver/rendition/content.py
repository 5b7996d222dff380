"""What a file is, decided by its content; names and declared types are only hints (R11)."""

from __future__ import annotations

import re
import zipfile
from enum import StrEnum
from pathlib import Path

HEAD_BYTES = 4096
TEXT_SAMPLE_BYTES = 1 << 20


class Kind(StrEnum):
    """What the ladder must do with a file."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    TIFF = "image/tiff"
    GIF = "image/gif"
    BMP = "image/bmp"
    WEBP = "image/webp"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    ODT = "application/vnd.oasis.opendocument.text"
    DOC = "application/msword"
    RTF = "application/rtf"
    HTML = "text/html"
    MAIL = "message/rfc822"
    TEXT = "text/plain"
    LOCKED = "application/x-password-protected"  # an office file that cannot be read without its password
    EMPTY = "application/x-empty"
    UNKNOWN = "application/octet-stream"


IMAGES = frozenset({Kind.PNG, Kind.JPEG, Kind.TIFF, Kind.GIF, Kind.BMP, Kind.WEBP})
WRITTEN = frozenset({Kind.DOCX, Kind.ODT, Kind.DOC, Kind.RTF, Kind.HTML, Kind.TEXT})

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"II*\x00", Kind.TIFF),
    (b"MM\x00*", Kind.TIFF),
    (b"II+\x00", Kind.TIFF),
    (b"MM\x00+", Kind.TIFF),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"{\\rtf", Kind.RTF),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORD_MAIN = ("word/document.xml", "word/document2.xml")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|div|p|h1)[\s>]", re.IGNORECASE)
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[ \t]?[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n")
_MAIL_HEADERS = {b"from", b"received", b"mime-version", b"message-id", b"return-path", b"delivered-to", b"subject"}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def decide(source: Path, hint: str | None = None) -> Kind:
    """What the file is. Reads a little of it; a damaged container of a known kind keeps its kind."""
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip(b"\x00 \t\r\n\f\xef\xbb\xbf"):
        return Kind.EMPTY if _is_blank(source) else Kind.UNKNOWN
    if b"%PDF-" in head[:1024]:
        return Kind.PDF
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind.WEBP
    if head[:2] == b"BM" and head[6:10] == b"\x00\x00\x00\x00":
        return Kind.BMP
    if head.startswith(b"PK\x03\x04"):
        return _packed(source)
    if head.startswith(_OLE):
        return _compound(source)
    return _written(source, head, hint)


def _is_blank(source: Path) -> bool:
    with source.open("rb") as file:
        return not any(part.strip(b"\x00 \t\r\n\f\xef\xbb\xbf") for part in iter(lambda: file.read(1 << 16), b""))


def _packed(source: Path) -> Kind:
    try:
        with zipfile.ZipFile(source) as archive:
            names = set(archive.namelist())
            if names.intersection(_WORD_MAIN):
                return Kind.DOCX
            if "mimetype" not in names or not archive.read("mimetype").startswith(Kind.ODT.encode()):
                return Kind.UNKNOWN
            manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
            return Kind.LOCKED if b"encryption-data" in manifest else Kind.ODT
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        # The directory at the end is gone, or an entry is scrambled: what is left at the front tells what it was.
        front = source.read_bytes()[: 1 << 16]
        if b"word/" in front or b"[Content_Types].xml" in front:
            return Kind.DOCX
        return Kind.ODT if Kind.ODT.encode() in front else Kind.UNKNOWN


def _compound(source: Path) -> Kind:
    """Old Office files, and new ones behind a password, by the names of their streams (UTF-16 in the directory)."""
    content = source.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        return Kind.LOCKED
    return Kind.DOC if "WordDocument".encode("utf-16-le") in content else Kind.UNKNOWN


def _written(source: Path, head: bytes, hint: str | None) -> Kind:
    with source.open("rb") as file:
        sample = file.read(TEXT_SAMPLE_BYTES)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Kind.TEXT
    if _CONTROL.search(sample):
        return Kind.UNKNOWN
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _is_mail(bare):
        return Kind.MAIL
    is_html = _HTML.search(head) is not None
    if bare.startswith(b"<"):
        return Kind.HTML if is_html else Kind.UNKNOWN
    return Kind.HTML if is_html and hint == "text/html" else Kind.TEXT


def _is_mail(head: bytes) -> bool:
    """At least two headers of an e-mail before anything else (RFC 5322)."""
    position, names = 0, set()
    while found := _HEADER.match(head, position):
        names.add(found.group().split(b":", 1)[0].lower())
        position = found.end()
    return len(names & _MAIL_HEADERS) >= 2
