"""The texts of sample documents: plain text files with a short head, merged with facts about a pupil."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("texts")


@dataclass(frozen=True)
class Block:
    """A piece of a document: `paragraph`, `heading`, `list` or `table`; `lines` has one line, item or row each."""

    kind: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """As one line."""
        return " ".join(self.lines)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table."""
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in self.lines]

    def data(self) -> dict[str, object]:
        """As the sheet of paper takes it."""
        return {"kind": self.kind, "text": self.text, "items": list(self.lines), "rows": self.rows}


@dataclass(frozen=True)
class Prose:
    """A document's text with its title, date in words, language and signature."""

    title: str
    date: str
    language: str
    signature: tuple[str, ...]
    blocks: tuple[Block, ...]


_MARKS: Final = {"#": "heading", "-": "list", "|": "table"}


def prose(name: str, facts: Mapping[str, str]) -> Prose:
    """The text `name` with its merge fields filled. Raises KeyError for a field that is no fact."""
    head, _, body = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").partition("\n---\n")
    said = dict(line.split(": ", 1) for line in head.format_map(facts).splitlines())
    runs = [_run(part.strip().splitlines()) for part in body.format_map(facts).split("\n\n")]
    signature = tuple(line.strip() for line in said["signed"].split("/"))
    return Prose(
        said["title"], said["date"], said["language"], signature, tuple(block for run in runs for block in run)
    )


def _run(lines: list[str]) -> list[Block]:
    """The blocks of lines that stand together: each change of kind begins another, and every heading is its own."""
    blocks: list[Block] = []
    for line in lines:
        kind = _MARKS.get(line[0], "paragraph")
        text = line[1:].strip() if kind in {"heading", "list"} else line
        if blocks and blocks[-1].kind == kind != "heading":
            blocks[-1] = Block(kind, (*blocks[-1].lines, text))
        else:
            blocks.append(Block(kind, (text,)))
    return blocks
