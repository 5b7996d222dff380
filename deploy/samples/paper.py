"""Paper: sample documents as PDF or picture pages, set by Typst with its own fonts, the same bytes every time."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import typst

from samples.prose import Prose

SOURCE: Final = Path(__file__).with_name("paper.typ")
MADE_AT: Final = 1_792_000_000  # the moment every sample document claims to have been made
_CLOSING: Final = {
    ("letter", "nb"): "Med hilsen",
    ("letter", "nn"): "Med helsing",
    ("sheet", "nb"): "Hilsen",
    ("sheet", "nn"): "Helsing",
}
_EXEMPT: Final = {
    "nb": "Unntatt offentlighet: offl. § 13 jf. fvl. § 13",
    "nn": "Unnateke offentlegheit: offl. § 13 jf. fvl. § 13",
}
_WORDS: Final = {"nb": ("Dato", "Vår ref.", "Saksbehandler"), "nn": ("Dato", "Vår ref.", "Saksbehandlar")}


@dataclass(frozen=True)
class Sheet:
    """A text together with who wrote it, to whom, and how it looks: `letter`, `sheet` or `screen`."""

    layout: str
    prose: Prose
    sender: str
    sender_lines: tuple[str, ...]
    accent: str
    receiver_lines: tuple[str, ...]
    reference: str

    def data(self) -> str:
        """The JSON that the Typst source reads."""
        language = self.prose.language
        date, our_reference, caseworker = _WORDS[language]
        return json.dumps(
            {
                "layout": self.layout,
                "title": self.prose.title,
                "language": language,
                "sender": self.sender,
                "sender_lines": self.sender_lines,
                "accent": self.accent,
                "receiver_lines": self.receiver_lines,
                "references": [
                    [f"{date}:", self.prose.date],
                    [f"{our_reference}:", self.reference],
                    [f"{caseworker}:", self.prose.signature[0]],
                ],
                "exempt": _EXEMPT[language],
                "place_and_date": self.prose.date,
                "blocks": [block.data() for block in self.prose.blocks],
                "closing": _CLOSING.get((self.layout, language), ""),
                "signature": self.prose.signature,
            },
            ensure_ascii=False,
        )


class _Press:
    """A kept Typst compiler. It sees no system fonts, so that every machine makes the same bytes."""

    def __init__(self) -> None:
        self._root = tempfile.TemporaryDirectory(prefix="samples-")
        root = Path(self._root.name)
        self._compiler = typst.Compiler(root=root, ignore_system_fonts=True, package_path=root, package_cache_path=root)

    def pdf(self, sheet: Sheet) -> bytes | list[bytes] | None:
        """See `pdf`."""
        inputs = {"data": sheet.data()}
        return self._compiler.compile(SOURCE.read_bytes(), format="pdf", sys_inputs=inputs, timestamp=MADE_AT)

    def pictures(self, sheet: Sheet, dots_per_inch: int) -> bytes | list[bytes] | None:
        """See `pictures`."""
        inputs, fineness = {"data": sheet.data()}, float(dots_per_inch)
        return self._compiler.compile(SOURCE.read_bytes(), format="png", ppi=fineness, sys_inputs=inputs)


@cache
def _press() -> _Press:
    return _Press()


def pdf(sheet: Sheet) -> bytes:
    """An ordinary PDF 1.7, as office programs make them; not PDF/A."""
    return _pages(_press().pdf(sheet))[0]


def pictures(sheet: Sheet, dots_per_inch: int) -> list[bytes]:
    """One PNG a page."""
    return _pages(_press().pictures(sheet, dots_per_inch))


def _pages(made: bytes | list[bytes] | None) -> list[bytes]:
    """Typst gives a single page as bytes, several as a list, and nothing only when it wrote to a file."""
    return [made] if isinstance(made, bytes) else made or []
