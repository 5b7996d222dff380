"""Pictures become pages, whole and upright."""

from __future__ import annotations

import pypdfium2
import pytest
from PIL import Image

from archiver.rendition import Rung
from sikkersak.errors import Declined

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.png", "RGB"), ("a.png", "1"), ("a.png", "L"), ("a.png", "P"), ("a.png", "RGBA"), ("a.png", "LA"),
        ("a.jpg", "RGB"), ("a.jpg", "L"), ("a.jpg", "CMYK"), ("a.tif", "RGB"), ("a.tif", "1"), ("a.tif", "CMYK"),
        ("a.gif", "P"), ("a.bmp", "RGB"), ("a.webp", "RGB"), ("a.png", "I;16"),
    ],
)  # fmt: skip
async def test_every_kind_of_picture_becomes_a_valid_page(render, papers, name: str, mode: str) -> None:
    made = await render(papers.picture(name, mode))
    assert made.rung is Rung.IMAGE
    assert made.pages == 1
    shown = pypdfium2.PdfDocument(made.path)[0].render(scale=1, grayscale=True).to_pil()
    assert shown.getpixel((shown.width // 6, shown.height // 3)) < 60, "the black box is where it was"


async def test_every_frame_of_a_tiff_becomes_a_page(render, papers) -> None:
    made = await render(papers.picture("scan.tiff", "1", frames=3))
    assert made.pages == 3


async def test_a_photo_is_turned_the_way_its_camera_says(render, papers) -> None:
    path = papers.folder / "photo.jpg"
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (600, 400), "white").save(path, exif=turned)
    width, height = pypdfium2.PdfDocument((await render(path)).path)[0].get_size()
    assert height > width


async def test_a_large_photo_is_fitted_to_a4(render, papers) -> None:
    made = await render(papers.picture("photo.jpg", size=(4000, 3000)))
    width, height = pypdfium2.PdfDocument(made.path)[0].get_size()
    assert (round(width), round(height)) == (794, 595)


async def test_transparency_is_laid_on_white_and_noted(render, papers) -> None:
    made = await render(papers.picture("a.png", "RGBA"))
    assert [note.code for note in made.notes] == ["transparency-flattened"]


async def test_half_a_picture_is_damaged(render, papers) -> None:
    whole = papers.picture("whole.png").read_bytes()
    with pytest.raises(Declined) as no:
        await render(papers.keep("half.png", whole[: len(whole) // 2]))
    assert no.value.code == "rendition-damaged"
