"""A file of employees, line by line: what is wrong is said by line and column, and no value is repeated (M16, R11).

The national identity number becomes a keyed hash while the line is read, and goes no further (M29).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

from sikkersak.contracts.cases_employees import EmployeeFields, ImportFault, ImportRow
from sikkersak.identity.national_number import has_check_digits, lookup

NATIONAL_ID: Final = "fodselsnummer"
# The file's columns, and the employee's fields.
COLUMNS: Final = {
    NATIONAL_ID: "",
    "brukernavn": "user_name",
    "ansattnummer": "external_id",
    "fornavn": "given_name",
    "etternavn": "family_name",
    "epost": "email",
    "stilling": "hr_roles",
    "skoler": "schools",
    "aktiv": "is_active",
}
REQUIRED: Final = (NATIONAL_ID, "brukernavn", "fornavn", "etternavn", "stilling", "skoler")
BY_FIELD: Final = {field: column for column, field in COLUMNS.items() if field}
YES_AND_NO: Final = {"ja": True, "j": True, "1": True, "": True, "nei": False, "n": False, "0": False}
MOST: Final = 2000
_ELEVEN: Final = re.compile(r"[0-9]{6}[ .-]?[0-9]{5}")


class _Wrong(ValueError):
    """What is wrong with one line."""

    def __init__(self, column: str, detail: str) -> None:
        super().__init__(detail)
        self.column = column
        self.detail = detail


def read(content: bytes, key: bytes) -> tuple[list[ImportRow], list[ImportFault]]:
    """The lines that can be read, and what is wrong with the others."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [ImportFault(line=1, column="", detail="Filen er ikke UTF-8. Lagre den som «CSV UTF-8».")]
    first = text.partition("\n")[0]
    lines = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first else ",", strict=True)
    try:
        heading = [(name or "").strip().lower().replace("ø", "o") for name in lines.fieldnames or ()]
    except csv.Error:
        return [], [ImportFault(line=1, column="", detail="Overskriften er ikke gyldig CSV.")]
    faults = list(_of_heading(heading))
    if faults:
        return [], faults
    lines.fieldnames = heading
    rows: list[ImportRow] = []
    try:
        for values in lines:
            _keep(values, lines.line_num, key, rows, faults)
    except csv.Error:
        faults.append(ImportFault(line=lines.line_num, column="", detail="Linjen er ikke gyldig CSV."))
    if not rows and not faults:
        faults.append(ImportFault(line=1, column="", detail="Filen har ingen linjer."))
    if len(rows) > MOST:
        return [], [ImportFault(line=MOST + 2, column="", detail=f"Filen har mer enn {MOST} linjer. Del den.")]
    return rows, faults


def _of_heading(heading: list[str]) -> Iterator[ImportFault]:
    for column in REQUIRED:
        if column not in heading:
            yield ImportFault(line=1, column=column, detail="Kolonnen mangler i overskriften.")
    for column in sorted(set(heading) - set(COLUMNS)):
        yield ImportFault(line=1, column=column[:60], detail="Kolonnen er ikke kjent.")
    if len(set(heading)) < len(heading):
        yield ImportFault(line=1, column="", detail="En kolonne står flere ganger i overskriften.")


def _keep(values: dict[str, str], line: int, key: bytes, rows: list[ImportRow], faults: list[ImportFault]) -> None:
    if not any(values.values()):
        return
    try:
        rows.append(ImportRow(line=line, pid_lookup=_lookup(values, key), fields=_fields(values)))
    except _Wrong as wrong:
        faults.append(ImportFault(line=line, column=wrong.column, detail=wrong.detail))
    except ValidationError as wrong:
        for error in wrong.errors(include_input=False, include_url=False):
            column = BY_FIELD.get(str(error["loc"][0]), "") if error["loc"] else ""
            faults.append(ImportFault(line=line, column=column, detail=_text(str(error["type"]))))


def _lookup(values: dict[str, str], key: bytes) -> str:
    number = (values[NATIONAL_ID] or "").replace(" ", "")
    if len(number) == 10:  # spreadsheets drop the first zero
        number = f"0{number}"
    if not has_check_digits(number):
        raise _Wrong(NATIONAL_ID, "Er ikke et gyldig fødselsnummer.")
    return lookup(number, key)


def _fields(values: dict[str, str]) -> EmployeeFields:
    if None in values or None in values.values():
        raise _Wrong("", "Linjen har ikke like mange felt som overskriften.")
    given = {COLUMNS[column]: value.strip() for column, value in values.items() if COLUMNS[column]}
    active = given.pop("is_active", "").lower()
    if active not in YES_AND_NO:
        raise _Wrong("aktiv", "Skriv ja eller nei.")
    for column in ("brukernavn", "ansattnummer"):
        if _ELEVEN.search(values.get(column, "")):
            raise _Wrong(column, "Kan ikke være et fødselsnummer.")
    return EmployeeFields(
        user_name=given["user_name"],
        external_id=given.get("external_id") or None,
        given_name=given["given_name"],
        family_name=given["family_name"],
        email=given.get("email") or None,
        is_active=YES_AND_NO[active],
        hr_roles=_several(given["hr_roles"]),
        schools=_several(given["schools"]),
    )


def _several(value: str) -> tuple[str, ...]:
    """Several values in one field stand with a vertical bar between them."""
    return tuple(one.strip() for one in value.split("|") if one.strip())


def _text(kind: str) -> str:
    texts = {"string_too_short": "Mangler.", "string_too_long": "Er for lang."}
    return texts.get(kind, "Har feil form.")
