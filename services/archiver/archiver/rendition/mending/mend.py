"""The step in process: opens a PDF, puts right what can be put right, and writes it anew as PDF/A-2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Dictionary, Name, Pdf, String, pdfa
from pikepdf.sanitize import Sanitizer

from archiver.rendition.mending.actions import mend_actions
from archiver.rendition.mending.annotations import mend_annotations
from archiver.rendition.mending.colours import mend_colours
from archiver.rendition.mending.fonts import embed_fonts
from archiver.rendition.mending.images import mend_images
from archiver.rendition.mending.structure import mend_structure
from archiver.rendition.mending.walk import Tally, dictionaries
from archiver.rendition.refusals import DAMAGED, PASSWORD, refusal

FLAVOUR = "2b"  # what is written; a higher level is claimed afterwards, and only if the gate agrees
HIGHEST_VERSION = "1.7"
LEVELS = {"2a": "A", "2u": "U", "2b": "B"}


def mend(source: str, destination: str, *, level: str, language: str, recode: bool = False) -> dict[str, Any]:
    """Writes `source` anew, claiming `level`. Gives the notes; raises Declined for what cannot be opened."""
    with opened(Path(source)) as pdf:
        return mend_opened(pdf, destination, level=level, language=language, recode=recode)


def mend_opened(pdf: Pdf, destination: str, *, level: str, language: str, recode: bool = False) -> dict[str, Any]:
    """As `mend`, for a document that has been opened; it is of no other use afterwards."""
    tally = Tally()
    _sanitizer().apply(pdf)
    _draw_and_clean(pdf, tally, recode)
    _set_language(pdf, language)
    pdfa.prepare(pdf, FLAVOUR, output_intent="sRGB")
    _claim(pdf, level)
    _save(pdf, destination)
    return {"notes": {code: count for code, count in tally.items() if count}, "pages": len(pdf.pages)}


def relabel(source: str, destination: str, *, level: str, language: str | None = None) -> dict[str, Any]:
    """Changes only the level that is claimed (and the language, where given)."""
    with opened(Path(source)) as pdf:
        if language:
            _set_language(pdf, language)
        _claim(pdf, level)
        _save(pdf, destination)
        return {"pages": len(pdf.pages)}


def opened(source: Path) -> Pdf:
    """The document, repaired where qpdf can. Raises Declined for a password and for what no longer is a PDF."""
    try:
        return pikepdf.open(source)
    except pikepdf.PasswordError:
        raise refusal(PASSWORD) from None
    except pikepdf.PdfError:
        raise refusal(DAMAGED) from None


def _sanitizer() -> Sanitizer:
    cleaner = Sanitizer().remove_javascript().remove_attachments().remove_thumbnails().remove_search_index()
    return cleaner.remove_multimedia().remove_web_capture().remove_private_app_data().remove_collection()


def _draw_and_clean(pdf: Pdf, tally: Tally, recode: bool) -> None:
    """Appearances first: drawing form values may bring in fonts that must then be embedded too."""
    mend_annotations(pdf, tally)
    everything = dictionaries(pdf)
    mend_actions(everything, tally)
    mend_structure(pdf, everything, tally)
    mend_images(pdf, everything, tally, recode=recode)
    embed_fonts(pdf, everything, tally)
    mend_colours(pdf, everything)


def _set_language(pdf: Pdf, language: str) -> None:
    if not str(pdf.Root.get("/Lang", "")).strip():
        pdf.Root["/Lang"] = String(language)
    if "/MarkInfo" in pdf.Root and not isinstance(pdf.Root["/MarkInfo"], Dictionary):
        del pdf.Root["/MarkInfo"]


def _claim(pdf: Pdf, level: str) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata["pdfaid:part"] = "2"
        metadata["pdfaid:conformance"] = LEVELS[level]
    pdf.Root.Metadata["/Type"] = Name.Metadata


def _save(pdf: Pdf, destination: str) -> None:
    settings = pdfa.resolve_save_kwargs(FLAVOUR)
    if float(pdf.pdf_version) > float(HIGHEST_VERSION):
        settings["force_version"] = HIGHEST_VERSION
    pdf.save(destination, **settings)
