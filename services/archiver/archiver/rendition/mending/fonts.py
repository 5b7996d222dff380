"""Fonts that a document names but does not carry: a free face with the document's own widths takes their place.

The widths stay the document's, so nothing moves on the page; that the letters look alike is for the sameness check.
Symbol fonts and composite fonts without a file are left for the next rung (ISO 19005-2 §6.2.11).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from fontTools import agl
from fontTools.encodings.StandardEncoding import StandardEncoding
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from archiver.rendition.mending.cut_face import CutFace
from archiver.rendition.mending.faces import face_for, open_face
from archiver.rendition.mending.walk import Tally, name_of, number_of

SIMPLE = frozenset({"/Type1", "/TrueType", "/MMType1"})
FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
NONSYMBOLIC = 32
NOTDEF = ".notdef"
ABSENT = "afii57636"  # a Hebrew letter: in Adobe's list of names, in no font that was cut for western text
_CODECS = {"/WinAnsiEncoding": "cp1252", "/MacRomanEncoding": "mac_roman"}


@dataclass(frozen=True)
class Plan:
    """What to draw for each code of a font, and how wide (thousandths of the size; None as the face has it)."""

    face: str
    characters: dict[int, int]
    widths: dict[int, float]
    missing_width: float | None


def embed_fonts(pdf: Pdf, everything: list[Object], tally: Tally) -> None:
    """Embeds a stand-in for every simple font without a file; leaves alone what has none."""
    files: dict[bytes, Stream] = {}  # fonts that want the same of a face share its file
    for font in everything:
        if name_of(font, "/Subtype") not in SIMPLE or "/BaseFont" not in font or _carries_file(font):
            continue
        plan = _planned(font)
        face = open_face(plan.face, plan.characters.values()) if plan else None
        if plan is None or face is None or not plan.characters:
            continue
        _embed(pdf, font, face, plan, files)
        tally["fonts-substituted"] += 1


def _carries_file(font: Object) -> bool:
    descriptor = font.get("/FontDescriptor")
    return isinstance(descriptor, Dictionary) and any(key in descriptor for key in FONT_FILES)


def _planned(font: Object) -> Plan | None:
    descriptor = font.get("/FontDescriptor")
    has_descriptor = isinstance(descriptor, Dictionary)
    flags = int(number_of(descriptor, "/Flags")) if has_descriptor and descriptor is not None else 0
    name = name_of(font, "/BaseFont").rpartition("+")[2].lstrip("/")
    face = face_for(name, flags)
    if face is None:
        return None
    first, widths = int(number_of(font, "/FirstChar")), font.get("/Widths")
    given: dict[int, float] = {}
    if isinstance(widths, Array):
        given = {first + place: float(width) for place, width in enumerate(widths)}
    missing = number_of(descriptor, "/MissingWidth") if has_descriptor and descriptor is not None and given else None
    return Plan(face, _characters(font), given, missing)


def _characters(font: Object) -> dict[int, int]:
    """Code to Unicode, from the encoding that the font names or, without one, the standard one."""
    encoding = font.get("/Encoding")
    base = str(encoding) if isinstance(encoding, Name) else ""
    is_listed = isinstance(encoding, Dictionary)
    if is_listed and encoding is not None:
        base = name_of(encoding, "/BaseEncoding")
    found = _base(base)
    differences = encoding.get("/Differences") if is_listed and encoding is not None else None
    code = 0
    for entry in list(differences) if isinstance(differences, Array) else []:
        if isinstance(entry, Name):
            characters = agl.toUnicode(str(entry)[1:])
            found[code] = ord(characters) if len(characters) == 1 else 0
            code += 1
        else:
            code = int(entry)
    return {code: character for code, character in found.items() if character and 32 <= code < 256}


def _base(encoding: str) -> dict[int, int]:
    if codec := _CODECS.get(encoding):
        decoded = {code: bytes((code,)).decode(codec, "replace") for code in range(32, 256)}
        return {code: ord(character) for code, character in decoded.items() if character != "\ufffd"}
    names = {code: name for code, name in enumerate(StandardEncoding) if name != NOTDEF}
    return {code: ord(agl.toUnicode(name)[0]) for code, name in names.items() if agl.toUnicode(name)}


def _embed(pdf: Pdf, font: Object, face: CutFace, plan: Plan, files: dict[bytes, Stream]) -> None:
    drawn = {code: char for code, char in plan.characters.items() if char in face.glyphs and char in agl.UV2AGL}
    advances = _advances(face, drawn, plan)
    widths = {code: round(advances[face.glyphs[char]] * 1000 / face.per_em, 3) for code, char in drawn.items()}
    first, last = min(drawn), max(drawn)
    name = Name("/" + _tag(plan) + "+" + plan.face)
    font["/Subtype"], font["/BaseFont"] = Name.TrueType, name
    font["/FirstChar"], font["/LastChar"] = first, last
    default = plan.missing_width or 0
    font["/Widths"] = Array([widths.get(code, plan.widths.get(code, default)) for code in range(first, last + 1)])
    content = face.with_advances(advances)
    if content not in files:
        files[content] = pdf.make_stream(content, Length1=len(content))
    font["/FontDescriptor"] = pdf.make_indirect(_descriptor(face, name, files[content]))
    font["/Encoding"] = Dictionary(
        Type=Name.Encoding, BaseEncoding=Name.WinAnsiEncoding, Differences=_differences(drawn)
    )


def _advances(face: CutFace, drawn: dict[int, int], plan: Plan) -> dict[int, int]:
    """How wide each glyph that is drawn shall be: as the document wants it, by the first code that draws it."""
    found: dict[int, int] = {}
    for code, character in sorted(drawn.items()):
        glyph = face.glyphs[character]
        if glyph not in found:
            wanted = plan.widths.get(code, plan.missing_width) or 0
            found[glyph] = round(wanted * face.per_em / 1000) if wanted > 0 else face.advances[glyph]
    return found


def _differences(drawn: dict[int, int]) -> Array:
    """Every code by name. One that nothing is drawn for names a glyph that is not there, rather than what the base
    would show; PDF/A-2 wants each name to be Adobe's, so it cannot be `.notdef` (§6.2.11.6).
    """
    entries: list[int | Name] = [32]
    for code in range(32, 256):
        entries.append(Name("/" + agl.UV2AGL.get(drawn.get(code, -1), ABSENT)))
    return Array(entries)


def _tag(plan: Plan) -> str:
    """The six capitals that mark a cut font, the same for the same use."""
    number = zlib.crc32(repr((plan.face, sorted(plan.characters.items()), sorted(plan.widths.items()))).encode())
    return "".join(chr(65 + (number // 26**place) % 26) for place in range(6))


def _descriptor(face: CutFace, name: Name, file: Stream) -> Dictionary:
    scale = 1000 / face.per_em
    is_bold, is_italic = "Bold" in str(name), "Italic" in str(name)
    return Dictionary(
        Type=Name.FontDescriptor,
        FontName=name,
        Flags=NONSYMBOLIC | (64 if is_italic else 0) | (1 if "Mono" in str(name) else 0),
        FontBBox=Array([round(edge * scale) for edge in face.box]),
        ItalicAngle=-12 if is_italic else 0,
        Ascent=round(face.ascent * scale),
        Descent=round(face.descent * scale),
        CapHeight=round(face.height_of_capitals * scale) or 700,
        StemV=140 if is_bold else 80,
        FontFile2=file,
    )
