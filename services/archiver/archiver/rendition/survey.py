"""The first look at a document, in a child: what it is, what it claims, and what lies inside it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Dictionary, Name, Object, Pdf, Stream

from archiver.rendition.budgets import check_costs, check_pages
from archiver.rendition.content import Kind, decide
from archiver.rendition.mending.mend import mend_opened, opened
from archiver.rendition.mending.walk import dictionaries, name_of
from archiver.rendition.outcome import Flavour
from archiver.rendition.refusals import DAMAGED, EMPTY, PASSWORD, TOO_LARGE, UNKNOWN_FORMAT, refusal

MAX_ATTACHMENTS = 100
MAX_UNPACKED = 1 << 30
MAX_PARTS = 10_000


def survey(source: str, *, hint: str | None, attachments: str, max_pages: int) -> dict[str, Any]:
    """What the ladder must know before it starts. Raises Declined for what only a person can do something about."""
    with _looked_at(Path(source), hint, Path(attachments), max_pages) as (found, _):
        return found


def survey_and_mend(
    source: str, *, hint: str | None, attachments: str, max_pages: int, destination: str, level: str, language: str
) -> dict[str, Any]:
    """As `survey`; and a PDF that claims nothing is mended in the same reading: `mended` has what mending says.

    Mending that fails is no failure of the look: `mended` is none, and the ladder tries again and tells why.
    """
    with _looked_at(Path(source), hint, Path(attachments), max_pages) as (found, pdf):
        if pdf is not None and found["claim"] is None:
            try:
                found["mended"] = mend_opened(pdf, destination, level=level, language=language)
            except MemoryError:
                raise
            except Exception:  # a fault of mending; of the three kinds it may be any, and the ladder finds out which
                found["mended"] = None
        return found


@contextmanager
def _looked_at(
    path: Path, hint: str | None, attachments: Path, max_pages: int
) -> Iterator[tuple[dict[str, Any], Pdf | None]]:
    kind = decide(path, hint)
    if kind in {Kind.EMPTY, Kind.UNKNOWN, Kind.LOCKED}:
        raise refusal({Kind.EMPTY: EMPTY, Kind.UNKNOWN: UNKNOWN_FORMAT, Kind.LOCKED: PASSWORD}[kind])
    if kind in {Kind.DOCX, Kind.ODT}:
        _check_packing(path)
    found: dict[str, Any] = {"kind": kind.value, "pages": 0, "claim": None, "notes": {}, "attachments": []}
    if kind is not Kind.PDF:
        yield found, None
        return
    with opened(path) as pdf:
        found |= _surveyed(pdf, attachments, max_pages)
        if pdf.is_encrypted:  # other readers may know less of its ciphers: they are given what this one opened
            found["opened"] = str(path.with_name("opened.pdf"))
            pdf.save(found["opened"])
        yield found, pdf


def _check_packing(path: Path) -> None:
    """A package that unpacks to too much is not opened; one that does not unpack is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise refusal(TOO_LARGE)
            if archive.testzip() is not None:
                raise refusal(DAMAGED)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise refusal(DAMAGED) from None


def _surveyed(pdf: Pdf, folder: Path, max_pages: int) -> dict[str, Any]:
    check_pages(pdf, max_pages)
    try:
        pages = len(pdf.pages)
    except pikepdf.PdfError:
        raise refusal(DAMAGED) from None
    if pages == 0:
        raise refusal(DAMAGED)
    if pages > max_pages:
        raise refusal(TOO_LARGE)
    everything = dictionaries(pdf)
    check_costs(pdf, everything)
    taken, refused = _take_attachments(everything, folder)
    notes = {
        "attachments-found": len(taken),
        "attachments-refused": refused,
        "dynamic-form": int(_is_dynamic_form(pdf)),
        "encryption-removed": int(pdf.is_encrypted),
    }
    return {
        "pages": pages,
        "claim": _claim(pdf),
        "signatures": sum(_is_signature(one) for one in everything),
        "notes": {code: count for code, count in notes.items() if count},
        "attachments": taken,
    }


def _claim(pdf: Pdf) -> str | None:
    """The flavour of PDF/A that the file says it is, if the archive takes that flavour (M24). Only a claim."""
    try:
        with pdf.open_metadata() as metadata:
            claim = metadata.pdfa_status.lower()
    except (ValueError, SyntaxError, TypeError, KeyError):  # metadata that is no XML claims nothing
        return None
    return claim if claim in {flavour.value for flavour in Flavour} else None


def _is_signature(thing: Object) -> bool:
    return "/ByteRange" in thing and "/Contents" in thing


def _is_dynamic_form(pdf: Pdf) -> bool:
    """Whether the page only says «please wait» until a program draws the form (XFA)."""
    return bool(pdf.Root.get("/NeedsRendering", False))


def _take_attachments(everything: list[Object], folder: Path) -> tuple[list[dict[str, str]], int]:
    """Writes each embedded file under a number. Gives (path, name) of those taken, and how many could not be."""
    taken: list[dict[str, str]] = []
    refused = 0
    seen: set[tuple[int, int]] = set()
    for specification in everything:
        content = _embedded(specification)
        if content is None or content.objgen in seen:
            continue
        seen.add(content.objgen)
        target = folder / str(len(taken) + 1)
        try:
            if len(taken) >= MAX_ATTACHMENTS:
                raise ValueError("too many")
            folder.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read_bytes())
        except (pikepdf.PdfError, ValueError, OSError, MemoryError):  # noted for the case; the page can still be kept
            target.unlink(missing_ok=True)
            refused += 1
            continue
        name = str(specification.get("/UF", specification.get("/F", f"vedlegg {len(taken) + 1}")))
        taken.append({"path": str(target), "name": name})
    return taken, refused


def _embedded(specification: Object) -> Stream | None:
    files = specification.get("/EF") if name_of(specification, "/Type") != "/EmbeddedFile" else None
    if not isinstance(files, Dictionary):
        return None
    content = files.get("/UF", files.get("/F"))
    return content if isinstance(content, Stream) and not isinstance(content, Name) else None
