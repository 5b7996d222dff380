"""Public titles: what may stand in a public journal (Offl. § 13)."""

from __future__ import annotations

from typing import Final

SHIELD: Final = "*****"


def public_title(title: str, names: tuple[str, ...]) -> str:
    """The title without anybody's name. Each part of a name is shielded, whatever its case."""
    hidden = {part.casefold().strip(".,;:()") for name in names for part in name.split()}
    words = [SHIELD if word.casefold().strip(".,;:()«»\"'") in hidden else word for word in title.split()]
    return " ".join(words)
