"""How the default sorting rules fare on labelled mail (M2-M4): `./dev bench sorting [--set FILE ...] [--json]`.

Without --set both sets of the repository are sorted: tests/bench/sets/sorting.csv, which the rules were made with, and
sorting-held-out.csv, which was written before them and that nobody tunes them on. With --set only the files given are.

A set is a CSV file with a heading line; separator comma, semicolon or tab; UTF-8 (with or without BOM), UTF-16 or Windows-1252.

| column | also called | is |
| --- | --- | --- |
| `expected` | label, forventet, fasit | what is right, see below; needed |
| `title` | tittel, emne, subject | the shipment's title |
| `text` | tekst, innhold, body | the text of the documents' first pages; empty: nothing could be read |
| `sender` | avsender, from | the sender's name |
| `type` | forsendelsestype, shipment_type | the shipment's type |
| `receiver`, `document`, `sender_number` | mottaker; dokument, filnavn; orgnr | if known |

| expected | also written |
| --- | --- |
| `here` | belongs_here, sikker_sak, hører hjemme her, register, registrer, m2 |
| `general_archive` | elements, general, forward, videresend, arkiv, generelt arkiv, m3 |
| `for_a_person` | person, manual, unknown, usikker, manuell, ukjent, til person |

`right`: decided as expected. `for_a_person`: left to a person although the label says where it belongs. `wrong`: decided, and
otherwise than expected. The three add up to `shipments`. `wrongly_forwarded`, which must be 0: decided for the general archive
although the label does not say so; it is part of `wrong`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from intake.sorting.default import DEFAULT_RULES
from intake.sorting.engine import Decision, Document, Facts, ready
from sikkersak.contracts.sorting import Belonging

SETS: Final = Path(__file__).with_name("sets")
OWN, HELD_OUT = SETS / "sorting.csv", SETS / "sorting-held-out.csv"
HERE, AWAY, PERSON = Belonging.HERE, Belonging.GENERAL_ARCHIVE, Belonging.FOR_A_PERSON
LABELS: Final = {
    HERE: "here|belongs here|stays|keep|sikker sak|sikkersak|hører hjemme her|høyrer heime her|her|hører til her|register|"
    "registrer|registreres|m2|behold|sensitive|sensitiv|school|skole",
    AWAY: "general archive|general|elements|forward|forwarded|videresend|videresendes|vidaresend|arkiv|archive|generelt arkiv|"
    "sentralarkiv|generelt|m3|away|other|ikke her|ephorte|general archive elements|belongs elsewhere|belongs in general archive",
    PERSON: "for a person|person|a person|to a person|manual|manual review|manuell|manuelt|review|human|unknown|unsure|unclear|"
    "usikker|ukjent|til person|til en person|for en person|menneske|vurderes|uavklart|distributor|fordeler|postfordeler",
}
BY_LABEL: Final = {one: belonging for belonging, many in LABELS.items() for one in many.split("|")}
COLUMNS: Final = {
    "expected": "expected|label|forventet|fasit|belonging|riktig|answer",
    "title": "title|tittel|emne|subject",
    "text": "text|tekst|innhold|body|content|first page|førsteside",
    "sender": "sender|avsender|from|sender name|avsendernavn",
    "type": "type|forsendelsestype|shipment type|shipmenttype",
    "receiver": "receiver|mottaker|mottakar",
    "document": "document|documents|dokument|filnavn|vedlegg|attachment|attachments|document name",
    "sender_number": "sender number|orgnr|organisasjonsnummer|avsendernummer",
}
BY_COLUMN: Final = {one: column for column, many in COLUMNS.items() for one in many.split("|")}
ENCODINGS: Final = ("utf-8-sig", "cp1252")
LARGEST_CELL: Final = 10_000_000


class UnfitSet(ValueError):
    """The file is no labelled set; says where and what to do about it."""


@dataclass(frozen=True)
class Labelled:
    """One shipment with what is right for it."""

    line: int
    facts: Facts
    expected: Belonging


def read_set(path: Path) -> tuple[list[Labelled], list[str]]:
    """The shipments of a file, and what one should know about how it was read. `UnfitSet` where it cannot be."""
    try:
        content = path.read_bytes()
    except OSError as wrong:
        raise UnfitSet(f"{path}: cannot be read: {wrong.strerror}") from None
    text, notes = _decoded(path, content)
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise UnfitSet(f"{path}: the file is empty; it needs a heading line such as sender,type,title,text,expected")
    separator = max(",;\t|", key=lines[0].count)
    csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    try:
        columns = _columns(path, next(row for row in reader if any(cell.strip() for cell in row)), notes)
        rows = [_labelled(path, reader.line_num, columns, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as wrong:
        raise UnfitSet(f"{path}, line {reader.line_num}: not CSV: {wrong}") from None
    if not rows:
        raise UnfitSet(f"{path}: there is no shipment under the heading line")
    return rows, notes


def _decoded(path: Path, content: bytes) -> tuple[str, list[str]]:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", "replace"), [f"{path}: read as UTF-16"]
    if b"\x00" in content:
        raise UnfitSet(f"{path}: this is not a text file; save it as CSV in UTF-8")
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text, [] if encoding == ENCODINGS[0] else [f"{path}: not UTF-8, read as Windows-1252"]
    raise UnfitSet(f"{path}: neither UTF-8, UTF-16 nor Windows-1252; save it as CSV in UTF-8")


def _columns(path: Path, heading: list[str], notes: list[str]) -> list[str | None]:
    columns = [BY_COLUMN.get(plain(cell)) for cell in heading]
    unknown = [cell for cell, column in zip(heading, columns, strict=True) if column is None and cell.strip()]
    if "expected" not in columns or not {"title", "text"} & set(columns):
        raise UnfitSet(
            f"{path}, line 1: the heading has {', '.join(repr(cell) for cell in heading)}; "
            "needed are expected and title or text, as in sender,type,title,text,expected"
        )
    twice = [column for column, times in Counter(columns).items() if column and times > 1]
    if twice:
        raise UnfitSet(f"{path}, line 1: more than one column means {', '.join(twice)}")
    if unknown:
        notes.append(f"{path}: columns not used: {', '.join(unknown)}")
    return columns


def _labelled(path: Path, line: int, columns: list[str | None], row: list[str]) -> Labelled:
    if len(row) != len(columns):
        raise UnfitSet(
            f"{path}, line {line}: {len(row)} cells, but the heading has {len(columns)}; quote texts that hold the separator"
        )
    told = {column: cell.strip() for column, cell in zip(columns, row, strict=True) if column}
    expected = BY_LABEL.get(plain(told["expected"]))
    if expected is None:
        known = "; ".join(
            f"{belonging.value}: {', '.join(many.split('|')[:6])} …" for belonging, many in LABELS.items()
        )
        raise UnfitSet(f"{path}, line {line}: the label {told['expected']!r} is not known. Known are {known}")
    text = told.get("text", "")
    facts = Facts(
        title=told.get("title", ""),
        shipment_type=told.get("type", ""),
        sender_name=told.get("sender", ""),
        sender_number=told.get("sender_number", ""),
        receiver=told.get("receiver", ""),
        documents=(Document(told.get("document", ""), "", text, bool(text)),),
    )
    return Labelled(line, facts, expected)


def plain(label: str) -> str:
    """A label or heading as it is compared: case, blanks, hyphens and underscores mean nothing."""
    return " ".join(label.casefold().replace("_", " ").replace("-", " ").split()).strip(" .:\ufeff")


def sorted_ones(rows: list[Labelled]) -> Iterator[tuple[Labelled, Decision]]:
    """Each with the decision of the default rules."""
    rules = ready(DEFAULT_RULES)
    for row in rows:
        yield row, rules.sort(row.facts)


def figures(confusion: Counter[tuple[Belonging, Belonging]]) -> dict[str, Any]:
    """As they are printed."""
    right = sum(number for (expected, decided), number in confusion.items() if expected is decided)
    left = sum(number for (expected, decided), number in confusion.items() if expected is not decided is PERSON)
    forwarded = sum(number for (expected, decided), number in confusion.items() if expected is not decided is AWAY)
    return {
        "shipments": confusion.total(),
        "right": right,
        "wrong": confusion.total() - right - left,
        "for_a_person": left,
        "wrongly_forwarded": forwarded,
        "confusion": {
            expected.value: {decided.value: confusion[expected, decided] for decided in Belonging}
            for expected in Belonging
        },
    }


def table(confusion: dict[str, dict[str, int]]) -> str:
    """The confusion table: expected down, decided across."""
    names = [belonging.value for belonging in Belonging]
    lines = ["expected \\ decided".ljust(20) + "".join(name.rjust(17) for name in names)]
    lines += [name.ljust(20) + "".join(str(confusion[name][other]).rjust(17) for other in names) for name in names]
    return "\n".join(lines)


def run(paths: list[Path], *, shows_each: bool) -> dict[str, Any]:
    """All sets together, and each."""
    whole: Counter[tuple[Belonging, Belonging]] = Counter()
    sets = {}
    begun = time.perf_counter()
    for path in paths:
        rows, notes = read_set(path)
        print(*notes, sep="\n", end="\n" if notes else "", file=sys.stderr)
        confusion: Counter[tuple[Belonging, Belonging]] = Counter()
        for row, decision in sorted_ones(rows):
            confusion[row.expected, decision.belonging] += 1
            if shows_each and row.expected is not decision.belonging:
                told = f"{path.name}:{row.line} expected {row.expected.value}, decided {decision.belonging.value}"
                print(f"{told}: {decision.explanation} | {row.facts.title}", file=sys.stderr)
        sets[path.name] = {name: value for name, value in figures(confusion).items() if name != "confusion"}
        whole += confusion
    seconds = time.perf_counter() - begun
    return figures(whole) | {"sets": sets, "ms_per_shipment": round(seconds * 1000 / max(1, whole.total()), 2)}


def main() -> None:
    """Runs once and prints the figures."""
    parser = argparse.ArgumentParser(
        prog="./dev bench sorting", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--set",
        action="append",
        type=Path,
        metavar="FILE",
        help="a labelled set instead of our own; may be given again",
    )
    parser.add_argument("--each", action="store_true", help="tell of each shipment that is not right, and why")
    parser.add_argument("--json", action="store_true", help="end with one line of figures")
    asked = parser.parse_args()
    try:
        told = run(asked.set or [OWN, HELD_OUT], shows_each=asked.each)
    except UnfitSet as unfit:
        parser.exit(2, f"{unfit}\n")
    print(table(told["confusion"]))
    if not asked.json:
        for figure in ("shipments", "right", "wrong", "for_a_person", "wrongly_forwarded"):
            print(f"{figure:>20}  {told[figure]}")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
