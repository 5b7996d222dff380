"""Letters of our own, made by Typst directly as PDF/A-2a: from a template and merge fields (M12, M24).

A template is Typst source. It reaches merge fields as data only, never as source, so that no text a caseworker writes
can become markup: `#field("pupil_name")` is the text itself, `#paragraphs("body")` the same with a paragraph for every
blank line. Title and language are set around the template, which may set them again.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import typst

STANDARD: Final = "a-2a"
_LANGUAGE = re.compile(r"[a-z]{2,3}")
# A package would be fetched from the network, by a name that may be put together at run time: nothing is imported.
_IMPORT = re.compile(r"(?:#|^[ \t]*|[;{][ \t]*)(?:import|include)\b", re.MULTILINE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|`([^`]*)`')
# One line, so that the line numbers in a template's errors stay the author's own.
_PRELUDE = (
    '#set document(title: sys.inputs.at("/title"));'
    '#set text(lang: sys.inputs.at("/language"), font: ("Libertinus Serif", "New Computer Modern"));'
    '#set page(paper: "a4");'
    '#let field(name) = sys.inputs.at("field/" + name);'
    '#let paragraphs(name) = for part in field(name).split(regex("\\n[ \\t]*\\n")) { par(part.trim()) };'
)
_AUTHOR_SPEAKS = ("panicked with", "assertion failed")


class TemplateError(ValueError):
    """The template cannot be compiled. The message is Typst's own, with the line, and never holds a field's value."""


class Composer:
    """A kept Typst compiler: fonts are read once. It may be used from several threads; one letter at a time."""

    def __init__(self) -> None:
        # An empty root: a template can read no file of the machine, and finds no packages but the ones it holds.
        self._root = tempfile.TemporaryDirectory(prefix="letters-")
        self._lock = threading.Lock()
        root = Path(self._root.name)
        self._compiler = typst.Compiler(root=root, ignore_system_fonts=True, package_path=root, package_cache_path=root)

    def compose(self, template: str, fields: Mapping[str, str], *, language: str, title: str) -> bytes:
        """See `compose`."""
        if _IMPORT.search(template):
            raise TemplateError("maler kan ikke hente pakker eller filer (import, include)")
        if not _LANGUAGE.fullmatch(language):
            raise TemplateError(f"ukjent språkkode: {language}")
        inputs = {f"field/{name}": value for name, value in fields.items()}
        inputs |= {"/title": title, "/language": language}
        source = (_PRELUDE + template).encode()
        with self._lock:
            try:
                made = self._compiler.compile(input=source, format="pdf", sys_inputs=inputs, pdf_standards=[STANDARD])
            except typst.TypstError as wrong:
                raise TemplateError(_reason(wrong, template)) from None
        if not isinstance(made, bytes):
            raise TypeError("typst gave something else than one PDF")
        return made


def _reason(wrong: typst.TypstError, template: str) -> str:
    """Typst's message with the line it points at. What it quotes is kept only where the template says it too."""

    def known(quoted: re.Match[str]) -> str:
        said = (quoted[1] or quoted[2] or "").removeprefix("field/")
        return f"«{said}»" if said in template else "«…»"

    is_authors = wrong.message.startswith(_AUTHOR_SPEAKS)
    said = "malen stopper seg selv" if is_authors else _QUOTED.sub(known, wrong.message)
    places = re.findall(r":(\d+):\d+", wrong.diagnostic or "")
    return f"linje {places[-1]}: {said}" if places else said


@cache
def _composer() -> Composer:
    return Composer()


async def compose(template: str, fields: Mapping[str, str], *, language: str, title: str) -> bytes:
    """A letter as PDF/A-2a. Raises TemplateError when the template is wrong. `language` is an ISO 639 code (`nb`)."""
    return await asyncio.to_thread(lambda: _composer().compose(template, fields, language=language, title=title))
