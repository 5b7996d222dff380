"""Redaction for real: what is shielded is in the new file no more, in no layer of it (M19)."""

from __future__ import annotations

import asyncio
import io

import img2pdf
import pypdfium2
import pytest
from PIL import Image

from cases.papers import desk
from cases.papers.redaction import MOST_PAGES
from sikkersak.errors import Transient
from sikkersak.letters import compose

SECRET = "Hemmeligsen"


async def test_a_shielded_word_is_gone_as_text_as_ink_and_as_metadata() -> None:
    source = f"#text(40pt)[{SECRET}]\n\n#text(40pt)[Synlig]"
    pdf = await compose(source, {}, language="nb", title=f"Om {SECRET}")
    made = await desk.handle("redact", pdf, words=[SECRET.lower()], boxes=[])
    assert SECRET.encode() not in made
    assert SECRET in (await desk.handle("read", pdf)).decode()
    assert (await desk.handle("read", made)).decode().strip() == ""
    with pypdfium2.PdfDocument(pdf) as before, pypdfium2.PdfDocument(made) as after:
        assert len(after) == len(before)
        assert not [value for value in after.get_metadata_dict().values() if SECRET in value]
        hit = before[0].get_textpage().search(SECRET).get_next()
        text = before[0].get_textpage()
        assert hit is not None
        left, bottom, right, top = text.get_rect(0) if text.count_rects(*hit) else (0, 0, 0, 0)
        height = before[0].get_height()
        picture = after[0].render(scale=1).to_pil().convert("L")
        inside = picture.crop((int(left) + 2, int(height - top) + 2, int(right) - 2, int(height - bottom) - 2))
        assert max(inside.tobytes()) < 40, "black all over"


def blank(pages: int, side: float = 100) -> bytes:
    made, kept = pypdfium2.PdfDocument.new(), io.BytesIO()
    for _ in range(pages):
        made.new_page(side, side)
    made.save(kept)
    return kept.getvalue()


@pytest.mark.parametrize("pdf", [blank(MOST_PAGES + 1), blank(1, 9000)], ids=["pages", "a page"])
async def test_what_is_too_large_is_said_to_be_too_large(pdf: bytes) -> None:
    with pytest.raises(desk.PaperTooLarge):
        await desk.handle("redact", pdf, words=["x"], boxes=[])


async def test_what_takes_too_long_to_draw_is_too_large_and_leaves_no_process() -> None:
    with pytest.raises(desk.PaperTooLarge):
        await desk._handled("redact", blank(1), 0, {"words": [], "boxes": []})


async def test_no_more_are_drawn_at_a_time_than_may_be_and_reading_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "_drawing", asyncio.Semaphore(0))
    with pytest.raises(Transient):
        await desk.handle("redact", blank(1), words=[], boxes=[])
    assert await desk.handle("read", blank(1)) == b""


async def test_a_page_with_a_picture_is_drawn_smaller_than_it_would_be_without_loss_and_still_black() -> None:
    picture, kept = Image.effect_noise((600, 800), 90).convert("RGB"), io.BytesIO()
    picture.save(kept, "JPEG")
    boxes = [{"page": 0, "x": 10, "y": 10, "width": 100, "height": 100}]
    made = await desk.handle("redact", img2pdf.convert(kept.getvalue()), words=[], boxes=boxes)
    with pypdfium2.PdfDocument(made) as after:
        drawn = after[0].render(scale=1).to_pil().convert("L").crop((14, 14, 106, 106))
    assert max(drawn.tobytes()) < 40
    assert b"/DCTDecode" in made
