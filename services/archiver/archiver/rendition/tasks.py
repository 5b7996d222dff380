"""The work that children do, by name. Importing this pays for every library once, before anything is forked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pikepdf
from pikepdf import pdfa

from archiver.rendition.images import lay_image
from archiver.rendition.mending import mend, relabel
from archiver.rendition.mending.faces import FACES, western
from archiver.rendition.pictures import picture_pages
from archiver.rendition.refusals import NOT_UNLOCKED, WRONG_PASSWORD, refusal
from archiver.rendition.sameness import compare
from archiver.rendition.samples import draw_rich_sample, draw_sample
from archiver.rendition.scans import draw_scan, lay_words
from archiver.rendition.survey import survey, survey_and_mend
from archiver.rendition.writing import read_html, read_mail, read_text, words_kept


def second_opinion(source: str) -> dict[str, Any]:
    """What pikepdf's own validator says of a file at 2b. It may only be asked about files that qpdf wrote."""
    report = pdfa.validate_written(source, "2b")
    rules = sorted({finding.rule for finding in report.findings})
    return {"is_valid": bool(report.passed), "failed_rules": rules, "version": version("pikepdf")}


def unlock(source: str, *, password: str, destination: str) -> dict[str, Any]:
    """Writes a PDF as it is without its password. Raises Declined when the password is another, or it is no PDF."""
    try:
        with pikepdf.open(source, password=password) as pdf:
            pdf.save(destination)
            return {"pages": len(pdf.pages)}
    except pikepdf.PasswordError:
        raise refusal(WRONG_PASSWORD) from None
    except pikepdf.PdfError:
        raise refusal(NOT_UNLOCKED) from None


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "survey": survey,
    "survey_and_mend": survey_and_mend,
    "mend": mend,
    "relabel": relabel,
    "compare": compare,
    "picture_pages": picture_pages,
    "lay_image": lay_image,
    "draw_scan": draw_scan,
    "lay_words": lay_words,
    "read_text": read_text,
    "read_html": read_html,
    "read_mail": read_mail,
    "words_kept": words_kept,
    "unlock": unlock,
    "draw_sample": draw_sample,
    "draw_rich_sample": draw_rich_sample,
    "second_opinion": second_opinion,
}


def prepare_faces() -> None:
    """Cuts the stand-in fonts, for every child that will come."""
    for face in FACES:
        western(face)


def warm_up(*, is_whole: bool = True) -> None:
    """Does the steps once on a page of our own, so that no child pays for what is loaded at first use."""
    with tempfile.TemporaryDirectory() as name:
        sample, mended = f"{name}/sample.pdf", f"{name}/mended.pdf"
        draw_sample(sample)
        survey_and_mend(
            sample, hint=None, attachments=f"{name}/a", max_pages=1, destination=mended, level="2u", language="nb"
        )
        if is_whole:
            compare(sample, mended, max_looks=1)
