"""Words are found as people write them, and nowhere else."""

from __future__ import annotations

import pytest

from intake.sorting.words import Lexicon, Text, folded, parts_of


def found(pattern: str, text: str) -> list[str]:
    return [one.quote for one in Lexicon([pattern]).found(Text(text))]


@pytest.mark.parametrize(
    ("pattern", "text", "quote"),
    [
        ("sfo", "Søknad om SFO-plass", "SFO"),
        ("permisjon", "PERMISJONSSØKNADEN vår", "PERMISJONSSØKNADEN"),
        ("permisjon", "søknad om permsjon", "permsjon"),
        ("søknad", "en soeknad", "soeknad"),
        ("søknad", "en SOKNAD", "SOKNAD"),
        ("barnevern", "barne vernet ringte", "barne vernet"),
        ("ppt", "time hos P.P.T. i dag", "P.P.T"),
        ("bekymringsmelding", "bekymrings-\nmelding", "bekymrings- melding"),
        ("*vold", "om familievold i går", "familievold"),
        ('"rus"', "det er rus her", "rus"),
        ("fri fra skolen", "vi vil ha fri fra skolen", "fri fra skolen"),
        ("§ 9 a", "etter § 9A-4", "§ 9A"),
        ("permisjon", "per\u00admisjon", "permisjon"),
        ("sakkyndig", "Sakyndig vurdring", "Sakyndig"),
    ],
)
def test_a_word_is_found_and_quoted_as_it_was_written(pattern: str, text: str, quote: str) -> None:
    assert found(pattern, text) == [quote]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("sfo", "Transformasjon"),
        ("iop", "Biopsi"),
        ('"rus"', "Russ, russisk og rusk"),
        ('"bup"', "Bupa"),
        ("skyss", "hyssing"),
        ("§ 9 a", "Kari i klasse 9A"),
        ("flytting", "flyktning"),
        ('"nav"', "navn og navnebytte"),
    ],
)
def test_a_word_is_not_found_in_another(pattern: str, text: str) -> None:
    assert found(pattern, text) == []


@pytest.mark.parametrize("written", ["", "(a+)+$", "a|b", '"to ord', "***", "[", "hei!*"])
def test_expressions_are_no_words(written: str) -> None:
    assert parts_of(written) == ()


def test_ways_of_writing_meet() -> None:
    assert folded("SØKNAD") == folded("soeknad") == folded("soknad")
    assert folded("Mánáidsuodjalus") == folded("manaidsuodjalus")
