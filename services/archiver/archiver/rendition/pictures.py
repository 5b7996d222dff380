"""The last rung: a picture of each page, with the words in place behind it for search and reading aloud."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image
from pypdfium2 import PdfTextPage

DOTS_PER_INCH = 200
MAX_PIXELS = 25_000_000
JPEG_QUALITY = 90
SMALLEST_PAGE, LARGEST_PAGE = 3.0, 14_400.0
UNITS_PER_EM, ADVANCE = 1000, 500
NO_CHARACTERS = dict.fromkeys((0, 0xFEFF, 0xFFFE, 0xFFFF))  # no text may be made of them (ISO 19005-2 §6.2.11.7.2)
Box = tuple[float, float, float, float]


def picture_pages(source: str, destination: str, *, with_text: bool) -> dict[str, Any]:
    """Draws every page of `source` into a new PDF. It still has to be mended into PDF/A."""
    drawn = pypdfium2.PdfDocument(source)
    if drawn.get_formtype():
        drawn.init_forms()
    made = pikepdf.new()
    font = _glyphless(made) if with_text else None
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
        resources["/Font"] = Dictionary(W=font)
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
        parts.append(_run(word, box, (left_edge, bottom_edge), fit))
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


def _run(word: str, box: Box, origin: tuple[float, float], fit: float) -> bytes:
    """One word and the space after it; upright words as tall as their box, turned ones as small as they must be."""
    left, bottom, right, top = box
    codes = word.translate(NO_CHARACTERS).encode("utf-16-be", "ignore")
    if not codes:
        return b""
    size = max((top - bottom) * fit, 1.0)
    natural = len(codes) / 2 * ADVANCE / UNITS_PER_EM * size
    stretch = max((right - left) * fit, 0.1) / natural * 100
    at = ((left - origin[0]) * fit, (bottom - origin[1]) * fit)
    head = f"/W {size:.3f} Tf {stretch:.3f} Tz 1 0 0 1 {at[0]:.3f} {at[1]:.3f} Tm <"
    return head.encode() + codes.hex().encode() + b"0020> Tj"


def _glyphless(made: Pdf) -> pikepdf.Object:
    """A font in which every UTF-16 code is a box of one width."""
    content = _box_font()
    name = Name("/AAAAAA+Usynlig")
    descriptor = made.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor, FontName=name, Flags=4, FontBBox=Array([0, 0, ADVANCE, UNITS_PER_EM]),
            ItalicAngle=0, Ascent=800, Descent=-200, CapHeight=700, StemV=80,
            FontFile2=made.make_stream(content, Length1=len(content)),
        )
    )  # fmt: skip
    descendant = made.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=name, FontDescriptor=descriptor, DW=ADVANCE,
            CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
            CIDToGIDMap=made.make_stream(b"\x00\x01" * 65536),
        )
    )  # fmt: skip
    return made.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=name, Encoding=Name("/Identity-H"),
            DescendantFonts=Array([descendant]), ToUnicode=made.make_stream(_to_unicode()),
        )
    )  # fmt: skip


def _box_font() -> bytes:
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", "box"])
    builder.setupCharacterMap({32: "box"})
    builder.setupGlyf({".notdef": Glyph(), "box": _box()})
    builder.setupHorizontalMetrics({".notdef": (ADVANCE, 0), "box": (ADVANCE, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupOS2()
    builder.setupPost()
    target = io.BytesIO()
    builder.font.save(target)
    return target.getvalue()


def _box() -> Glyph:
    """Never seen, but it gives words an extent: readers take words without one for the same word drawn twice."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, -200))
    for corner in ((0, 800), (ADVANCE, 800), (ADVANCE, -200)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def _to_unicode() -> bytes:
    """Each code is its own UTF-16 unit; a range may not run past its last byte (PDF 1.7 §9.10.3)."""
    ranges = [f"<{high:02x}00> <{high:02x}ff> <{high:02x}00>" for high in range(256)]
    blocks = [ranges[start : start + 100] for start in range(0, 256, 100)]
    body = "\n".join(f"{len(block)} beginbfrange\n" + "\n".join(block) + "\nendbfrange" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{body}\nendcmap CMapName currentdict /CMap defineresource pop end end\n"
    ).encode()
