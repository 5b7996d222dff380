"""Who may do what in cases (M10–M18)."""

from __future__ import annotations

from typing import Final

from sikkersak.identity.permissions import Permission
from sikkersak.identity.policy.rules import (
    Rule,
    Subject,
    at_school,
    gateway_itself,
    holding,
    listing,
    managing,
    reading,
    staff,
    writing,
)

ADMINISTRATOR: Final = "Bare administrator kan gjøre dette."
LEADER: Final = "Bare skoleleder ved skolen kan se loggen for saken."
RULES: Final[dict[str, Rule]] = {
    "cases.identify.v1": gateway_itself(),
    # people and places
    "cases.list_schools.v1": staff(),
    "cases.put_school.v1": holding(Permission.ADMINISTER, refusal=ADMINISTRATOR),
    "cases.list_staff.v1": staff(),
    "cases.put_staff.v1": holding(Permission.ADMINISTER, refusal=ADMINISTRATOR),
    "cases.list_pupils.v1": staff(),
    "cases.put_pupil.v1": holding(
        Permission.KEEP_PUPILS, refusal="Bare administrator eller postfordeler kan registrere elever."
    ),
    "cases.list_templates.v1": staff(),
    "cases.put_template.v1": holding(Permission.ADMINISTER, refusal=ADMINISTRATOR),
    # cases
    "cases.list_cases.v1": listing(Subject.CASE, everything=Permission.LIST_EVERY_CASE),
    "cases.open_case.v1": at_school(
        Permission.OPEN_CASE,
        or_anywhere=Permission.OPEN_CASE_ANYWHERE,
        refusal="Rollen din gir ikke rett til å opprette saker ved denne skolen.",
    ),
    "cases.read_case.v1": reading(),
    "cases.give_access.v1": managing(
        Permission.GIVE_ACCESS, refusal="Bare skoleleder eller hovedsaksbehandler kan gi tilgang til saken."
    ),
    "cases.close_case.v1": managing(
        Permission.CLOSE_SCHOOL_CASE,
        refusal="Bare hovedsaksbehandler eller skoleleder kan avslutte saken.",
        is_for_open_cases=True,
    ),
    "cases.read_audit.v1": reading(beside=Permission.READ_AUDIT, refusal=LEADER),
    # documents
    "cases.write_document.v1": writing(subject=Subject.CASE),
    "cases.read_document.v1": reading(subject=Subject.DOCUMENT),
    # what has left the house is followed up after its case is closed too
    "cases.confirm_writing.v1": writing(closed_too=True),
    "cases.edit_document.v1": writing(),
    "cases.submit_document.v1": writing(),
    "cases.decide_approval.v1": writing(beside=Permission.APPROVE, refusal="Bare skoleleder ved skolen kan godkjenne."),
    "cases.finish_document.v1": writing(),
    "cases.ask_for_signatures.v1": writing(),
    "cases.send_document.v1": writing(),
}
