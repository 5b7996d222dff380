"""A face that was cut, ready to be written into documents: each wants the same glyphs with widths of its own.

To read and write a font anew takes longer than all else that mending does; so what widths change is changed in its
bytes: the advances, the largest of them, and the sums by which a font is checked (OpenType 1.9, `hmtx`, `hhea`, `head`).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fontTools.ttLib import TTFont

HEADER, ENTRY = 12, 16
WIDEST_IN_HHEA, SUM_IN_HEAD = 10, 8
WHOLE: Final = 0xB1B0AFBA  # what a font sums to, its `checkSumAdjustment` included
WORD: Final = 1 << 32


@dataclass(frozen=True)
class CutFace:
    """Sizes in units of the em, of which there are `per_em`."""

    content: bytes
    glyphs: Mapping[int, int]  # Unicode to the glyph's number
    advances: tuple[int, ...]  # by the glyph's number
    per_em: int
    box: tuple[int, int, int, int]
    ascent: int
    descent: int
    height_of_capitals: int

    @classmethod
    def of(cls, font: TTFont) -> CutFace:
        """From a font that was cut."""
        metrics, order = font["hmtx"].metrics, font.getGlyphOrder()
        if len(order) > 1 and metrics[order[-1]][0] == metrics[order[-2]][0]:
            # glyphs at the end that are equally wide would share one advance in the file
            metrics[order[-1]] = (metrics[order[-1]][0] + 1, metrics[order[-1]][1])
        target = io.BytesIO()
        font.save(target)
        head, across = font["head"], font["hhea"]
        return cls(
            content=target.getvalue(),
            glyphs={character: font.getGlyphID(name) for character, name in font.getBestCmap().items()},
            advances=tuple(metrics[name][0] for name in order),
            per_em=head.unitsPerEm,
            box=(head.xMin, head.yMin, head.xMax, head.yMax),
            ascent=across.ascent,
            descent=across.descent,
            height_of_capitals=getattr(font["OS/2"], "sCapHeight", 0),
        )

    def with_advances(self, wanted: Mapping[int, int]) -> bytes:
        """The font as a file, with these advances by the glyph's number."""
        content = bytearray(self.content)
        advances = list(self.advances)
        places = _places(content)
        for glyph, advance in wanted.items():
            advances[glyph] = advance
            struct.pack_into(">H", content, places["hmtx"][1] + 4 * glyph, advance)
        struct.pack_into(">H", content, places["hhea"][1] + WIDEST_IN_HHEA, max(advances))
        _sum_up(content, places)
        return bytes(content)


def _places(content: bytearray) -> dict[str, tuple[int, int, int]]:
    """For each table where its entry is, where it is, and how long it is."""
    (count,) = struct.unpack_from(">H", content, 4)
    entries = (HEADER + ENTRY * number for number in range(count))
    return {
        content[entry : entry + 4].decode("latin-1"): (entry, *struct.unpack_from(">II", content, entry + 8))
        for entry in entries
    }


def _sum_up(content: bytearray, places: Mapping[str, tuple[int, int, int]]) -> None:
    for tag in ("hmtx", "hhea"):
        entry, start, length = places[tag]
        struct.pack_into(">I", content, entry + 4, _sum(content[start : start + length]))
    place = places["head"][1] + SUM_IN_HEAD
    struct.pack_into(">I", content, place, 0)
    struct.pack_into(">I", content, place, (WHOLE - _sum(content)) % WORD)


def _sum(content: bytes | bytearray) -> int:
    padded = bytes(content) + b"\0" * (-len(content) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) % WORD
