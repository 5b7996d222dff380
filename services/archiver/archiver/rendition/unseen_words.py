"""Words that are there for search and reading aloud, and never seen: behind a picture of a page, behind a scan."""

from __future__ import annotations

import io

import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph
from pikepdf import Array, Dictionary, Name, Pdf

FONT = "W"
UNITS_PER_EM, ADVANCE = 1000, 500
NO_CHARACTERS = dict.fromkeys((0, 0xFEFF, 0xFFFE, 0xFFFF))  # no text may be made of them (ISO 19005-2 §6.2.11.7.2)
UPRIGHT = (1, 0, 0, 1)
Pair = tuple[float, float]


def run(word: str, at: Pair, extent: Pair, turn: tuple[int, int, int, int] = UPRIGHT, font: str = FONT) -> bytes:
    """One word and the space after it, from `at` on, stretched to `extent` (width, height); in points.

    Upright words are as tall as their box, turned ones as small as they must be. `turn` is how the page is turned.
    """
    codes = word.translate(NO_CHARACTERS).encode("utf-16-be", "ignore")
    if not codes:
        return b""
    size = max(extent[1], 1.0)
    natural = len(codes) / 2 * ADVANCE / UNITS_PER_EM * size
    stretch = max(extent[0], 0.1) / natural * 100
    matrix = " ".join(map(str, turn))
    head = f"/{font} {size:.3f} Tf {stretch:.3f} Tz {matrix} {at[0]:.3f} {at[1]:.3f} Tm <"
    return head.encode() + codes.hex().encode() + b"0020> Tj"


def glyphless(made: Pdf) -> pikepdf.Object:
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
