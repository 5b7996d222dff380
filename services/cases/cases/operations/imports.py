"""Employees from a file, where the HR system cannot synchronise: the difference first, then all of it or nothing (M16)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from cases.office import Office
from cases.operations import operations
from cases.operations.employees import note
from cases.store import audit, employees
from sikkersak.contracts.cases_employees import (
    Employee,
    EmployeeFields,
    ImportAct,
    ImportChange,
    ImportFault,
    ImportResult,
    ImportRow,
    ImportStaff,
)
from sikkersak.contracts.cases_roles import RolesChanged
from sikkersak.messaging.operations import Ask
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction

COLUMNS = {
    "user_name": "brukernavn",
    "external_id": "ansattnummer",
    "given_name": "fornavn",
    "family_name": "etternavn",
    "email": "epost",
    "is_active": "aktiv",
    "hr_roles": "stilling",
    "schools": "skoler",
}
Known = dict[str, Employee]


@operations.answers(ImportStaff)
async def import_staff(asked: ImportStaff, ask: Ask, office: Office) -> ImportResult:
    """Nothing is changed by a trial, nor by a file with one fault in it."""
    del office
    lookups = [row.pid_lookup for row in asked.rows]
    known = await employees.by_lookup(ask.tx, lookups)
    faults = [*_twice(asked.rows), *await _wrong(ask.tx, asked.rows, known)]
    changes = [change for row in asked.rows if (change := _difference(row, known.get(row.pid_lookup)))]
    leaving = await employees.active_besides(ask.tx, lookups) if asked.is_whole else []
    changes += [_leaving(one) for one in leaving]
    is_applied = not (asked.is_trial or faults)
    if is_applied:
        await _apply(ask, asked, known, leaving)
    unchanged = len(asked.rows) - sum(1 for change in changes if change.line is not None)
    return ImportResult(
        errors=tuple(sorted(faults, key=lambda fault: fault.line)),
        changes=tuple(changes),
        unchanged=unchanged,
        is_applied=is_applied,
    )


async def _apply(ask: Ask, asked: ImportStaff, known: Known, leaving: list[Employee]) -> None:
    by = ask.actor.staff_id
    for row in asked.rows:
        there = known.get(row.pid_lookup)
        if there is None:
            employee_id = await employees.create(ask.tx, row.pid_lookup, row.fields)
            await note(ask.tx, employee_id, "employee-created", row.fields, by)
        elif await employees.replace(ask.tx, there.employee_id, None, row.fields):
            has_left = there.is_active and not row.fields.is_active
            act = "employee-left" if has_left else "employee-changed"
            await note(ask.tx, there.employee_id, act, row.fields, by)
    for one in leaving:
        await employees.leave(ask.tx, one.employee_id)
        await note(ask.tx, one.employee_id, "employee-left", one.model_copy(update={"is_active": False}), by)
    await employees.follow(ask.tx)
    await say(ask.tx, RolesChanged())
    await audit.note(ask.tx, by, "staff-imported", rows=len(asked.rows), left=len(leaving))


def _twice(rows: tuple[ImportRow, ...]) -> Iterator[ImportFault]:
    """What only one line may have."""
    keys: list[tuple[str, Callable[[ImportRow], str | None]]] = [
        ("fodselsnummer", lambda row: row.pid_lookup),
        ("brukernavn", lambda row: row.fields.user_name.lower()),
        ("ansattnummer", lambda row: row.fields.external_id),
    ]
    for column, key in keys:
        counted = Counter(key(row) for row in rows)
        for row in rows:
            if key(row) is not None and counted[key(row)] > 1:
                yield ImportFault(line=row.line, column=column, detail="Står på flere linjer.")


async def _wrong(tx: Transaction, rows: tuple[ImportRow, ...], known: Known) -> list[ImportFault]:
    """What is wrong with a line by what is known here."""
    unknown = await employees.unknown_schools(tx, {school for row in rows for school in row.fields.schools})
    faults = [
        ImportFault(line=row.line, column="skoler", detail="Ett eller flere organisasjonsnumre er ikke en skole her.")
        for row in rows
        if unknown.intersection(row.fields.schools)
    ]
    numbers = [row.fields.external_id for row in rows if row.fields.external_id is not None]
    taken = await employees.named(tx, [row.fields.user_name for row in rows], numbers)
    by_name = {one.user_name.lower(): one.employee_id for one in taken}
    by_number = {one.external_id: one.employee_id for one in taken if one.external_id is not None}
    for row in rows:
        mine = known[row.pid_lookup].employee_id if row.pid_lookup in known else None
        if by_name.get(row.fields.user_name.lower(), mine) != mine:
            faults.append(ImportFault(line=row.line, column="brukernavn", detail="Brukes av en annen ansatt."))
        number = row.fields.external_id
        if number is not None and by_number.get(number, mine) != mine:
            faults.append(ImportFault(line=row.line, column="ansattnummer", detail="Brukes av en annen ansatt."))
    return faults


def _difference(row: ImportRow, there: Employee | None) -> ImportChange | None:
    name = f"{row.fields.given_name} {row.fields.family_name}"
    if there is None:
        return ImportChange(act=ImportAct.CREATE, line=row.line, employee_id=None, name=name, fields=())
    different = tuple(column for field, column in COLUMNS.items() if _value(row.fields, field) != _value(there, field))
    if not different:
        return None
    has_left = there.is_active and not row.fields.is_active
    act = ImportAct.LEAVE if has_left else ImportAct.CHANGE
    return ImportChange(act=act, line=row.line, employee_id=there.employee_id, name=name, fields=different)


def _value(fields: EmployeeFields, field: str) -> object:
    value = getattr(fields, field)
    return sorted(set(value)) if isinstance(value, tuple) else value


def _leaving(one: Employee) -> ImportChange:
    name = f"{one.given_name} {one.family_name}"
    return ImportChange(
        act=ImportAct.LEAVE, line=None, employee_id=one.employee_id, name=name, fields=(COLUMNS["is_active"],)
    )
