"""Redaction for real: what is shielded is in the new file no more, neither as text, picture, metadata nor attachment (M19).

Every page is drawn anew as a picture, black where something is shielded, and a new PDF is made of the pictures alone.
Nothing of the old file is carried over, so nothing can be uncovered.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import img2pdf
import pypdfium2
from PIL import Image, ImageDraw

DOTS_PER_INCH: Final = 200
POINTS_PER_INCH: Final = 72
MARGIN: Final = 1.5  # points around what is shielded: a letter's ink may stand outside its box
MOST_PAGES: Final = 500
MOST_DOTS: Final = 40_000_000
MOST_BYTES: Final = 300 << 20  # of what is made: it stands in memory twice while it is put together
QUALITY: Final = 85


class TooMuch(ValueError):
    """More pages, or heavier ones, than are drawn at a time."""


@dataclass(frozen=True)
class Box:
    """A rectangle on a page (from 0), in points from the page's upper left corner."""

    page: int
    x: float
    y: float
    width: float
    height: float


def redact(pdf: bytes, words: list[str], boxes: list[Box]) -> bytes:
    """A new PDF without these words, wherever they stand and whatever their case, and without what is in these boxes."""
    pictures: list[bytes] = []
    with pypdfium2.PdfDocument(pdf) as document:
        if len(document) > MOST_PAGES:
            raise TooMuch("too many pages")
        for number in range(len(document)):
            page = document[number]
            shielded = [box for box in boxes if box.page == number] + _found(page, number, words)
            pictures.append(_drawn(page, shielded))
            page.close()
            if sum(map(len, pictures)) > MOST_BYTES:
                raise TooMuch("too heavy pages")
    sized = img2pdf.get_fixed_dpi_layout_fun((DOTS_PER_INCH, DOTS_PER_INCH))
    made: bytes = img2pdf.convert(pictures, layout_fun=sized, nodate=True, producer="")
    return made


def _found(page: pypdfium2.PdfPage, number: int, words: list[str]) -> list[Box]:
    """Where the words stand. pdfium finds them across lines and kerning; each hit is one box a line."""
    text, height, found = page.get_textpage(), page.get_height(), []
    for word in words:
        if not word.strip():
            continue
        searcher = text.search(word, match_case=False, match_whole_word=False)
        while hit := searcher.get_next():
            index, count = hit
            for position in range(text.count_rects(index, count)):
                left, bottom, right, top = text.get_rect(position)
                found.append(Box(number, left, height - top, right - left, top - bottom))
    return found


def _drawn(page: pypdfium2.PdfPage, shielded: list[Box]) -> bytes:
    scale = DOTS_PER_INCH / POINTS_PER_INCH
    if page.get_width() * page.get_height() * scale * scale > MOST_DOTS:
        raise TooMuch("too large a page")
    picture: Image.Image = page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
    pen = ImageDraw.Draw(picture)
    for box in shielded:
        corner = ((box.x - MARGIN) * scale, (box.y - MARGIN) * scale)
        other = ((box.x + box.width + MARGIN) * scale, (box.y + box.height + MARGIN) * scale)
        pen.rectangle((corner, other), fill="black")
    kept = io.BytesIO()
    resolution = (DOTS_PER_INCH, DOTS_PER_INCH)
    # a photo or a scan as PNG costs ten times as much, in time and in size; letters alone are sharper as PNG
    if next(page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]), None) is not None:
        picture.save(kept, "JPEG", quality=QUALITY, dpi=resolution)
    else:
        picture.save(kept, "PNG", compress_level=3, dpi=resolution)
    return kept.getvalue()
