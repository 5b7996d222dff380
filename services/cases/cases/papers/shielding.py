"""Redaction that is looked over before and after: what cannot be done as asked is said, and nothing is made then (M19)."""

from __future__ import annotations

import json

import pypdfium2

from cases.papers.reading import read
from cases.papers.redaction import Box, redact


def shield(pdf: bytes, words: list[str], boxes: list[Box]) -> bytes:
    """A line of JSON, and the new PDF where there is one.

    `outside` are the boxes that are not wholly on their page, `unseen` the words that no page has as text (a scan has
    none), each by its place from 0; `left` is whether anything can be read out of what was made.
    """
    outside, unseen = _amiss(pdf, words, boxes)
    made = b"" if outside or unseen else redact(pdf, words, boxes)
    is_left = bool(made) and bool(read(made).strip())
    said = {"outside": outside, "unseen": unseen, "left": is_left}
    return json.dumps(said).encode() + b"\n" + (b"" if is_left else made)


def _amiss(pdf: bytes, words: list[str], boxes: list[Box]) -> tuple[list[int], list[int]]:
    unseen = set(range(len(words)))
    with pypdfium2.PdfDocument(pdf) as document:
        sizes = [document.get_page_size(number) for number in range(len(document))]
        for number in range(len(document)):
            text = document[number].get_textpage()
            unseen -= {place for place in unseen if words[place].strip() and text.search(words[place]).get_next()}
            if not unseen:
                break
    outside = [place for place, box in enumerate(boxes) if not _is_on(box, sizes)]
    return outside, sorted(unseen)


def _is_on(box: Box, sizes: list[tuple[float, float]]) -> bool:
    if not 0 <= box.page < len(sizes):
        return False
    width, height = sizes[box.page]
    return box.x + box.width <= width + 1 and box.y + box.height <= height + 1
