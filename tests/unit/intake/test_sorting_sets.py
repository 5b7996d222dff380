"""Nothing that belongs here is forwarded: on labelled mail, and whatever is added to mail (M2–M4)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.sorting import signs
from intake.sorting.default import DEFAULT_RULES
from intake.sorting.engine import Decision, Document, Facts, ready
from intake.sorting.validation import RulesUnfit, demand_fit
from sikkersak.contracts.sorting import Belonging, SortingCondition, SortingField, SortingRule

REPOSITORY = Path(__file__).resolve().parents[3]
BENCH = REPOSITORY / "tests" / "bench" / "sorting.py"
AWAY, PERSON = Belonging.GENERAL_ARCHIVE, Belonging.FOR_A_PERSON
RULES = ready(DEFAULT_RULES)


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_sorting", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench = load()
OWN = bench.read_set(bench.OWN)[0]
FORWARDED = [row for row in OWN if RULES.sort(row.facts).belonging is AWAY]


def sort(title: str, text: str, *documents: Document) -> Decision:
    return RULES.sort(Facts(title, documents=(Document("brev.txt", "tekst", text, True), *documents)))


def spoken(pattern: str) -> str:
    """A sign as somebody may write it."""
    return pattern.replace('"', "").replace("*", "")


SIGNS = sorted({spoken(word) for group in signs.GROUPS for word in group.words})


@pytest.mark.parametrize("path", [bench.OWN, bench.HELD_OUT], ids=lambda path: path.stem)
def test_nothing_is_wrongly_forwarded_on_the_labelled_sets(path: Path) -> None:
    rows, notes = bench.read_set(path)
    wrong = [row.line for row, decision in bench.sorted_ones(rows) if decision.belonging is AWAY is not row.expected]
    assert (wrong, notes) == ([], [])
    assert len(rows) >= (150 if path == bench.OWN else 60)


def test_harmless_titles_over_texts_that_are_not_are_never_forwarded() -> None:
    rows, _ = bench.read_set(bench.SETS / "sorting-traps.csv")
    assert [row.line for row, decision in bench.sorted_ones(rows) if decision.belonging is AWAY] == []
    assert len(rows) > 20


def test_most_of_what_the_rules_were_made_for_is_sorted_without_a_person() -> None:
    told = bench.run([bench.OWN], shows_each=False)
    assert told["right"] >= 0.85 * told["shipments"]
    assert told["right"] + told["wrong"] + told["for_a_person"] == told["shipments"]
    assert len(FORWARDED) >= 40, "the property below needs mail that is forwarded"


@given(row=st.sampled_from(FORWARDED), sign=st.sampled_from(SIGNS), at=st.floats(0, 1), upper=st.booleans())
def test_a_sign_anywhere_in_the_text_keeps_mail_from_being_forwarded(row, sign: str, at: float, upper: bool) -> None:
    (document,) = row.facts.documents
    cut = document.text.find(" ", int(at * len(document.text)))
    cut = len(document.text) if cut < 0 else cut
    said = sign.upper() if upper else sign
    text = f"{document.text[:cut]} {said} {document.text[cut:]}"
    facts = Facts(
        row.facts.title, row.facts.shipment_type, row.facts.sender_name, documents=(Document("", "", text, True),)
    )
    assert RULES.sort(facts).belonging is not AWAY


@given(row=st.sampled_from(FORWARDED), sign=st.sampled_from(SIGNS), where=st.sampled_from(["title", "type", "name"]))
def test_a_sign_in_title_type_or_a_files_name_keeps_it_too(row, sign: str, where: str) -> None:
    (document,) = row.facts.documents
    facts = Facts(
        f"{row.facts.title} – {sign}" if where == "title" else row.facts.title,
        f"{row.facts.shipment_type} {sign}" if where == "type" else row.facts.shipment_type,
        row.facts.sender_name,
        documents=(Document(f"{sign}.pdf" if where == "name" else "", "", document.text, True),),
    )
    assert RULES.sort(facts).belonging is not AWAY


@given(
    row=st.sampled_from([row for row in OWN if RULES.sort(row.facts).belonging is not AWAY]),
    sign=st.sampled_from(SIGNS),
)
def test_a_sign_never_turns_what_is_kept_into_something_forwarded(row, sign: str) -> None:
    facts = Facts(f"{row.facts.title} {sign}", documents=row.facts.documents)
    assert RULES.sort(facts).belonging is not AWAY


@pytest.mark.parametrize("row", FORWARDED[:12], ids=lambda row: row.facts.title)
@pytest.mark.parametrize(
    "unread",
    [
        Document("bilde.png", "bilde image", "", False),
        Document("lang.pdf", "pdf", "Vi søker om permisjon.", False),
    ],
    ids=["a picture", "a file that was not read to its end"],
)
def test_what_could_not_be_read_is_for_a_person(row, unread: Document) -> None:
    facts = Facts(row.facts.title, documents=(*row.facts.documents, unread))
    assert RULES.sort(facts).belonging is PERSON


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Søknad om permisjon", ""),
        ("Søknad om permisjon", "Прошу надати дитині відпустку permisjon"),
        ("Permisjon – flaskepost", "Vi søker om permisjon for Ella i uke 8. Vi skal på ferie."),
        ("Søknad om permisjon", "Vi søker om permisjon for Ella i uke 8. Flaskeposten kom."),
        ("Dokument", "Vi søker om permisjon for Ella i uke 8. Vi skal på ferie."),
        ("Søknad om skoleskyss", "Vi søker om permisjon for Ella i uke 8. Vi skal på ferie."),
        ("Faktura 12", "Faktura for nettbrett, Jonas Berglund. Beløp kr 2 500."),
    ],
)
def test_a_title_and_a_text_that_do_not_bear_each_other_out_are_for_a_person(title: str, text: str) -> None:
    assert sort(title, text).belonging is PERSON


def test_rules_of_administrators_cannot_outweigh_a_sign() -> None:
    words = ("bekymring", "vold", "barnevern", "permisjon")
    everything = SortingRule(
        name="Alt bort", belonging=AWAY, conditions=(SortingCondition(fields=(SortingField.TITLE,), words=words),)
    )
    document = Document("", "", "Vi søker om permisjon for Ella i uke 8.", True)
    greedy = ready((everything,))
    assert greedy.sort(Facts("Permisjon", documents=(document,))).belonging is AWAY
    for title in ("Bekymring", "Permisjon og vold", "Barnevern"):
        assert greedy.sort(Facts(title, documents=(document,))).belonging is PERSON


def test_the_default_rules_are_fit() -> None:
    demand_fit(DEFAULT_RULES)
    with pytest.raises(RulesUnfit, match="ingen regler"):
        demand_fit(())


# --- the bench's own reading of sets


@pytest.mark.parametrize(
    "content",
    [
        b'sender,type,title,text,expected\nKim,,Permisjon,"Hei, uke 8",general_archive\n',
        "\ufeffAvsender;Forsendelsestype;Tittel;Tekst;Fasit\r\nKim;;Permisjon;Hei, uke 8;Elements\r\n".encode(),
        "sender\ttype\ttitle\ttext\texpected\nKim\t\tPermisjon\tHei, uke 8\tGeneral Archive\n".encode("utf-16"),
        "expected;title;text\nVIDERESEND;Permisjon;Hei, uke 8 på fjellet\n".encode("cp1252"),
    ],
    ids=["commas", "BOM and semicolons", "UTF-16 and tabs", "Windows-1252"],
)
def test_sets_are_read_as_people_save_them(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_bytes(content)
    (row,), _ = bench.read_set(path)
    assert (row.facts.title, row.expected) == ("Permisjon", AWAY)
    assert row.facts.documents[0].text.startswith("Hei, uke 8")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"title,text\na,b\n", "needed are expected and title or text"),
        (b"title,expected\nPermisjon,kanskje\n", "line 2: the label 'kanskje' is not known"),
        (b"title,expected\nPermisjon\n", "1 cells, but the heading has 2"),
        (b"title,tittel,expected\na,b,here\n", "more than one column means title"),
        (b"\x00\x01\x02", "not a text file"),
        (b'title,expected\n"a,here\n', "not CSV"),
        (b"title,expected\n", "no shipment"),
    ],
)
def test_a_set_that_cannot_be_read_is_told_of_where_and_why(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_bytes(content)
    with pytest.raises(bench.UnfitSet, match=told):
        bench.read_set(path)


def command(path: Path) -> subprocess.CompletedProcess[str]:
    told = [sys.executable, "-P", str(BENCH), "--json", "--set", str(path)]
    return subprocess.run(told, capture_output=True, text=True, check=False)


def test_the_command_ends_with_one_line_of_figures_and_says_what_is_wrong_with_a_set(tmp_path: Path) -> None:
    told = command(bench.HELD_OUT)
    figures = json.loads(told.stdout.splitlines()[-1])
    assert {"right", "wrong", "for_a_person", "wrongly_forwarded", "confusion"} <= set(figures)
    unfit = command(tmp_path / "none.csv")
    assert (unfit.returncode, "cannot be read" in unfit.stderr) == (2, True)
