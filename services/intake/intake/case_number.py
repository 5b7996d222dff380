"""The case number that a scan names itself: in its file's name, or on its first page, as text, barcode or picture (M6)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

# «Sak 2026/123», «SAK:2026/000123», and 2026-123 where a file's name can have no slash.
ON_PAPER: Final = re.compile(r"\bsak(?:snr|snummer)?\.?\s*:?\s*(20\d\d)\s?/\s?(\d{1,6})\b", re.IGNORECASE)
IN_A_CODE: Final = re.compile(r"^(?:sak:?\s*)?(20\d\d)[/-](\d{1,6})$", re.IGNORECASE)
IN_A_NAME: Final = re.compile(r"(?<!\d)(20\d\d)[-_](\d{1,6})(?![\d-])")
DOTS_PER_INCH: Final = 150
LARGEST_SIDE: Final = 5000


def in_name(name: str) -> str | None:
    """From the file's name; a date such as 2026-09-01 is none."""
    return _number(IN_A_NAME.search(name))


def in_words(text: str) -> str | None:
    """From what was read of a scan's first page."""
    return _number(ON_PAPER.search(text))


def on_first_page(path: Path) -> str | None:
    """From the first page of a PDF, or from an image. Runs in the limited child."""
    with path.open("rb") as file:
        is_pdf = b"%PDF-" in file.read(1024)
    return _on_pdf(path) if is_pdf else _in_codes(_picture(path))


def _on_pdf(path: Path) -> str | None:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
        page = document[0]
        found = _number(ON_PAPER.search(page.get_textpage().get_text_bounded()))
        if found or max(page.get_size()) > LARGEST_SIDE:
            return found
        return _in_codes(page.render(scale=DOTS_PER_INCH / 72, grayscale=True).to_pil())
    except (pypdfium2.PdfiumError, IndexError):
        return None


def _picture(path: Path) -> Any:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return image.convert("L") if max(image.size) <= LARGEST_SIDE * 2 else None
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None


def _in_codes(image: Any) -> str | None:
    """From any barcode or QR code in a picture."""
    import zxingcpp

    codes = zxingcpp.read_barcodes(image) if image is not None else []
    return next((found for code in codes if (found := _number(IN_A_CODE.match(code.text.strip())))), None)


def _number(match: re.Match[str] | None) -> str | None:
    return f"{match[1]}/{int(match[2])}" if match else None
