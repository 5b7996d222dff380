"""Pictures that came as files: each frame on a page of its own, at its own size, or A4 where that is out of hand."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import img2pdf
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from archiver.rendition.content import Kind
from archiver.rendition.refusals import DAMAGED, TOO_LARGE, refusal

MAX_PIXELS = 200_000_000
A4 = (595.276, 841.89)
LARGEST_NATURAL, SMALLEST_NATURAL = 1700.0, 3.0
AS_THEY_ARE = {"1", "L", "RGB", "CMYK", "P"}
_LAID_UNTOUCHED = frozenset({Kind.JPEG, Kind.PNG, Kind.TIFF})


def lay_image(source: str, destination: str, *, kind: str) -> dict[str, Any]:
    """Writes a PDF with the picture in it. Its bytes are kept where PDF can hold them. Raises Declined."""
    path, is_flattened = Path(source), False
    try:
        with Image.open(path) as picture:
            frames = getattr(picture, "n_frames", 1)
            if picture.width * picture.height > MAX_PIXELS:
                raise refusal(TOO_LARGE)
            picture.load()
            is_flattened = picture.has_transparency_data
            plain = kind in _LAID_UNTOUCHED and picture.mode in AS_THEY_ARE and not is_flattened
        pages = _laid([path.read_bytes()]) if plain else None
        if pages is None:
            pages = _laid(_redrawn(path))
    except Image.DecompressionBombError:
        raise refusal(TOO_LARGE) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise refusal(DAMAGED) from None
    if pages is None:
        raise refusal(DAMAGED)
    Path(destination).write_bytes(pages)
    return {"pages": frames, "notes": {"transparency-flattened": 1} if is_flattened else {}}


def _laid(files: list[bytes]) -> bytes | None:
    try:
        made = img2pdf.convert(*files, layout_fun=_layout, rotation=img2pdf.Rotation.ifvalid, nodate=True)
    except (img2pdf.ImageOpenError, img2pdf.AlphaChannelError, img2pdf.UnsupportedColorspaceError, NotImplementedError):
        return None
    return bytes(made) if made else None


def _redrawn(path: Path) -> list[bytes]:
    """Each frame as a PNG without transparency, turned the way it is meant to be seen."""
    redrawn = []
    with Image.open(path) as picture:
        for frame in ImageSequence.Iterator(picture):
            turned = ImageOps.exif_transpose(frame)
            upright = turned if turned is not None else frame.copy()
            packed = io.BytesIO()
            dpi = picture.info.get("dpi", (96, 96))
            _on_white(upright).save(packed, "PNG", dpi=tuple(float(one) or 96.0 for one in dpi))
            redrawn.append(packed.getvalue())
    return redrawn


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        paper.alpha_composite(layered)
        return paper.convert("RGB")
    if picture.mode in {"1", "L"}:
        return picture
    return picture.convert("L" if picture.mode.startswith(("I", "F")) else "RGB")


def _layout(width: int, height: int, dpi: tuple[float, float]) -> tuple[float, float, float, float]:
    """Page width and height, picture width and height, in points."""
    across, up = width * 72 / max(dpi[0], 1), height * 72 / max(dpi[1], 1)
    if not (min(across, up) >= SMALLEST_NATURAL and max(across, up) <= LARGEST_NATURAL):
        paper = A4 if up >= across else A4[::-1]
        fit = min(paper[0] / across, paper[1] / up)
        across, up = max(across * fit, SMALLEST_NATURAL), max(up * fit, SMALLEST_NATURAL)
    return across, up, across, up
