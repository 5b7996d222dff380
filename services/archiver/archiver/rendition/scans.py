"""Words for pages that have none: a scan's pages are drawn for the reader, and what it read is laid behind them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
from pikepdf import Name, Page, Pdf

from archiver.rendition.unseen_words import UPRIGHT, Pair, glyphless, run

DOTS_PER_INCH = 300
MAX_PIXELS = 25_000_000
SURE_ENOUGH = 40.0  # per cent; below it tesseract sees words in stains and stamps
MOST_ABOVE = 50
WORD = "5"  # tesseract's level of a line that is a word
TURNS = {0: UPRIGHT, 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


@dataclass(frozen=True)
class Word:
    """A word, where its lower left corner is on the page as it is seen, and its width and height; in points."""

    text: str
    at: Pair
    extent: Pair


def draw_scan(source: str, destination: str, *, number: int) -> dict[str, Any]:
    """Draws one page (from 0) as a grey PNG of 300 dots an inch, fewer where the page is very large."""
    page = pypdfium2.PdfDocument(source)[number]
    width, height = page.get_size()
    scale = min(DOTS_PER_INCH / 72, (MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
    page.render(scale=scale, grayscale=True).to_pil().convert("L").save(destination, compress_level=1)
    return {"scale": scale, "height": height}


def lay_words(source: str, destination: str, *, read: list[dict[str, Any]]) -> dict[str, Any]:
    """Lays what was read behind the pages: for each page the file that tesseract wrote, and what `draw_scan` said."""
    laid = 0
    with pikepdf.open(source) as pdf:
        font = glyphless(pdf)
        for page, one in zip(pdf.pages, read, strict=True):
            words = list(_words(Path(one["words"]), one["scale"], one["height"]))
            if words:
                _lay(pdf, page, font, words)
            laid += len(words)
        pdf.save(destination, **pikepdf.pdfa.resolve_save_kwargs("2b"))
    return {"words": laid}


def _words(path: Path, scale: float, height: float) -> Iterator[Word]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            text = (row["text"] or "").strip()
            if row["level"] != WORD or not text or float(row["conf"]) < SURE_ENOUGH:
                continue
            left, top, width, tall = (float(row[name]) / scale for name in ("left", "top", "width", "height"))
            yield Word(text, (left, height - top - tall), (width, tall))


def _lay(pdf: Pdf, page: Page, font: pikepdf.Object, words: list[Word]) -> None:
    name = page.add_resource(font, Name.Font, prefix="Ord")
    turned = _turned(page)
    left, bottom, right, top = (float(one) for one in page.cropbox)
    parts = [b"Q q BT 3 Tr"]
    for word in words:
        x, y = word.at
        corner = {
            0: (left + x, bottom + y),
            90: (right - y, bottom + x),
            180: (right - x, top - y),
            270: (left + y, top - x),
        }[turned]
        parts.append(run(word.text, corner, word.extent, TURNS[turned], str(name)[1:]))
    parts.append(b"ET Q")
    page.contents_add(pdf.make_stream(b"q"), prepend=True)
    page.contents_add(pdf.make_stream(b"\n".join(parts)))


def _turned(page: Page) -> int:
    """By how many degrees the page is turned when it is seen; what it does not say, the pages above it may."""
    node: pikepdf.Object = page.obj
    for _ in range(MOST_ABOVE):
        if "/Rotate" in node:
            return int(node["/Rotate"]) % 360
        if "/Parent" not in node:
            return 0
        node = node["/Parent"]
    return 0
