"""Whether two PDFs are the same to a reader: as many pages, the same words, the same look."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pypdfium2
from PIL import Image, ImageChops

DOTS_PER_INCH = 40
MAX_EDGE = 1500
FINER = (1, 4, 8)
FINEST_EDGE = 6000
TONE_DIFFERENCE = 48
PIXELS_DIFFERENT = 0.02
PROPORTION_DIFFERENCE = 0.02
BROKEN_LINE = {0xFFFE: None, 2: None, 0: None}  # how pdfium marks a hyphen at the end of a line


def compare(source: str, candidate: str, *, max_looks: int) -> dict[str, Any]:
    """The fields of Sameness. With more pages than `max_looks` the first, the last and some between are looked at."""
    before, after = _opened(source), _opened(candidate)
    pages = (len(before), len(after))
    looks = set(chosen(pages[0], max_looks)) if pages[0] == pages[1] else set()
    said: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    differing = 0
    for number in range(max(pages)):
        shown = [document[number] if number < len(document) else None for document in (before, after)]
        for page, counted in zip(shown, said, strict=True):
            if page is not None:
                counted.update(_words_on(page))
        if number in looks and shown[0] is not None and shown[1] is not None:
            differing += not _looks_same(shown[0], shown[1])
        for page in shown:
            if page is not None:
                page.close()
    return {
        "pages_before": pages[0],
        "pages_after": pages[1],
        "recall": recall(*said),
        "pages_looked_at": len(looks),
        "pages_that_differ": differing,
    }


def _opened(path: str) -> pypdfium2.PdfDocument:
    document = pypdfium2.PdfDocument(path)
    if document.get_formtype():
        document.init_forms()
    return document


def chosen(pages: int, most: int) -> list[int]:
    """Which pages to look at: all of them, or `most` evenly spread."""
    if pages <= most:
        return list(range(pages))
    return sorted({round(step * (pages - 1) / (most - 1)) for step in range(most)})


def words(document: pypdfium2.PdfDocument) -> Counter[str]:
    """Every word on the pages with how often it stands there."""
    found: Counter[str] = Counter()
    for page in document:
        found.update(_words_on(page))
        page.close()
    return found


def _words_on(page: pypdfium2.PdfPage) -> list[str]:
    text = page.get_textpage()
    found: list[str] = text.get_text_bounded().translate(BROKEN_LINE).split()
    text.close()
    return found


def recall(before: Counter[str], after: Counter[str]) -> float | None:
    """The share of the words before that are there after; None when there are none on either side."""
    if not before:
        return None if not after else 1.0
    return sum((before & after).values()) / before.total()


def _looks_same(before: pypdfium2.PdfPage, after: pypdfium2.PdfPage) -> bool:
    """At 40 dpi; where that differs, again drawn finer and shrunk, as an eye would see it: at so few dots a picture of
    letters and the letters themselves are drawn by different rules.
    """
    edge = max(before.get_size()) * _scale(before)
    return any(
        _is_alike(_picture(before, by), _picture(after, by)) for by in FINER if by == 1 or edge * by < FINEST_EDGE
    )


def _is_alike(one: Image.Image, other: Image.Image) -> bool:
    proportion = one.width / one.height
    if abs(proportion - other.width / other.height) > PROPORTION_DIFFERENCE * proportion:
        return False
    if one.size != other.size:
        other = other.resize(one.size, Image.Resampling.BOX)
    histogram = ImageChops.difference(one, other).histogram()
    return sum(histogram[TONE_DIFFERENCE + 1 :]) <= PIXELS_DIFFERENT * one.width * one.height


def _scale(page: pypdfium2.PdfPage) -> float:
    width, height = page.get_size()
    return min(DOTS_PER_INCH / 72, MAX_EDGE / max(float(width), float(height), 1.0))


def _picture(page: pypdfium2.PdfPage, finer: int) -> Image.Image:
    image: Image.Image = page.render(scale=_scale(page) * finer, grayscale=True).to_pil()
    return image.convert("L").reduce(finer) if finer > 1 else image.convert("L")
