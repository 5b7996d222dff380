"""Budgets: what a document would cost, reckoned before anything is drawn, so that a trap is refused in no time.

Whatever is not foreseen here still meets the limits of the child; those are reached after seconds, these after none.
"""

from __future__ import annotations

import re
import zlib

from pikepdf import Array, Dictionary, Object, Pdf, PdfError, Stream

from archiver.rendition.mending.walk import name_of, number_of, text_of, unpacked
from archiver.rendition.refusals import TOO_LARGE, refusal

MOST_UNPACKED = 512 << 20  # bytes of content, forms and fonts together; pictures are drawn piece by piece
MOST_DRAWINGS = 200_000  # forms drawn on one page, those within forms counted each time
EXPANSION = 1032  # the most that Flate makes of a byte
SUSPECT = 32 << 20
PIECE = 1 << 20
_DRAW = re.compile(rb"/([^\s/<>\[\](){}%]+)\s+Do\b")


def check_pages(pdf: Pdf, most: int) -> None:
    """Refuses a document that says it has too many pages, before they are walked through one by one."""
    pages = pdf.Root.get("/Pages")
    if isinstance(pages, Dictionary) and number_of(pages, "/Count") > most:
        raise refusal(TOO_LARGE)


def check_costs(pdf: Pdf, everything: list[Object]) -> None:
    """Refuses a document whose streams unpack to too much, or whose forms draw forms without measure."""
    total = 0
    for thing in everything:
        if isinstance(thing, Stream) and name_of(thing, "/Subtype") != "/Image":
            total += _unpacked_size(thing, MOST_UNPACKED - total)
            if total > MOST_UNPACKED:
                raise refusal(TOO_LARGE)
    counted: dict[tuple[int, int], int] = {}
    for page in pdf.pages:
        resources = page.obj.get("/Resources")
        if isinstance(resources, Dictionary) and sum(
            _drawings(form, counted, 0) for form in _forms(resources).values()
        ) > (MOST_DRAWINGS):
            raise refusal(TOO_LARGE)


def _unpacked_size(stream: Stream, most: int) -> int:
    """How much a stream unpacks to, counted only where it could be much; a little more than `most` when it is more."""
    filters = stream.get("/Filter")
    names = [text_of(one) for one in filters] if isinstance(filters, Array) else [text_of(filters)]
    layers = names.count("/FlateDecode")
    packed = int(number_of(stream, "/Length"))
    if layers == 0 or len(names) != layers or packed * EXPANSION**layers < SUSPECT:
        return 0
    try:
        return _inflated_size(stream.read_raw_bytes(), layers, most)
    except (PdfError, zlib.error):  # the gate and the readers will say what is wrong with it
        return 0


def _inflated_size(content: bytes, layers: int, most: int) -> int:
    """The size after all layers, piece by piece: never more than a piece of each layer in memory."""
    machines = [zlib.decompressobj() for _ in range(layers)]
    waiting = [b""] * layers
    waiting[0], size = content, 0
    while any(waiting) and size <= most:
        layer = max(place for place, rest in enumerate(waiting) if rest)
        made = machines[layer].decompress(waiting[layer], PIECE)
        waiting[layer] = machines[layer].unconsumed_tail
        if layer + 1 < layers:
            waiting[layer + 1] += made
        else:
            size += len(made)
        if machines[layer].eof:
            waiting[layer] = b""
    return size


def _forms(resources: Object) -> dict[str, Object]:
    named = resources.get("/XObject")
    if not isinstance(named, Dictionary):
        return {}
    return {
        key: form for key, form in named.items() if isinstance(form, Stream) and name_of(form, "/Subtype") == "/Form"
    }


def _drawings(form: Object, counted: dict[tuple[int, int], int], depth: int) -> int:
    """How many forms are drawn when this one is. One that draws itself counts once: readers stop there."""
    known = counted.get(form.objgen)
    if known is not None or depth > 60:
        return known or 0
    counted[form.objgen] = 0
    resources = form.get("/Resources")
    inner = _forms(resources) if isinstance(resources, Dictionary) else {}
    total = 1
    if inner and isinstance(form, Stream):
        for name in _DRAW.findall(unpacked(form)):
            if (drawn := inner.get("/" + name.decode("latin-1"))) is not None:
                total = min(total + _drawings(drawn, counted, depth + 1), MOST_DRAWINGS * 10)
    counted[form.objgen] = total
    return total
