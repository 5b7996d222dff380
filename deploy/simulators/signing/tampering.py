"""Spoils what is delivered, on order."""

from __future__ import annotations

import io
import re

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject

_TITLE = re.compile(rb"<ltv:DocumentTitle>(.)")


def tampered_pades(content: bytes, how: str | None) -> bytes:
    """The signed document, spoilt as ordered."""
    match how:
        case "pades":
            # A byte early in the file: under the seal, and in no structure a reader needs.
            at = content.index(b"\n%") + 3
            return content[:at] + bytes([content[at] ^ 0x01]) + content[at + 1 :]
        case "pades-append":
            return _with_another_page(content)
        case "pades-truncate":
            return content[: len(content) // 2]
        case _:
            return content


def tampered_xades(content: bytes, how: str | None) -> bytes:
    """A signer's evidence, spoilt as ordered."""
    return _TITLE.sub(rb"<ltv:DocumentTitle>X\1", content, count=1) if how == "xades" else content


def _with_another_page(content: bytes) -> bytes:
    """The document with a page added after the seal, as somebody could who has no key."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    empty = writer.add_object(generic.StreamObject(stream_data=b""))
    page = PageObject(contents=empty, media_box=(0, 0, 595, 842))  # type: ignore[no-untyped-call]
    writer.insert_page(page)  # type: ignore[no-untyped-call]
    buffer = io.BytesIO()
    writer.write(buffer)  # type: ignore[no-untyped-call]
    return buffer.getvalue()
