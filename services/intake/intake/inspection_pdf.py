"""What a PDF holds besides pages: code, actions that start things, other files. Runs in the limited child."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

MOST_OBJECTS: Final = 100_000
DEEPEST: Final = 8  # dictionaries written inside each other
TAIL: Final = 1 << 16
CODE: Final = frozenset({"/JavaScript", "/Rendition"})
REACHES_OUT: Final = frozenset({"/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/GoToR"})


def look(path: Path) -> tuple[str | None, tuple[str, ...]]:
    """What hinders the use of a PDF, and what one should know about it; as stable codes."""
    import pikepdf

    try:
        with pikepdf.open(path) as pdf:
            if not len(pdf.pages):
                return "damaged", ()
            return None, tuple(sorted({*_active(pdf), *_double(path)}))
    except pikepdf.PasswordError:
        return "password", ()
    except (pikepdf.PdfError, RecursionError, ValueError, TypeError):
        return "damaged", ()


def _active(pdf: Any) -> Iterator[str]:
    """Marks of every object, whether a page leads there or not."""
    for number, one in enumerate(pdf.objects):
        if number > MOST_OBJECTS:
            return
        yield from _marks_of(one, DEEPEST)


def _marks_of(one: Any, levels: int) -> Iterator[str]:
    """Of an object and of what stands inside it; what it only points to has its own turn."""
    import pikepdf

    if isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
        yield from _marks(one)
    inside = one.values() if isinstance(one, pikepdf.Dictionary) else one if isinstance(one, pikepdf.Array) else ()
    for inner in inside if levels else ():
        if isinstance(inner, pikepdf.Dictionary | pikepdf.Array) and not inner.is_indirect:
            yield from _marks_of(inner, levels - 1)


def _marks(one: Any) -> Iterator[str]:
    action = str(one.get("/S", "")) if "/S" in one else ""
    if action in CODE or "/JS" in one or "/JavaScript" in one:
        yield "javascript"
    if action in REACHES_OUT:
        yield "launch-action"
    if "/EmbeddedFiles" in one or "/EF" in one:
        yield "embedded-files"


def _double(path: Path) -> Iterator[str]:
    """A PDF that begins as something else, or ends as an archive."""
    with path.open("rb") as file:
        head = file.read(8)
        file.seek(max(0, path.stat().st_size - TAIL))
        tail = file.read()
    if not head.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-") or b"PK\x05\x06" in tail:
        yield "polyglot"
