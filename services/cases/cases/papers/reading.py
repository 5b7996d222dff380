"""The text of a PDF, for searching."""

from __future__ import annotations

from typing import Final

import pypdfium2

MOST_PAGES: Final = 500
MOST_CHARACTERS: Final = 400_000


def read(pdf: bytes) -> str:
    """What the pages say, as far as it is text; at most `MOST_CHARACTERS`."""
    said: list[str] = []
    length = 0
    with pypdfium2.PdfDocument(pdf) as document:
        for number in range(min(len(document), MOST_PAGES)):
            text = document[number].get_textpage().get_text_bounded()
            said.append(text)
            length += len(text)
            if length > MOST_CHARACTERS:
                break
    return "\n".join(said).replace("\x00", "")[:MOST_CHARACTERS]
