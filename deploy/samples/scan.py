"""Scans and photographs: a page laid a little askew on the glass, with the dust of an office machine."""

from __future__ import annotations

import io
import random
from typing import Final

import img2pdf
from PIL import Image

from samples.paper import Sheet, pictures

SCAN_DPI: Final = 110
FAX_DPI: Final = 150
SCREEN_DPI: Final = 200
_PAPER: Final = 247
_DUST_SHARE: Final = 0.05
_BLACK_BELOW: Final = 170


def scanned_pdf(sheet: Sheet) -> bytes:
    """Every page a picture, wrapped into a PDF without a text layer."""
    wrapped: bytes = img2pdf.convert(
        [_jpeg(page, SCAN_DPI) for page in _askew(sheet, SCAN_DPI)],
        nodate=True,
        engine=img2pdf.Engine.internal,
    )
    return wrapped


def photograph(sheet: Sheet) -> bytes:
    """A bare JPEG of the first page."""
    return _jpeg(_askew(sheet, SCAN_DPI)[0], SCAN_DPI)


def fax(sheet: Sheet) -> bytes:
    """A black and white TIFF with every page, compressed as fax machines do."""
    first, *others = [page.point(_to_black_or_white).convert("1") for page in _askew(sheet, FAX_DPI)]
    out = io.BytesIO()
    dpi = (FAX_DPI, FAX_DPI)
    first.save(out, "TIFF", compression="group4", save_all=True, append_images=others, dpi=dpi)
    return out.getvalue()


def screenshot(sheet: Sheet) -> bytes:
    """A PNG of a telephone's screen."""
    return pictures(sheet, SCREEN_DPI)[0]


def _askew(sheet: Sheet, dots_per_inch: int) -> list[Image.Image]:
    chance = random.Random(sheet.data())
    return [_lay(Image.open(io.BytesIO(page)), chance) for page in pictures(sheet, dots_per_inch)]


def _lay(page: Image.Image, chance: random.Random) -> Image.Image:
    """Grey, turned by about a degree, grainy. The grain is coarse, which keeps the file small."""
    angle = chance.choice((-1, 1)) * chance.uniform(0.5, 1.4)
    turned = page.convert("L").rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=_PAPER)
    width, height = turned.width // 3, turned.height // 3
    grain = Image.frombytes("L", (width, height), chance.randbytes(width * height)).resize(turned.size)
    return Image.blend(turned, grain, _DUST_SHARE)


def _to_black_or_white(level: int) -> int:
    return 255 if level > _BLACK_BELOW else 0


def _jpeg(page: Image.Image, dots_per_inch: int) -> bytes:
    out = io.BytesIO()
    page.save(out, "JPEG", quality=50, optimize=True, dpi=(dots_per_inch, dots_per_inch))
    return out.getvalue()
