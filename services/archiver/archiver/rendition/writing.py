"""Plain text, web pages and e-mail, made into something LibreOffice reads without guessing."""

from __future__ import annotations

import codecs
import html
import re
from collections import Counter
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pypdfium2

from archiver.rendition.refusals import DAMAGED, EMPTY, refusal
from archiver.rendition.sameness import recall, words

MAX_ATTACHMENTS = 100
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_ACTIVE = re.compile(
    r"<(script|iframe|object|embed|applet|form)\b.*?</\1\s*>|<(?:link|base|meta|script|iframe|embed)\b[^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_REMOTE = re.compile(r"""\b(src|background|data|poster|srcset)\s*=\s*(["']?)\s*(?!data:)[^"'\s>]*\2""", re.IGNORECASE)
_REMOTE_STYLE = re.compile(r"url\s*\(\s*[\"']?(?!data:)[^)]*\)|@import[^;]*;", re.IGNORECASE)
_BODY = re.compile(r"<body[^>]*>(.*?)(?:</body>|\Z)", re.IGNORECASE | re.DOTALL)
_SHOWN_HEADERS = (("From", "Fra"), ("To", "Til"), ("Cc", "Kopi"), ("Date", "Dato"), ("Subject", "Emne"))


def read_text(source: str, destination: str) -> dict[str, Any]:
    """The text as UTF-8 with ordinary line ends. A missing character set is guessed, and that is noted."""
    text, is_guess = _decoded(Path(source).read_bytes(), None)
    if not text.strip():
        raise refusal(EMPTY)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    Path(destination).write_text(text, encoding="utf-8")
    return {"notes": {"charset-guessed": 1} if is_guess else {}}


def read_html(source: str, destination: str) -> dict[str, Any]:
    """The page in pure ASCII, so that no character set can be mistaken, with nothing active and nothing from afar."""
    content = Path(source).read_bytes()
    declared = _CHARSET.search(content[:4096])
    page, is_guess = _decoded(content, declared.group(1).decode() if declared else None)
    safe, removed = _harmless(page)
    _write(destination, safe)
    notes = {"charset-guessed": int(is_guess and not page.isascii()), "external-content-removed": removed}
    return {"notes": {code: count for code, count in notes.items() if count}}


def read_mail(source: str, destination: str, *, attachments: str) -> dict[str, Any]:
    """The e-mail as a page: the headers a reader knows, then the body. Attachments are taken out and told of."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(Path(source).read_bytes())
    except (MessageError, ValueError, LookupError):
        raise refusal(DAMAGED) from None
    body, removed = _body(message)
    rows = "".join(
        f"<p><b>{label}:</b> {html.escape(str(message[name]))}</p>" for name, label in _SHOWN_HEADERS if message[name]
    )
    _write(destination, f"<html><body>{rows}<hr>{body}</body></html>")
    taken = _take_attachments(message, Path(attachments))
    notes = {"attachments-found": len(taken), "external-content-removed": removed}
    return {"notes": {code: count for code, count in notes.items() if count}, "attachments": taken}


def words_kept(source: str, candidate: str) -> dict[str, Any]:
    """The share of a UTF-8 text's words that its PDF shows; broken lines may part long words."""
    made = pypdfium2.PdfDocument(candidate)
    share = recall(Counter(Path(source).read_text("utf-8").split()), words(made))
    return {"recall": share, "pages": len(made)}


def _decoded(content: bytes, declared: str | None) -> tuple[str, bool]:
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace"), False
    for charset in (declared, "utf-8"):
        try:
            if charset:
                return content.decode(charset), False
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace"), True


def _harmless(page: str) -> tuple[str, int]:
    page = _ACTIVE.sub("", page)
    page, pictures = _REMOTE.subn("", page)
    page, styles = _REMOTE_STYLE.subn("", page)
    return page, pictures + styles


def _write(destination: str, page: str) -> None:
    Path(destination).write_bytes(page.encode("ascii", "xmlcharrefreplace"))


def _body(message: EmailMessage) -> tuple[str, int]:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return "", 0
    try:
        text = str(part.get_content())
    except (LookupError, ValueError):  # an unknown character set: better with question marks than not at all
        payload = part.get_payload(decode=True)
        text = payload.decode("cp1252", "replace") if isinstance(payload, bytes) else ""
    if part.get_content_subtype() == "html":
        inner = _BODY.search(text)
        return _harmless(inner.group(1) if inner else text)
    lines = (html.escape(line) for line in text.splitlines())
    return f"<p>{'<br>'.join(lines)}</p>", 0


def _take_attachments(message: EmailMessage, folder: Path) -> list[dict[str, str]]:
    taken: list[dict[str, str]] = []
    for part in message.iter_attachments():
        content = _content(part)
        if content and len(taken) < MAX_ATTACHMENTS:
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / str(len(taken) + 1)
            target.write_bytes(content)
            taken.append({"path": str(target), "name": part.get_filename() or f"vedlegg {len(taken) + 1}"})
    return taken


def _content(part: Any) -> bytes:
    if part.get_content_type() == "message/rfc822":
        return bytes(part.get_payload(0))
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
