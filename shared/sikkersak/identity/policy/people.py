"""Who may decide about people and access: roles, extraordinary access, the HR system, the school year, the log (M15–M18)."""

from __future__ import annotations

from typing import Final

from sikkersak.identity.permissions import Permission
from sikkersak.identity.policy.rules import Rule, at_school, emergency, holding, machine, reading, staff

ROLES: Final = "Bare administrator kan bestemme hva rollene kan gjøre, og hvem som har dem."
EMERGENCY: Final = "Rollen din gir ikke rett til nødtilgang ved denne skolen."
FULL: Final = "Bare administrator kan foreslå, bekrefte og avslutte «tilgang til alt»."
HANDOVER: Final = "Bare skoleleder ved skolen og administrator kan fordele arbeidet videre."
LOG_OF_CASE: Final = "Bare skoleleder ved skolen kan se hvem som har sett saken."
LOG: Final = "Bare administrator kan søke i hendelsesloggen."
RULES: Final[dict[str, Rule]] = {
    # roles
    "cases.list_roles.v1": staff(),
    "cases.put_role.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    "cases.list_assignments.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    "cases.give_role.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    "cases.take_role.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    # out of the ordinary
    "cases.find_unseen_cases.v1": at_school(Permission.EMERGENCY_ACCESS, refusal=EMERGENCY),
    "cases.take_emergency_access.v1": emergency(Permission.EMERGENCY_ACCESS, refusal=EMERGENCY),
    "cases.list_emergency_access.v1": at_school(
        Permission.READ_AUDIT,
        or_anywhere=Permission.READ_WHOLE_AUDIT,
        refusal="Bare skoleleder ved skolen kan se nødtilganger.",
    ),
    "cases.propose_full_access.v1": holding(Permission.GRANT_FULL_ACCESS, refusal=FULL),
    "cases.confirm_full_access.v1": holding(Permission.GRANT_FULL_ACCESS, refusal=FULL),
    "cases.end_full_access.v1": holding(Permission.GRANT_FULL_ACCESS, refusal=FULL),
    "cases.list_full_access.v1": holding(
        Permission.GRANT_FULL_ACCESS, Permission.READ_WHOLE_AUDIT, refusal="Bare administrator kan se dette."
    ),
    # the HR system, or a file in its place
    "cases.read_employee.v1": machine(),
    "cases.list_employees.v1": machine(),
    "cases.put_employee.v1": machine(),
    "cases.remove_employee.v1": machine(),
    "cases.list_hr_roles.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    "cases.put_hr_roles.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    "cases.import_staff.v1": holding(Permission.ADMINISTER, refusal="Bare administrator kan importere ansatte."),
    "cases.read_school_year.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    "cases.preview_school_year.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    "cases.apply_school_year.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    # the log
    "cases.list_case_readers.v1": reading(beside=Permission.READ_AUDIT, refusal=LOG_OF_CASE),
    "cases.search_audit.v1": holding(Permission.READ_WHOLE_AUDIT, refusal=LOG),
    "cases.list_audit_exports.v1": holding(Permission.READ_WHOLE_AUDIT, refusal=LOG),
    "cases.export_audit.v1": holding(Permission.READ_WHOLE_AUDIT, refusal=LOG),
    "cases.read_audit_export.v1": holding(Permission.READ_WHOLE_AUDIT, refusal=LOG),
    "cases.list_open_work.v1": at_school(Permission.GIVE_ACCESS, or_anywhere=Permission.ADMINISTER, refusal=HANDOVER),
    "cases.reassign_work.v1": at_school(Permission.GIVE_ACCESS, or_anywhere=Permission.ADMINISTER, refusal=HANDOVER),
}
