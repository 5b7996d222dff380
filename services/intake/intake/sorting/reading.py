"""What can be read of a file: the text of its first pages, and whether that is all there is. Runs in the limited child.

`is_whole` is only said where nothing is left unread: no further page, picture, form, note or file inside.
"""

from __future__ import annotations

import email
import email.policy
import html
import re
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, NamedTuple

MOST_PAGES: Final = 10
MOST_CHARACTERS: Final = 20_000
LARGEST_TEXT: Final = 4 << 20
LARGE_PICTURE: Final = 0.25  # of the page: less is a letterhead's mark
FEWEST: Final = 20  # characters on a page that is to be read as text; a scanner writes a stamp of its own at times
PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
LINK: Final = 2  # the kind of note that only leads elsewhere (PDF 32000-1 §12.5.6.5)
BREAK: Final = re.compile(r"</(?:w:p|text:p|text:h|p|div|tr|td|th|li|h\d)>|<(?:w:br|w:tab|text:tab|text:line-break|text:s|br)\b[^>]*>", re.IGNORECASE)  # fmt: skip
UNSEEN: Final = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>", re.IGNORECASE | re.DOTALL)
TAG: Final = re.compile(r"<[^<>]*>")
WORD_PARTS: Final = re.compile(r"^word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml$")


class Reading(NamedTuple):
    """The text, whether it is everything, and whether the first page is a picture, whose words somebody else reads."""

    text: str
    is_whole: bool
    is_scan: bool = False


NOTHING: Final = Reading("", False)


def read(path: Path) -> Reading:
    """What one file says."""
    with path.open("rb") as file:
        head = file.read(1024)
    if not head:
        return NOTHING
    if b"%PDF-" in head:
        return _cut(*_pdf(path))
    if head.startswith(PICTURES):
        return NOTHING._replace(is_scan=True)
    if head.startswith(b"PK"):
        return _cut(*_office(path))
    return _cut(*_plain(path))


def _cut(text: str, is_whole: bool, is_scan: bool = False) -> Reading:
    plain = text.replace("\x00", " ")
    is_all = is_whole and len(plain) <= MOST_CHARACTERS and bool(plain.strip())
    return Reading(plain[:MOST_CHARACTERS], is_all, is_scan)


def _pdf(path: Path) -> tuple[str, bool, bool]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
        texts: list[str] = []
        is_scan, is_whole = False, len(document) <= MOST_PAGES and not document.get_formtype()
        for number in range(min(len(document), MOST_PAGES)):
            page = document[number]
            texts.append(page.get_textpage().get_text_bounded())
            is_scan = is_scan or (not number and len(texts[0].strip()) < FEWEST and any(page.get_objects(max_depth=1)))
            is_whole = is_whole and _is_only_text(page, texts[-1])
    except pypdfium2.PdfiumError:
        return "", False, False
    return "\n\n".join(texts), is_whole, is_scan


def _is_only_text(page: Any, text: str) -> bool:
    """Whether the text of a page is all that it shows. A blank page hides nothing."""
    from pypdfium2 import raw

    width, height = page.get_size()
    objects = list(page.get_objects(max_depth=4))
    for one in objects:
        if one.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = one.get_pos() if hasattr(one, "get_pos") else one.get_bounds()
            if (right - left) * (top - bottom) > LARGE_PICTURE * width * height:
                return False
    if objects and not text.strip():
        return False
    return all(_is_link(page, at) for at in range(raw.FPDFPage_GetAnnotCount(page)))


def _is_link(page: Any, at: int) -> bool:
    from pypdfium2 import raw

    note = raw.FPDFPage_GetAnnot(page, at)
    try:
        return bool(raw.FPDFAnnot_GetSubtype(note) == LINK)
    finally:
        raw.FPDFPage_CloseAnnot(note)


def _office(path: Path) -> tuple[str, bool]:
    """Word and OpenDocument text; everything else with this head is not read."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:10_000]
            wanted = [name for name in names if WORD_PARTS.match(name)]
            if "word/document.xml" not in wanted:
                wanted = ["content.xml"] if {"mimetype", "content.xml"} <= set(names) else []
            parts = [_entry(archive, name) for name in wanted]
            holds_more = any(re.search(r"(^|/)(media|embeddings|Pictures|Object )", name) for name in names)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError, EOFError):
        return "", False
    is_whole = bool(parts) and not holds_more and all(whole for _, whole in parts)
    return "\n\n".join(_unmarked(text) for text, _ in parts), is_whole


def _entry(archive: zipfile.ZipFile, name: str) -> tuple[str, bool]:
    with archive.open(name) as file:
        content = file.read(LARGEST_TEXT + 1)
    return content[:LARGEST_TEXT].decode("utf-8", "replace"), len(content) <= LARGEST_TEXT


def _unmarked(text: str) -> str:
    """Text without its marks; words that a mark stands inside of stay whole."""
    return html.unescape(TAG.sub("", BREAK.sub("\n", UNSEEN.sub(" ", text))))


def _plain(path: Path) -> tuple[str, bool]:
    """Text, HTML and e-mail."""
    with path.open("rb") as file:
        content = file.read(LARGEST_TEXT + 1)
    if not _is_text(content[:LARGEST_TEXT]):
        return "", False
    is_whole = len(content) <= LARGEST_TEXT
    from intake.inspection import MAIL_HEADER

    if MAIL_HEADER.match(content):
        text, is_all = _mail(content)
        return text, is_all and is_whole
    return _shown(_decoded(content), is_whole=is_whole)


def _shown(text: str, *, is_whole: bool) -> tuple[str, bool]:
    if "<html" in text[:2000].lower() or "<!doctype html" in text[:2000].lower():
        return _unmarked(text), is_whole and not re.search(r"<(img|svg|object|iframe|embed)\b", text, re.IGNORECASE)
    return text, is_whole


def _mail(content: bytes) -> tuple[str, bool]:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    texts, is_whole = [str(message["subject"] or "")], True
    for part in message.walk():
        if part.is_multipart():
            continue
        if part.get_content_maintype() != "text" or part.get_content_disposition() == "attachment":
            is_whole = False
            continue
        payload = part.get_payload(decode=True)
        text, shown = _shown(_decoded(payload if isinstance(payload, bytes) else b""), is_whole=True)
        texts.append(_unmarked(text) if part.get_content_subtype() == "html" else text)
        is_whole = is_whole and shown
    return "\n\n".join(texts), is_whole


def _is_text(content: bytes) -> bool:
    """No signature of another format: neither control characters nor anything that no encoding of text has."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return True
    return not content.startswith(b"{\\rtf") and not any(one < 9 or 13 < one < 32 for one in content[:65536])


def _decoded(content: bytes) -> str:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
