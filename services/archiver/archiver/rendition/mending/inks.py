"""A small CMYK profile of our own: sixteen solid ink combinations on white paper, and what lies between them.

PDF/A wants to know what a CMYK colour looks like (ISO 19005-2 §6.2.4.3). The table holds the CIELAB value (D50, paper
white as reference) of every overprint of offset inks, typical of coated paper; between them the profile interpolates,
after a curve for the growth of the printed dot. It is an ICC 2.4 input profile with one A2B table.
"""

from __future__ import annotations

import struct
from functools import cache
from itertools import product

DOT_GROWTH = 0.16
CURVE_POINTS = 64
# (C, M, Y, K) solid or not -> L*, a*, b*
OVERPRINTS: dict[tuple[int, int, int, int], tuple[float, float, float]] = {
    (0, 0, 0, 0): (100, 0, 0),
    (0, 0, 0, 1): (12, 0, 0),
    (0, 0, 1, 0): (93, -6, 95),
    (0, 0, 1, 1): (11, 0, 6),
    (0, 1, 0, 0): (49, 76, -3),
    (0, 1, 0, 1): (9, 6, 0),
    (0, 1, 1, 0): (48, 70, 49),
    (0, 1, 1, 1): (8, 5, 4),
    (1, 0, 0, 0): (57, -37, -51),
    (1, 0, 0, 1): (9, -4, -5),
    (1, 0, 1, 0): (51, -68, 27),
    (1, 0, 1, 1): (8, -5, 2),
    (1, 1, 0, 0): (25, 19, -47),
    (1, 1, 0, 1): (6, 1, -4),
    (1, 1, 1, 0): (23, 0, 0),
    (1, 1, 1, 1): (4, 0, 0),
}


@cache
def cmyk_profile() -> bytes:
    """The profile as ICC bytes."""
    tags = {
        b"desc": _description("Sikker Sak CMYK"),
        b"cprt": b"text\0\0\0\0" + b"No rights reserved\0",
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(0.9642, 1.0, 0.8249),
        b"A2B0": _table(),
    }
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for signature, content in tags.items():
        body += b"\0" * (-len(body) % 4)
        table += signature + struct.pack(">II", start + len(body), len(content))
        body += content
    return _header(start + len(body)) + struct.pack(">I", len(tags)) + table + body


def _header(size: int) -> bytes:
    head = struct.pack(">I4sI", size, b"\0\0\0\0", 0x02400000) + b"scnrCMYKLab "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    return (head + _fixed(0.9642, 1.0, 0.8249)).ljust(128, b"\0")


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _description(text: str) -> bytes:
    ascii_text = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(ascii_text)) + ascii_text + b"\0" * (4 + 4 + 2 + 1 + 67)


def _table() -> bytes:
    """lut16Type: identity matrix, dot growth as input curves, the sixteen corners, straight output."""
    head = b"mft2\0\0\0\0" + bytes((4, 3, 2, 0)) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    head += struct.pack(">HH", CURVE_POINTS, 2)
    curve = b"".join(
        struct.pack(">H", round(65535 * _grown(step / (CURVE_POINTS - 1)))) for step in range(CURVE_POINTS)
    )
    corners = b"".join(_lab(*OVERPRINTS[c, m, y, k]) for c, m, y, k in product((0, 1), repeat=4))
    return head + curve * 4 + corners + struct.pack(">HH", 0, 65535) * 3


def _grown(share: float) -> float:
    """How much of the paper a dot covers that was meant to cover `share` of it."""
    return min(1.0, share + 4 * DOT_GROWTH * share * (1 - share))


def _lab(lightness: float, a: float, b: float) -> bytes:
    """The 16-bit encoding of version 2 profiles, where 100 is FF00 and zero of a and b is 8000."""
    return struct.pack(">3H", round(lightness * 652.8), round((a + 128) * 256), round((b + 128) * 256))
