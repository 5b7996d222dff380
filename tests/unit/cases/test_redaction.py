"""Redaction for real: what is shielded is in the new file no more, in no layer of it (M19)."""

from __future__ import annotations

import pypdfium2

from cases.papers import desk
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
