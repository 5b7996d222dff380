"""Problems in bokmål, nynorsk and English, by Accept-Language; codes stay the same in all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gateway import language
from gateway.problems import TITLES, make, problem_of
from sikkersak.errors import Declined, NotFound

TEXTS = Path(language.__file__).parent / "texts"


@pytest.fixture(params=["nn", "en"])
def table(request: pytest.FixtureRequest) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((TEXTS / f"{request.param}.json").read_text())
    return read


@pytest.mark.parametrize(
    ("header", "language_"),
    [
        (None, "nb"),
        ("", "nb"),
        ("no", "nb"),
        ("nn-NO,nn;q=0.9,nb;q=0.8", "nn"),
        ("en-GB", "en"),
        ("de, en;q=0.4, nb;q=0.5", "nb"),
        ("en;q=0, nn;q=0.1", "nn"),
        ("*", "nb"),
        ("en;q=x", "nb"),
    ],
)
def test_the_best_of_ours_is_chosen(header: str | None, language_: str) -> None:
    assert language.chosen(header) == language_


def test_every_title_is_in_every_language(table: dict[str, Any]) -> None:
    assert {int(status) for status in table["titles"]} == set(TITLES)


def test_texts_are_short_and_have_no_gaps(table: dict[str, Any]) -> None:
    for text in table["details"].values():
        assert text.endswith(".")
        assert not re.search(r"[{}…]", text)


def test_the_code_is_the_same_and_the_words_are_others() -> None:
    refused = Declined("case-closed", "Saken er avsluttet.")
    said = {}
    for spoken in ("nb", "nn", "en"):
        token = language.spoken.set(spoken)
        said[spoken], _ = problem_of(refused)
        language.spoken.reset(token)
    assert {one.code for one in said.values()} == {"case-closed"}
    assert said["nb"].detail == "Saken er avsluttet."
    assert said["nn"].detail == "Saka er avslutta."
    assert (said["en"].title, said["en"].detail) == ("Cannot be done now", "The case is closed.")


def test_what_is_hidden_is_hidden_in_every_language_and_an_unknown_code_keeps_its_text() -> None:
    token = language.spoken.set("en")
    try:
        assert problem_of(NotFound("anything"))[0].detail == "It does not exist, or you have no access to it."
        assert make(409, "not-closable", "Saken har 2 dokumenter.").detail == "Saken har 2 dokumenter."
    finally:
        language.spoken.reset(token)


def test_every_fixed_text_is_in_every_language(table: dict[str, Any]) -> None:
    """What has parts put in, and what only hides, is said by the general texts."""
    told = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "errors.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| \d+ \| (.+) \|$", told, re.MULTILINE)
    fixed = {code for code, text in rows if "…" not in text and not code.endswith(language.HIDDEN)}
    assert len(fixed) > 100
    assert fixed - set(table["details"]) == set()
