"""Public titles show nobody's name (Offl. § 13)."""

from __future__ import annotations

import pytest

from cases.domain.titles import SHIELD, public_title


@pytest.mark.parametrize(
    ("title", "names", "shown"),
    [
        ("Vedtak for Kari Nordli", ("Kari Nordli",), f"Vedtak for {SHIELD} {SHIELD}"),
        ("VEDTAK: NORDLI, KARI", ("Kari Nordli",), f"VEDTAK: {SHIELD} {SHIELD}"),
        ("Møte om «Kari»", ("Kari Nordli",), f"Møte om {SHIELD}"),
        ("Referat fra møte", ("Kari Nordli",), "Referat fra møte"),
        ("Brev fra Per til Kari", ("Kari Nordli", "Per Nordli"), f"Brev fra {SHIELD} til {SHIELD}"),
        ("Uten navn", ("", ""), "Uten navn"),
    ],
)
def test_every_part_of_a_name_is_shielded(title: str, names: tuple[str, ...], shown: str) -> None:
    assert public_title(title, names) == shown
