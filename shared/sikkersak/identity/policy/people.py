"""Who may decide about people and access: roles, extraordinary access, the HR system, the school year, the log (M15–M18)."""

from __future__ import annotations

from typing import Final

from sikkersak.identity.permissions import Permission
from sikkersak.identity.policy.rules import Rule, holding, staff

ROLES: Final = "Bare administrator kan bestemme hva rollene kan gjøre, og hvem som har dem."
RULES: Final[dict[str, Rule]] = {
    # roles
    "cases.list_roles.v1": staff(),
    "cases.put_role.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    "cases.list_assignments.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    "cases.give_role.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
    "cases.take_role.v1": holding(Permission.EDIT_ROLES, refusal=ROLES),
}
