"""A machine that lacks something still starts, says so, does what it can, and keeps the rest waiting."""

from __future__ import annotations

import pytest

from archiver.rendition import Flavour, Rung
from archiver.rendition.renderer import QUIETLY
from sikkersak.errors import Transient

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def without_java(renderer, monkeypatch) -> None:
    monkeypatch.setattr(renderer._gate, "_worker", None)


async def test_without_java_a_plain_file_passes_on_a_second_opinion(without_java, renderer, render, papers) -> None:
    made = await render(papers.pdf())
    assert (made.rung, made.flavour, made.verdict.validator) == (Rung.MENDED, Flavour.A2B, "pikepdf.pdfa")
    assert "second-opinion" in {note.code for note in made.notes}
    assert renderer.capabilities()["java"] is False


async def test_without_java_no_claim_is_believed(without_java, render, papers) -> None:
    def claim(pdf) -> None:
        with pdf.open_metadata() as metadata:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "2", "B"

    assert (await render(papers.pdf(change=claim))).rung is Rung.MENDED


async def test_without_java_what_nobody_can_vouch_for_waits(without_java, render, papers) -> None:
    """It is not made into pictures, which could be vouched for: with Java back it will come out whole."""

    def tile(pdf) -> None:
        tile = pdf.make_stream(
            b"0 0 5 5 re f", PatternType=1, PaintType=1, TilingType=1, BBox=[0, 0, 9, 9], XStep=9, YStep=9, Resources={}
        )
        pdf.pages[0].obj["/Resources"]["/Pattern"] = {"/P": tile}

    with pytest.raises(Transient) as later:
        await render(papers.pdf(change=tile, content=b"/Pattern cs /P scn 0 0 300 300 re f"))
    assert later.value.reason == "rendition-validator-missing"


async def test_without_ghostscript_the_ladder_has_a_rung_less(renderer, render, papers, monkeypatch) -> None:
    monkeypatch.setattr(renderer._ghostscript, "_program", None)
    made = await render(papers.pdf(font="ZapfDingbats", text=b"abc"))
    assert made.rung is Rung.PICTURED
    assert "ghostscript-missing" in {attempt.reason for attempt in made.attempts}
    assert renderer.capabilities()["ghostscript"] is False


async def test_without_libreoffice_word_documents_wait(renderer, render, papers, monkeypatch) -> None:
    monkeypatch.setattr(renderer, "_office", None)
    with pytest.raises(Transient) as later:
        await render(papers.docx())
    assert later.value.reason == "rendition-office-missing"
    assert renderer.capabilities()["libreoffice"] is False


async def test_what_is_missing_is_said_with_what_it_means(without_java, renderer, monkeypatch) -> None:
    monkeypatch.setattr(renderer, "_office", None)
    lacks = renderer.lacks()
    assert [one.split()[0] for one in lacks if not one.startswith(QUIETLY)] == ["java", "libreoffice"]
    assert "the rest waits" in lacks[0]
