"""What stands on the first page of a scan, read by tesseract where it is (M2, M6).

`words` runs in the limited child, which writes no file: tesseract gets pixels and never the foreign file itself.
"""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from sikkersak.errors import Transient

DOTS_PER_INCH: Final = 250
MOST_PIXELS: Final = 12_000_000  # an A4 sheet at 300 dots an inch has nearly nine million
SMALLEST_SIDE: Final = 200  # less is a mark or a photograph of nothing
SECONDS: Final = 15
LANGUAGES: Final = "SCAN_LANGUAGES"


def words(path: Path) -> str:
    """The text of the first page of a PDF, or of an image; empty where nothing can be read of it."""
    program, languages = shutil.which("tesseract"), os.environ.get(LANGUAGES, "")
    picture = drawn(path) if program and languages else None
    if program is None or picture is None or min(picture.size) < SMALLEST_SIDE:
        return ""
    told = subprocess.run(  # its own limits are the child's: time, memory, and no file
        [program, "stdin", "stdout", "-l", languages],
        input=_as_file(picture),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env={"OMP_THREAD_LIMIT": "1", "PATH": os.defpath},
    )
    return told.stdout.decode("utf-8", "replace") if told.returncode == 0 else ""


def drawn(path: Path) -> Any:
    """The first page in grey, as a picture; None where there is none."""
    with path.open("rb") as file:
        is_pdf = b"%PDF-" in file.read(1024)
    picture = _page(path) if is_pdf else _image(path)
    if picture is not None and picture.width * picture.height > MOST_PIXELS:
        share: float = (MOST_PIXELS / (picture.width * picture.height)) ** 0.5
        return picture.resize((max(1, int(picture.width * share)), max(1, int(picture.height * share))))
    return picture


def _page(path: Path) -> Any:
    import pypdfium2

    try:
        page = pypdfium2.PdfDocument(path)[0]
        width, height = page.get_size()
        scale = min(DOTS_PER_INCH / 72, (MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
        return page.render(scale=scale, grayscale=True).to_pil().convert("L")
    except (pypdfium2.PdfiumError, IndexError):
        return None


def _image(path: Path) -> Any:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("L")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None


def _as_file(picture: Any) -> bytes:
    kept = io.BytesIO()
    picture.save(kept, "PPM", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return kept.getvalue()


async def look(languages: str) -> str:
    """That what scans are to be read with is here (R13): without it mail comes in all the same, and sorting sees less."""
    program = shutil.which("tesseract")
    if program is None:
        raise Transient("missing: tesseract (scans are sorted without what stands on them)")
    listed = await asyncio.to_thread(
        subprocess.run, [program, "--list-langs"], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    absent = set(languages.split("+")) - set(listed.stdout.split())
    if absent:
        raise Transient(f"missing: tesseract's {' and '.join(sorted(absent))}")
    return languages
