"""Word, text, web pages and e-mail come out as tagged PDF/A with their words, through a LibreOffice that sees nothing else."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from archiver.rendition import Flavour, Rung
from sikkersak.errors import Declined

pytestmark = pytest.mark.asyncio(loop_scope="session")
SENTENCE = "Rødgrød med fløte på Ås, æøå ÆØÅ"


@pytest.fixture(autouse=True)
def _needs_office(renderer) -> None:
    if not renderer.capabilities()["libreoffice"]:
        pytest.skip("LibreOffice Writer with UNO for Python is not on this machine")


def text_of(path: Path) -> str:
    read = " ".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(path))
    return " ".join(read.split())


async def test_a_word_document_becomes_tagged_pdfa_in_the_language_of_the_case(render, papers) -> None:
    made = await render(papers.docx("notat.docx", SENTENCE))
    assert (made.rung, made.flavour) == (Rung.OFFICE, Flavour.A2A)
    assert SENTENCE in text_of(made.path)
    with pikepdf.open(made.path) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.Root.Lang).startswith(("nb", "en")), "its own, or the case's"


async def test_the_content_decides_not_the_name(render, papers) -> None:
    word = papers.docx("word.docx", SENTENCE).read_bytes()
    assert (await render(papers.keep("picture.jpg", word), "image/jpeg")).rung is Rung.OFFICE


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_text_keeps_its_norwegian_letters_in_every_character_set(render, papers, charset: str) -> None:
    made = await render(papers.keep("notat.txt", f"{SENTENCE}\r\n\r\nlinje to".encode(charset)))
    assert SENTENCE in text_of(made.path)
    assert ("charset-guessed" in {note.code for note in made.notes}) is (charset == "cp1252")


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
async def test_a_web_page_keeps_its_words_and_loses_what_is_active_or_far_away(render, papers, charset: str) -> None:
    page = (
        f'<!DOCTYPE html><html><head><meta charset="{charset}"><script>document.write("NEI")</script></head>'
        f'<body><h1>Vedtak</h1><p>{SENTENCE}</p><img src="http://127.0.0.1:9/x.png"></body></html>'
    )
    made = await render(papers.keep("side.html", page.encode(charset)))
    assert made.flavour is Flavour.A2A
    assert SENTENCE in text_of(made.path)
    assert "NEI" not in text_of(made.path)
    assert "external-content-removed" in {note.code for note in made.notes}


async def test_rich_text_is_read(render, papers) -> None:
    made = await render(papers.keep("notat.rtf", rb"{\rtf1\ansi\ansicpg1252 Hei p\'e5 deg\par}"))
    assert "Hei på deg" in text_of(made.path)


async def test_an_email_shows_its_headers_and_gives_its_attachments(render, papers) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.invalid", "b@example.invalid", "Møte på fredag"
    message.set_content(f"{SENTENCE}\n<b>ikke fet</b>\n")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="innkalling.pdf")
    made = await render(papers.keep("melding.eml", message.as_bytes()))
    assert "Møte på fredag" in text_of(made.path)
    assert f"{SENTENCE} <b>ikke fet</b>" in text_of(made.path)
    assert [(one.name, one.path.read_bytes()) for one in made.attachments] == [("innkalling.pdf", b"%PDF-1.4")]


async def test_a_word_file_with_rubbish_inside_is_refused_not_blank(render, papers) -> None:
    rubbish = papers.zipped("rubbish.docx", {"[Content_Types].xml": b"<x/>", "word/document.xml": b"rubbish"})
    with pytest.raises(Declined) as no:
        await render(rubbish)
    assert no.value.code == "rendition-not-converted"


async def test_several_at_once_wait_for_each_other(render, papers) -> None:
    import asyncio

    sources = [papers.docx(f"{number}.docx", f"Nummer {number}") for number in range(4)]
    made = await asyncio.gather(*(render(source) for source in sources))
    assert [f"Nummer {number}" in text_of(one.path) for number, one in enumerate(made)] == [True] * 4


async def test_a_document_that_takes_too_long_costs_the_office_its_life_and_the_next_one_is_served(
    renderer, render, papers, tmp_path
) -> None:
    from archiver.rendition.content import Kind

    heavy = papers.keep("heavy.txt", b"ord " * 2_000_000)
    with pytest.raises(Declined):
        await renderer._office.convert(heavy, tmp_path / "out.pdf", Kind.TEXT, 0.3)
    assert (await render(papers.docx())).rung is Rung.OFFICE
