"""Faces that stand in for missing fonts: their widths are changed in the bytes, and they stay fonts that hold."""

from __future__ import annotations

import io

import pytest
from fontTools.ttLib import TTFont

from archiver.rendition.mending.cut_face import WHOLE, CutFace, _sum
from archiver.rendition.mending.faces import FACES, WESTERN, open_face, western


def face(name: str) -> CutFace:
    found = western(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine: the Liberation fonts are missing")
    return found


@pytest.mark.parametrize("name", FACES)
def test_a_face_with_other_widths_is_a_font_with_those_widths_and_the_right_sums(name: str) -> None:
    cut = face(name)
    wanted = {cut.glyphs[ord("a")]: 1234, cut.glyphs[ord("å")]: 77, len(cut.advances) - 1: 4000}
    content = cut.with_advances(wanted)
    font = TTFont(io.BytesIO(content), checkChecksums=2, lazy=False)
    order, metrics = font.getGlyphOrder(), font["hmtx"].metrics
    assert {glyph: metrics[order[glyph]][0] for glyph in wanted} == wanted
    untouched = set(range(len(order))) - wanted.keys()
    assert all(metrics[order[glyph]][0] == cut.advances[glyph] for glyph in untouched)
    assert font["hhea"].advanceWidthMax == max(advance for advance, _ in metrics.values())
    assert _sum(content) == WHOLE


def test_the_face_itself_is_not_changed_by_what_one_document_wants() -> None:
    cut = face("LiberationSans-Regular")
    before = cut.content
    cut.with_advances({cut.glyphs[ord("a")]: 1})
    assert cut.content == before
    assert cut.with_advances({}) == cut.with_advances({})


def test_letters_beyond_the_western_ones_are_cut_for_the_document() -> None:
    face("LiberationSans-Regular")
    cyrillic = open_face("LiberationSans-Regular", [0x416, 0x41])
    assert cyrillic is not None
    assert set(cyrillic.glyphs) == {0x416, 0x41}


def test_what_the_values_of_forms_are_written_in_needs_no_cutting() -> None:
    assert 0x2212 in WESTERN  # the minus of PDFDocEncoding
