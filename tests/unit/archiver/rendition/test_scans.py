"""Scans get words to search in, where tesseract is and is asked for; without it they are archived as they are."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import pytest_asyncio
from PIL import Image, ImageDraw, ImageFont

from archiver.rendition import Renderer, RenderingLimits, Rendition
from archiver.rendition.gate import Gate
from sikkersak.clock import now

pytestmark = pytest.mark.asyncio(loop_scope="session")
FACE = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
LINES = ("Referat fra samarbeidsmøte", "Skolen er bekymret for fraværet", "Åse og Bjørn møtte på rektors kontor")
PAPER = (1240, 877)  # half an A4 sheet at 150 dots an inch


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Renderer]:
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not on this machine")
    limits = RenderingLimits(scan_languages="nor+eng", scan_pages=3)
    standing = Renderer(tmp_path_factory.mktemp("reader"), limits)
    await standing.start()
    yield standing
    await standing.stop()


def sheet(*lines: str) -> Image.Image:
    """A sheet as a scanner gives it."""
    paper = Image.new("L", PAPER, 250)
    drawing, face = ImageDraw.Draw(paper), ImageFont.truetype(FACE, 40)
    for number, line in enumerate(lines):
        drawing.text((100, 120 + 90 * number), line, fill=10, font=face)
    return paper


def scanned(path: Path, pages: int = 1, turned: int = 0) -> Path:
    """A PDF of pictures without a word in it."""
    sheets = [sheet(*LINES) for _ in range(pages)]
    sheets[0].save(path, "PDF", resolution=150, save_all=True, append_images=sheets[1:])
    if turned:
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            for page in pdf.pages:
                page.rotate(turned, relative=False)
            pdf.save()
    return path


async def made_of(renderer: Renderer, source: Path) -> Rendition:
    destination = source.with_suffix(".rendition.pdf")
    deadline = now() + timedelta(seconds=100)
    return await renderer.render(source, None, language="nb", destination=destination, deadline=deadline)


def words_in(path: Path) -> str:
    return " ".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(path))


async def test_a_scan_is_read_and_stays_valid_and_the_same(reader: Renderer, gate: Gate, tmp_path: Path) -> None:
    made = await made_of(reader, scanned(tmp_path / "scan.pdf"))
    assert (await gate.judge(made.path, made.flavour)).is_valid
    said = words_in(made.path)
    found = [word for line in LINES for word in line.split() if word in said]
    assert len(found) >= 12, said
    assert "words-read" in {note.code for note in made.notes}
    assert made.sameness is not None
    assert made.sameness.is_same


async def test_a_picture_is_read_too(reader: Renderer, tmp_path: Path) -> None:
    picture = tmp_path / "sheet.png"
    sheet(*LINES).save(picture, dpi=(150, 150))
    assert "fraværet" in words_in((await made_of(reader, picture)).path)


@pytest.mark.parametrize("turned", [90, 180, 270])
async def test_words_lie_where_they_are_seen_on_a_turned_page(reader: Renderer, tmp_path: Path, turned: int) -> None:
    source = scanned(tmp_path / "turned.pdf")
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:  # laid in the scanner askew, and set right
        page = pdf.pages[0]
        _, _, wide, high = (float(one) for one in page.mediabox)
        askew, paper = {
            90: ((0, 1, -1, 0, high, 0), (high, wide)),
            180: ((-1, 0, 0, -1, wide, high), (wide, high)),
            270: ((0, -1, 1, 0, 0, wide), (high, wide)),
        }[turned]
        page.contents_add(pdf.make_stream(f"q {' '.join(map(str, askew))} cm".encode()), prepend=True)
        page.contents_add(pdf.make_stream(b"Q"))
        page.mediabox = pikepdf.Array([0, 0, *paper])
        page.rotate(turned, relative=False)
        pdf.save()
    made = pypdfium2.PdfDocument((await made_of(reader, source)).path)[0]
    text = made.get_textpage()
    left, bottom, right, top = text.get_charbox(text.get_text_bounded().index("Referat"))
    x, y, width, height = (left + right) / 2, (bottom + top) / 2, *paper
    seen = {90: (y, width - x), 180: (width - x, height - y), 270: (height - y, x)}[turned]
    assert (seen[0] / wide, seen[1] / high) == pytest.approx((0.09, 1 - 140 / PAPER[1]), abs=0.05)


async def test_a_long_scan_and_a_page_without_writing_are_left_as_they_are(reader: Renderer, tmp_path: Path) -> None:
    long = await made_of(reader, scanned(tmp_path / "long.pdf", pages=4))
    blank = tmp_path / "blank.png"
    Image.new("L", PAPER, 240).save(blank)
    for made in (long, await made_of(reader, blank)):
        assert words_in(made.path).strip() == ""
        assert "words-read" not in {note.code for note in made.notes}


async def test_without_the_languages_asked_for_nothing_is_read_and_health_says_so(tmp_path: Path) -> None:
    renderer = Renderer(tmp_path, RenderingLimits(scan_languages="nor+klingon"))
    await renderer._recognition.start()
    assert renderer.capabilities()["tesseract"] is False
    assert any("without words to search in" in line for line in renderer.lacks())


async def test_nobody_asked_and_health_says_nothing_of_it(tmp_path: Path) -> None:
    assert "tesseract" not in Renderer(tmp_path).capabilities()
