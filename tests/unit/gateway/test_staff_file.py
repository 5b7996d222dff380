"""A file of employees: what is wrong is said by line and column, without the value (M16, R11)."""

from __future__ import annotations

import pytest

from gateway.staff_file import read
from sikkersak.identity.national_number import lookup

KEY = b"0123456789abcdef0123456789abcdef"
HEADING = "fodselsnummer;brukernavn;ansattnummer;fornavn;etternavn;epost;stilling;skoler;aktiv"
KARI = "14838141278;kari.prove;42;Kari;Prøve;kari@kommune.example;teacher|school-administrator;310000017;ja"


def test_a_line_becomes_an_employee_without_the_number() -> None:
    rows, faults = read(f"\ufeff{HEADING}\r\n{KARI}\r\n".encode(), KEY)
    assert faults == []
    (row,) = rows
    assert (row.line, row.pid_lookup) == (2, lookup("14838141278", KEY))
    assert row.fields.hr_roles == ("teacher", "school-administrator")
    assert row.fields.schools == ("310000017",)
    assert "14838141278" not in row.model_dump_json()


def test_commas_quotes_a_capital_heading_and_a_dropped_zero_are_understood() -> None:
    heading = "Fødselsnummer,Brukernavn,Fornavn,Etternavn,Stilling,Skoler"
    rows, faults = read(f'{heading}\n2917531008,ola,"Ola, den eldre",Prøve,teacher,\n\n'.encode(), KEY)
    assert faults == []
    assert rows[0].pid_lookup == lookup("02917531008", KEY)
    assert (rows[0].fields.given_name, rows[0].fields.schools) == ("Ola, den eldre", ())


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("14838141278", "14838141279", "fodselsnummer"),
        ("14838141278", "", "fodselsnummer"),
        ("kari.prove", "", "brukernavn"),
        ("kari.prove", "14838141278", "brukernavn"),
        (";Kari;", ";;", "fornavn"),
        ("310000017", "31", "skoler"),
        (";ja", ";kanskje", "aktiv"),
        (";ja", "", ""),
        ("Kari", "K" * 101, "fornavn"),
    ],
)
def test_every_fault_is_named_by_line_and_column(old: str, new: str, column: str) -> None:
    rows, faults = read(f"{HEADING}\n{KARI}\n{KARI.replace(old, new, 1)}\n".encode(), KEY)
    assert [row.line for row in rows] == [2]
    assert [(fault.line, fault.column) for fault in faults] == [(3, column)]
    assert not new or len(new) < 5 or new not in faults[0].detail


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ("Kari;Prøve".encode("latin-1"), "UTF-8"),
        (b"", "mangler"),
        (HEADING.encode(), "ingen linjer"),
        (f"{HEADING};sko\n{KARI};43".encode(), "ikke kjent"),
        (f"{HEADING};aktiv\n{KARI};ja".encode(), "flere ganger"),
        (f'{HEADING}\n"{KARI}'.encode(), "gyldig CSV"),
        (f"navn\rnummer;{HEADING}\n{KARI}".encode(), "Overskriften er ikke gyldig CSV"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, detail: str) -> None:
    rows, faults = read(content, KEY)
    assert rows == []
    assert detail in " ".join(fault.detail for fault in faults)
