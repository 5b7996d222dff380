"""Office files: Word documents, plain text, and the PDF files that give archives trouble."""

from __future__ import annotations

import io
import textwrap
import zipfile
from typing import Final

import docx
import pikepdf

from samples.paper import Sheet, pdf

PASSWORD: Final = "Solskinn-2026"  # noqa: S105 - the sender of the sample forgot to tell it
_LINES_A_PAGE: Final = 58
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def word(sheet: Sheet) -> bytes:
    """A DOCX. Its parts are packed again with one fixed time, because python-docx writes the hour into them."""
    document = docx.Document()
    document.add_heading(sheet.prose.title, level=1)
    document.add_paragraph(f"{sheet.sender}\n{sheet.prose.date}")
    for block in sheet.prose.blocks:
        if block.kind == "heading":
            document.add_heading(block.text, level=2)
        elif block.kind == "list":
            for line in block.lines:
                document.add_paragraph(line, style="List Bullet")
        elif block.kind == "table":
            _table(document, block.rows)
        else:
            document.add_paragraph(block.text)
    document.add_paragraph("\n".join(sheet.prose.signature))
    packed = io.BytesIO()
    document.save(packed)
    return _repacked(packed)


def _table(document: docx.document.Document, rows: list[list[str]]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def _repacked(packed: io.BytesIO) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = zipfile.ZipInfo(name, _ZIP_EPOCH)
            target.writestr(part, source.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def plain_text(sheet: Sheet) -> bytes:
    """UTF-8 with the line ends of Windows."""
    return "\r\n".join(_lines(sheet)).encode()


def _lines(sheet: Sheet) -> list[str]:
    lines = [sheet.sender, sheet.prose.date, "", sheet.prose.title, ""]
    for block in sheet.prose.blocks:
        if block.kind == "paragraph":
            lines += textwrap.wrap(block.text, 88)
        elif block.kind == "table":
            lines += [": ".join(row) for row in block.rows]
        else:
            lines += [f"- {line}" if block.kind == "list" else line.upper() for line in block.lines]
        lines.append("")
    return [*lines, *sheet.prose.signature]


def unembedded_pdf(sheet: Sheet) -> bytes:
    """A PDF of the kind old specialist systems print: Helvetica by name only, nothing embedded, no metadata."""
    file = pikepdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    fonts = pikepdf.Dictionary(F1=file.make_indirect(font))
    lines = _lines(sheet)
    for start in range(0, len(lines), _LINES_A_PAGE):
        page = file.add_blank_page(page_size=(595, 842))
        page.obj.Resources = pikepdf.Dictionary(Font=fonts)
        page.obj.Contents = file.make_stream(_shown(lines[start : start + _LINES_A_PAGE]))
    return _saved(file)


def _shown(lines: list[str]) -> bytes:
    """The content stream that shows one page of lines."""
    shown = [b"BT /F1 10.5 Tf 13 TL 62 780 Td"]
    for line in lines:
        text = line.encode("cp1252", "replace")
        for mark in (b"\\", b"(", b")"):
            text = text.replace(mark, b"\\" + mark)
        shown.append(b"(" + text + b") Tj T*")
    return b"\n".join([*shown, b"ET"])


def _saved(file: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    file.save(out, deterministic_id=True)
    return out.getvalue()


def protected_pdf(sheet: Sheet) -> bytes:
    """A PDF that needs a password to be opened. The old cipher is the one that makes the same bytes every time."""
    out = io.BytesIO()
    cipher = pikepdf.Encryption(owner=PASSWORD, user=PASSWORD, R=3, aes=False, metadata=False)
    with pikepdf.open(io.BytesIO(pdf(sheet))) as file:
        file.save(out, static_id=True, encryption=cipher)
    return out.getvalue()


def damaged_pdf(sheet: Sheet) -> bytes:
    """The first part of a PDF, as after a broken transfer: no page can be found in what is left."""
    whole = pdf(sheet)
    return whole[: min(len(whole) // 20, 900)]
