"""Who may do what with incoming mail (M7, M8)."""

from __future__ import annotations

from typing import Final

from sikkersak.identity.permissions import Permission
from sikkersak.identity.policy.rules import Rule, Scope, Subject, holding, or_machine

DISTRIBUTOR: Final = "Bare postfordeler kan gjøre dette."
BRINGING: Final = or_machine(
    holding(
        Permission.HANDLE_MAIL, Permission.ADMINISTER, refusal="Bare postfordeler og administrator kan gjøre dette."
    ),
    Scope.MAIL,
)
RULES: Final[dict[str, Rule]] = {
    "intake.list_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR),
    "intake.read_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.register_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.forward_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.discard_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.read_plan.v1": holding(Permission.READ_PLAN, refusal=DISTRIBUTOR),
    "intake.list_waiting_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR),
    "intake.retry_waiting_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.refuse_waiting_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.list_receivers.v1": holding(
        *(Permission.HANDLE_MAIL, Permission.ADMINISTER, Permission.OPERATE),
        refusal="Bare postfordeler, administrator og drift kan se dette.",
    ),
    "intake.resume_receiver.v1": holding(
        Permission.ADMINISTER, Permission.OPERATE, refusal="Bare administrator og drift kan gjøre dette."
    ),
    "intake.bring_in_mail.v1": BRINGING,
    "intake.read_bringing_limits.v1": BRINGING,
    "intake.export_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR),
    "intake.read_mail_export.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR),
    "intake.report_outage.v1": holding(
        Permission.HANDLE_MAIL, Permission.OPERATE, refusal="Bare postfordeler og drift kan se dette."
    ),
    "intake.put_plan.v1": holding(Permission.EDIT_PLAN, refusal="Bare administrator kan gjøre dette."),
}
