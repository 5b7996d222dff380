"""The last rung: a picture of each page, with the words in place behind it for search and reading aloud."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2
from pikepdf import Dictionary, Name, Pdf
from PIL import Image
from pypdfium2 import PdfTextPage

from archiver.rendition.unseen_words import FONT, glyphless, run

DOTS_PER_INCH = 200
MAX_PIXELS = 25_000_000
JPEG_QUALITY = 90
SMALLEST_PAGE, LARGEST_PAGE = 3.0, 14_400.0
Box = tuple[float, float, float, float]


def picture_pages(source: str, destination: str, *, with_text: bool) -> dict[str, Any]:
    """Draws every page of `source` into a new PDF. It still has to be mended into PDF/A."""
    drawn = pypdfium2.PdfDocument(source)
    if drawn.get_formtype():
        drawn.init_forms()
    made = pikepdf.new()
    font = glyphless(made) if with_text else None
    for page in drawn:
        _add_page(made, page, font)
        page.close()
    made.save(destination)
    return {"pages": len(made.pages)}


def _add_page(made: Pdf, page: pypdfium2.PdfPage, font: pikepdf.Object | None) -> None:
    width, height = page.get_size()
    fit = min(1.0, LARGEST_PAGE / max(width, height, 1.0))
    paper = (max(width * fit, SMALLEST_PAGE), max(height * fit, SMALLEST_PAGE))
    scale = min(DOTS_PER_INCH / 72, (MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
    image = _image(made, page.render(scale=scale).to_pil())
    content = f"q {paper[0]:.3f} 0 0 {paper[1]:.3f} 0 0 cm /I Do Q\n".encode()
    resources = Dictionary(XObject=Dictionary(I=image))
    if font is not None:
        content += _words(page, fit)
        resources["/Font"] = Dictionary({f"/{FONT}": font})
    made.add_blank_page(page_size=paper)
    added = made.pages[-1].obj
    added["/Resources"] = resources
    added["/Contents"] = made.make_stream(content)


def _image(made: Pdf, picture: Image.Image) -> pikepdf.Object:
    is_grey = _is_grey(picture)
    picture = picture.convert("L" if is_grey else "RGB")
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=JPEG_QUALITY)
    return made.make_stream(
        packed.getvalue(),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=picture.width,
        Height=picture.height,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceGray if is_grey else Name.DeviceRGB,
        Filter=Name.DCTDecode,
    )


def _is_grey(picture: Image.Image) -> bool:
    if picture.mode in {"L", "1"}:
        return True
    red, green, blue = picture.convert("RGB").split()
    return red.tobytes() == green.tobytes() == blue.tobytes()


def _words(page: pypdfium2.PdfPage, fit: float) -> bytes:
    """Invisible text (rendering mode 3), each word stretched to the box in which it is seen, in reading order."""
    text = page.get_textpage()
    left_edge, bottom_edge, _, _ = page.get_bbox()
    parts = [b"BT 3 Tr"]
    for word, box in _boxed_words(text):
        at = ((box[0] - left_edge) * fit, (box[1] - bottom_edge) * fit)
        parts.append(run(word, at, ((box[2] - box[0]) * fit, (box[3] - box[1]) * fit)))
    text.close()
    return b"\n".join([*parts, b"ET"])


def _boxed_words(text: PdfTextPage) -> Iterator[tuple[str, Box]]:
    """Every word on the page as pdfium parts them, with the box around its letters."""
    letters = [text.get_text_range(place, 1) for place in range(text.count_chars())]
    start = 0
    for place, letter in enumerate([*letters, " "]):
        if letter and not letter.isspace():
            continue
        boxes = [box for box in map(text.get_charbox, range(start, place)) if box[2] > box[0] or box[3] > box[1]]
        if boxes:
            left, bottom, right, top = zip(*boxes, strict=True)
            yield "".join(letters[start:place]), (min(left), min(bottom), max(right), max(top))
        start = place + 1
