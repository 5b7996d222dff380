"""Who may do what in cases (M10–M18)."""

from __future__ import annotations

from typing import Final

from sikkersak.identity.permissions import Permission
from sikkersak.identity.policy.rules import (
    Rule,
    Scope,
    Subject,
    at_school,
    gateway_itself,
    holding,
    listing,
    managing,
    or_machine,
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
    "cases.put_pupil_reference.v1": or_machine(
        holding(Permission.KEEP_PUPILS, refusal="Bare postfordeler og administrator kan registrere elever."),
        Scope.PUPILS,
    ),
    "cases.find_pupil_cases.v1": staff(),
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
    "cases.list_case_types.v1": staff(),
    "cases.put_case_type.v1": holding(Permission.ADMINISTER, refusal=ADMINISTRATOR),
    "cases.set_phase.v1": writing(subject=Subject.CASE),
    "cases.add_case_party.v1": writing(subject=Subject.CASE),
    "cases.remove_case_party.v1": writing(subject=Subject.CASE),
    "cases.relate_cases.v1": writing(subject=Subject.CASE),  # and whoever reads the other one
    "cases.read_closing.v1": reading(),
    "cases.close_cases.v1": staff(),  # each case by its own rule, that of closing one
    "cases.reopen_case.v1": writing(
        subject=Subject.CASE,
        beside=Permission.REOPEN_CASE,
        refusal="Bare skoleleder ved skolen kan gjenåpne saken.",
        closed_too=True,
    ),
    "cases.list_closed_cases.v1": staff(),  # shows the schools that one leads
    "cases.list_closing_candidates.v1": staff(),  # shows the schools that one leads and closes cases at
    "cases.move_pupil.v1": holding(
        Permission.KEEP_PUPILS, refusal="Bare administrator eller postfordeler kan registrere elever."
    ),
    "cases.list_tasks.v1": staff(),
    "cases.complete_task.v1": staff(),  # those that one is shown
    "cases.search.v1": listing(Subject.CASE, everything=Permission.LIST_EVERY_CASE),
    "cases.list_views.v1": staff(),
    "cases.put_view.v1": staff(),
    "cases.drop_view.v1": staff(),
    # documents
    "cases.list_merge_fields.v1": staff(),
    "cases.read_template.v1": holding(Permission.ADMINISTER, refusal=ADMINISTRATOR),
    "cases.try_template.v1": holding(Permission.ADMINISTER, refusal=ADMINISTRATOR),
    "cases.list_approvals.v1": staff(),  # shows the schools that one approves for
    "cases.put_stand_in.v1": at_school(
        Permission.APPROVE,
        or_anywhere=Permission.ADMINISTER,
        refusal="Bare skoleleder ved skolen kan velge stedfortreder.",
    ),
    "cases.list_stand_ins.v1": staff(),
    "cases.read_history.v1": reading(subject=Subject.DOCUMENT),
    "cases.preview_document.v1": reading(subject=Subject.DOCUMENT),
    "cases.read_sending_plan.v1": reading(subject=Subject.DOCUMENT),
    "cases.hold_document.v1": writing(),
    "cases.release_document.v1": writing(),
    "cases.add_attachment.v1": writing(),
    "cases.remove_attachment.v1": writing(),
    "cases.assess_access.v1": writing(),
    "cases.correct_document.v1": writing(),
    "cases.withdraw_document.v1": writing(
        beside=Permission.WITHDRAW, refusal="Bare skoleleder ved skolen kan sette et dokument til «Utgår»."
    ),
    "cases.write_document.v1": writing(subject=Subject.CASE),
    "cases.read_document.v1": reading(subject=Subject.DOCUMENT),
    "cases.read_document_status.v1": or_machine(reading(subject=Subject.DOCUMENT), Scope.STATUS),
    # what has left the house is followed up after its case is closed too
    "cases.confirm_writing.v1": writing(closed_too=True),
    "cases.edit_document.v1": writing(),
    "cases.submit_document.v1": writing(),
    "cases.decide_approval.v1": writing(beside=Permission.APPROVE, refusal="Bare skoleleder ved skolen kan godkjenne."),
    "cases.finish_document.v1": writing(),
    "cases.ask_for_signatures.v1": writing(),
    "cases.send_document.v1": writing(),
    "cases.suggest_cases.v1": holding(Permission.HANDLE_MAIL, refusal="Bare postfordeler kan gjøre dette."),
}
