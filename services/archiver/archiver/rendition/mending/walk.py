"""Walking through everything in a PDF: each dictionary once, also those that lie inside others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pikepdf import Array, Dictionary, Name, Object, Pdf, PdfError, Stream

Tally = Counter[str]
"""How often each kind of thing was done, by the code of its note."""

MAX_DEPTH = 60


def dictionaries(pdf: Pdf) -> list[Object]:
    """Every dictionary and stream of the document, in the order of the file; direct ones after those they lie in."""
    found: list[Object] = []
    for top in pdf.objects:
        if isinstance(top, Dictionary | Stream | Array):
            found.extend(_within(top, 0))
    return found


def _within(thing: Object, depth: int) -> Iterator[Object]:
    """The thing itself and the direct dictionaries in it; references are left alone, they come by themselves."""
    if depth > MAX_DEPTH:
        return
    if isinstance(thing, Array):
        inner = [child for child in thing if isinstance(child, Object)]
    else:
        yield thing
        inner = [child for _, child in thing.items() if isinstance(child, Object)]
    for child in inner:
        if isinstance(child, Dictionary | Array) and not child.is_indirect:
            yield from _within(child, depth + 1)


def drop(holder: Object, *keys: str) -> int:
    """Deletes the keys that are there, and says how many were."""
    present = [key for key in keys if key in holder]
    for key in present:
        del holder[key]
    return len(present)


def name_of(holder: Object, key: str) -> str:
    """The name standing at a key, or an empty text for anything else."""
    return text_of(holder.get(key))


def text_of(value: object) -> str:
    """A name as text; an empty one for anything else, and for a name in another character set than UTF-8."""
    try:
        return str(value) if isinstance(value, Name) else ""
    except UnicodeDecodeError:
        return ""


def unpacked(stream: Stream) -> bytes:
    """What a stream holds; nothing when it cannot be unpacked, which the next program that reads it will say too."""
    try:
        return bytes(stream.read_bytes())
    except PdfError:
        return b""


def number_of(holder: Object, key: str, default: float = 0.0) -> float:
    """The number standing at a key, or the default for anything else."""
    value = holder.get(key)
    try:
        return float(value) if value is not None else default
    except (TypeError, ValueError):
        return default


def content_streams(page: Object) -> list[Stream]:
    """The streams that together are a page's content."""
    contents = page.get("/Contents")
    parts = list(contents) if isinstance(contents, Array) else [contents]
    return [part for part in parts if isinstance(part, Stream)]
