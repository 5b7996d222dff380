"""The texts of sample documents: their marks become blocks, their fields become facts."""

from __future__ import annotations

import re

import pytest

from samples.prose import FOLDER, prose
from samples.shipments import shipments

FACTS = dict.fromkeys(
    ("pupil", "first", "born", "birth_number", "class", "school", "guardian", "guardians", "home"), "Æsop"
)
TEXTS = sorted(path.stem for path in FOLDER.iterdir())


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_has_a_head_and_nothing_of_its_marks_is_left(name: str) -> None:
    text = prose(name, FACTS)
    assert text.title
    assert re.search(r"20\d\d$", text.date)
    assert text.language in {"nb", "nn"}
    for block in text.blocks:
        assert not re.search(r"[{}#|]", block.text) or block.kind == "table"
        assert len({len(row) for row in block.rows}) == 1 or block.kind != "table"


def test_a_heading_stands_apart_from_the_paragraph_under_it() -> None:
    blocks = prose("expert-assessment", FACTS).blocks
    assert [block.kind for block in blocks[:3]] == ["table", "heading", "paragraph"]
    assert blocks[1].text == "Bakgrunn"
    assert blocks[2].text.startswith("Æsop har siden 2. trinn")


def test_a_field_that_is_no_fact_is_an_error() -> None:
    with pytest.raises(KeyError):
        prose("expert-assessment", {})


def test_every_text_is_used_by_some_shipment() -> None:
    made = {file.make.args[0] for one in shipments() for file in one.files}  # type: ignore[attr-defined]
    assert made == set(TEXTS)
