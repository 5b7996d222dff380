"""Who may do what with incoming mail (M7, M8)."""

from __future__ import annotations

from typing import Final

from sikkersak.identity.permissions import Permission
from sikkersak.identity.policy.rules import Rule, Subject, holding

DISTRIBUTOR: Final = "Bare postfordeler kan gjøre dette."
RULES: Final[dict[str, Rule]] = {
    "intake.list_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR),
    "intake.read_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.register_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.forward_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.discard_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.read_plan.v1": holding(Permission.READ_PLAN, refusal=DISTRIBUTOR),
    "intake.put_plan.v1": holding(Permission.EDIT_PLAN, refusal="Bare administrator kan gjøre dette."),
}
