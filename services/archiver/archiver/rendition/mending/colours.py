"""Colour: where device CMYK is used, the file says what it looks like (ISO 19005-2 §6.2.4.3)."""

from __future__ import annotations

import re

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from archiver.rendition.mending.inks import cmyk_profile
from archiver.rendition.mending.walk import content_streams, name_of, text_of, unpacked

_CMYK_OPERATOR = re.compile(rb"[\d.]\s+[kK](?:\s|$)|/(?:DeviceCMYK|CMYK)\b")


def mend_colours(pdf: Pdf, everything: list[Object]) -> None:
    """Puts an ICC-based DefaultCMYK into every resource dictionary of a document that uses CMYK anywhere."""
    if not _uses_cmyk(pdf, everything):
        return
    profile = pdf.make_stream(cmyk_profile(), N=4, Alternate=Name.DeviceCMYK)
    space = pdf.make_indirect(Array([Name.ICCBased, profile]))
    for page in pdf.pages:
        if not isinstance(page.obj.get("/Resources"), Dictionary) and not isinstance(page.resources, Dictionary):
            page.obj["/Resources"] = Dictionary()
        _name_default(page.resources, space)
    for holder in everything:
        resources = holder.get("/Resources")
        if isinstance(resources, Dictionary):
            _name_default(resources, space)


def _name_default(resources: Object, space: Object) -> None:
    spaces = resources.get("/ColorSpace")
    if not isinstance(spaces, Dictionary):
        resources["/ColorSpace"] = spaces = Dictionary()
    if "/DefaultCMYK" not in spaces:
        spaces["/DefaultCMYK"] = space


def _uses_cmyk(pdf: Pdf, everything: list[Object]) -> bool:
    for holder in everything:
        for _, value in holder.items():
            if _mentions_cmyk(value):
                return True
        if isinstance(holder, Stream) and name_of(holder, "/Subtype") == "/Form" and _draws_cmyk(holder):
            return True
    for thing in pdf.objects:
        if isinstance(thing, Array) and _mentions_cmyk(thing):
            return True
    return any(_draws_cmyk(stream) for page in pdf.pages for stream in content_streams(page.obj))


def _draws_cmyk(stream: Stream) -> bool:
    return _CMYK_OPERATOR.search(unpacked(stream)) is not None


def _mentions_cmyk(value: object, depth: int = 0) -> bool:
    if isinstance(value, Name):
        return text_of(value) == "/DeviceCMYK"
    if isinstance(value, Array) and depth < 8 and len(value) < 64:
        return any(_mentions_cmyk(part, depth + 1) for part in value)
    return False
