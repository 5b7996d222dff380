"""Which of the machine's free fonts stands in for one that the document names but does not carry."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pikepdf  # noqa: F401 – brings the codec "pdfdoc", in which the values of forms are written
from fontTools import agl, subset
from fontTools.encodings.StandardEncoding import StandardEncoding
from fontTools.ttLib import TTFont

from archiver.rendition.mending.cut_face import CutFace

FOLDERS = (Path("/usr/share/fonts/truetype/liberation2"), Path("/usr/share/fonts/truetype/liberation"))
FIXED_PITCH, SERIF, ITALIC, FORCE_BOLD = 1, 2, 64, 1 << 18
_SYMBOLS = re.compile(r"symbol|dingbat|wingding|webding|math|musical|barcode|icon|cmsy|cmmi|cmex", re.IGNORECASE)
_MONO = re.compile(r"courier|mono|consol|typewriter|fixed|lucidacons", re.IGNORECASE)
_SANS = re.compile(r"sans|arial|helvet|verdana|tahoma|calibri|segoe|gothic|univers|frutiger|myriad", re.IGNORECASE)
_SERIF = re.compile(
    r"times|serif|roman|georgia|garamond|cambria|bookman|minion|palatino|century|schoolbook", re.IGNORECASE
)
_BOLD = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_ITALIC = re.compile(r"italic|oblique|kursiv|ital$", re.IGNORECASE)


def _encoded(codec: str) -> set[int]:
    return {ord(char) for code in range(32, 256) if (char := bytes((code,)).decode(codec, "replace")) != "\ufffd"}


_STANDARD = {ord(agl.toUnicode(name)[0]) for name in StandardEncoding if agl.toUnicode(name)}
WESTERN = frozenset(_encoded("cp1252") | _encoded("mac_roman") | _encoded("pdfdoc") | _STANDARD)
FACES = tuple(
    f"Liberation{family}-{style}"
    for family in ("Sans", "Serif", "Mono")
    for style in ("Regular", "Bold", "Italic", "BoldItalic")
)


def face_for(name: str, flags: int) -> str | None:
    """`LiberationSans-Bold` and the like; None for fonts of symbols, which nothing can stand in for."""
    if _SYMBOLS.search(name):
        return None
    if _MONO.search(name):
        family = "Mono"
    elif _SANS.search(name):
        family = "Sans"
    elif _SERIF.search(name):
        family = "Serif"
    else:
        family = "Mono" if flags & FIXED_PITCH else "Serif" if flags & SERIF else "Sans"
    is_bold = bool(_BOLD.search(name)) or bool(flags & FORCE_BOLD)
    is_italic = bool(_ITALIC.search(name)) or bool(flags & ITALIC)
    style = ("Bold" if is_bold else "") + ("Italic" if is_italic else "") or "Regular"
    return f"Liberation{family}-{style}"


@cache
def _file(face: str) -> bytes | None:
    path = next((folder / f"{face}.ttf" for folder in FOLDERS if (folder / f"{face}.ttf").exists()), None)
    return path.read_bytes() if path else None


def open_face(face: str, characters: Iterable[int]) -> CutFace | None:
    """The face with the glyphs for these characters; None when this machine lacks it."""
    wanted = set(characters)
    return western(face) if wanted <= WESTERN else _cut(face, wanted)


@cache
def western(face: str) -> CutFace | None:
    """The face cut to what the encodings of western text can name: cut once, for cutting takes longer than all else."""
    return _cut(face, WESTERN)


def _cut(face: str, characters: Iterable[int]) -> CutFace | None:
    """Keeps only the glyphs for these characters, and no instructions for layout that a PDF does not use."""
    content = _file(face)
    if content is None:
        return None
    font = TTFont(io.BytesIO(content), lazy=True)
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = []
    options.drop_tables += ["FFTM", "GDEF", "GPOS", "GSUB", "kern", "DSIG"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=set(characters))
    cutter.subset(font)
    return CutFace.of(font)
