"""Who may do what with incoming mail (M7, M8)."""

from __future__ import annotations

from typing import Final

from sikkersak.identity.permissions import Permission
from sikkersak.identity.policy.rules import Rule, Scope, Subject, at_school, holding, noted, or_machine

DISTRIBUTOR: Final = "Bare postfordeler kan gjøre dette."
PAPER: Final = "Papirregisteret er for skoleleder ved skolen og for postfordeler."
RULE_READERS: Final = "Bare postfordeler og administrator kan se sorteringsreglene."
RULE_WRITERS: Final = "Bare administrator kan endre sorteringsreglene."
BRINGING: Final = or_machine(
    holding(
        Permission.HANDLE_MAIL, Permission.ADMINISTER, refusal="Bare postfordeler og administrator kan gjøre dette."
    ),
    Scope.MAIL,
)
RULES: Final[dict[str, Rule]] = {
    # these show title and sender of mail that is nobody's yet, of every school
    "intake.list_mail.v1": noted(holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR)),
    "intake.read_mail.v1": noted(holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL)),
    "intake.register_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.forward_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.discard_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL),
    "intake.read_plan.v1": holding(Permission.READ_PLAN, refusal=DISTRIBUTOR),
    "intake.list_waiting_mail.v1": noted(holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR)),
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
    "intake.read_mail_export.v1": noted(holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR)),
    "intake.report_outage.v1": holding(
        Permission.HANDLE_MAIL, Permission.OPERATE, refusal="Bare postfordeler og drift kan se dette."
    ),
    "intake.list_plan_versions.v1": holding(Permission.READ_PLAN, refusal=DISTRIBUTOR),
    **{
        f"intake.{act}_mail.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL)
        for act in ("split", "join", "undo", "restore", "send_back")
    },
    "intake.read_mail_text.v1": noted(holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR, subject=Subject.MAIL)),
    "intake.list_senders.v1": holding(Permission.HANDLE_MAIL, refusal=DISTRIBUTOR),
    **{
        f"intake.{act}.v1": at_school(Permission.WRITE_SCHOOL, or_anywhere=Permission.HANDLE_MAIL, refusal=PAPER)
        for act in ("list_papers", "add_paper", "change_paper", "shred_papers")
    },
    "intake.list_rule_sets.v1": holding(Permission.READ_PLAN, refusal=RULE_READERS),
    "intake.read_rule_set.v1": holding(Permission.READ_PLAN, refusal=RULE_READERS),
    "intake.try_rule_set.v1": noted(
        holding(Permission.READ_PLAN, refusal=RULE_READERS)
    ),  # on past mail, which it lists
    "intake.propose_rule_set.v1": holding(Permission.EDIT_PLAN, refusal=RULE_WRITERS),
    "intake.change_rule_set.v1": holding(Permission.EDIT_PLAN, refusal=RULE_WRITERS),
    "intake.drop_rule_set.v1": holding(Permission.EDIT_PLAN, refusal=RULE_WRITERS),
    "intake.activate_rule_set.v1": holding(Permission.EDIT_PLAN, refusal=RULE_WRITERS),
    "intake.put_plan.v1": holding(Permission.EDIT_PLAN, refusal="Bare administrator kan gjøre dette."),
}
