"""What the public may read: names in any spelling are gone, and other words stay (M19)."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import workdays
from cases.domain.publicity import shielded


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Møte om ÅSE", "Møte om *****"),
        ("Åses skoledag, Åse-Maries plan", "***** skoledag, *****-***** plan"),
        (unicodedata.normalize("NFD", "Brev til Åse"), "Brev til *****"),
        ("«Nordli», Nordlis’ sak", "«*****», *****’ sak"),
        ("Nordlige skoler", "Nordlige skoler"),
        ("Født 010314 60000 og 01031460000", "Født ***** og *****"),
        ("Org. 310000019 sak 2026/12", "Org. 310000019 sak 2026/12"),
    ],
)
def test_a_title_without_names(title: str, shown: str) -> None:
    assert shielded(title, ("Åse-Marie Nordli",)) == shown


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=4))
def test_anything_may_be_a_title_or_a_name(title: str, names: list[str]) -> None:
    once = shielded(title, names)
    assert not names or isinstance(once, str)
    assert shielded("Ada", [*names, "Ada"]) == "*****"


def test_working_days_know_the_public_holidays() -> None:
    assert [workdays.easter(year) for year in (2024, 2025, 2026)] == [
        date(2024, 3, 31),
        date(2025, 4, 20),
        date(2026, 4, 5),
    ]
    assert workdays.after(date(2026, 5, 13), 1) == date(2026, 5, 15), "Ascension Day between"
    assert workdays.after(date(2026, 12, 24), 2) == date(2026, 12, 29)
    assert workdays.between(date(2026, 5, 13), date(2026, 5, 15)) == 1
    assert workdays.between(date(2026, 5, 15), date(2026, 5, 13)) == -1
    assert workdays.between(date(2026, 5, 15), date(2026, 5, 15)) == 0
