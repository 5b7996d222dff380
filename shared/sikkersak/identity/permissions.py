"""The permissions that roles are made of, each with the sentence that stands beside it where roles are edited (M16).

A role's content is data that administrators edit; `DEFAULTS` is what it is until they do. What an operation asks for
is declared in `sikkersak.identity.policy`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sikkersak.errors import Declined
from sikkersak.identity.roles import Role


class Permission(StrEnum):
    """A permission and, in `explanation`, what staff read about it. Unknown ones give nothing."""

    explanation: str

    def __new__(cls, value: str, explanation: str) -> Permission:
        """A member whose value travels in tokens and contracts."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.explanation = explanation
        return member

    # --- cases
    OPEN_CASE = "open_case", "Opprette saker ved skoler du er knyttet til."
    OPEN_CASE_ANYWHERE = "open_case_anywhere", "Opprette saker ved alle skoler."
    LIST_EVERY_CASE = "list_every_case", "Se saksnummer og tittel for alle saker ved alle skoler, uten innholdet."
    READ_SCHOOL = "read_school", "Lese alle saker ved skoler du er knyttet til, også saker du ikke er lagt til på."
    WRITE_SCHOOL = "write_school", "Skrive i alle saker ved skoler du er knyttet til."
    CLOSE_SCHOOL_CASE = "close_school_case", "Avslutte saker ved egen skole også når en annen er hovedsaksbehandler."
    REOPEN_CASE = "reopen_case", "Gjenåpne avsluttede saker ved egen skole, med begrunnelse."
    WITHDRAW = "withdraw", "Sette ferdigstilte dokumenter ved egen skole til «Utgår», med begrunnelse."
    APPROVE = "approve", "Godkjenne eller returnere dokumenter ved egen skole."
    GIVE_ACCESS = "give_access", "Gi andre tilgang til saker ved egen skole, og ta den fra dem."
    EMERGENCY_ACCESS = (
        "emergency_access",
        "Ta nødtilgang til én sak ved egen skole, med begrunnelse; skolens ledelse varsles.",
    )
    READ_AUDIT = "read_audit", "Se hvem som har sett og endret saker ved egen skole."
    READ_WHOLE_AUDIT = "read_whole_audit", "Søke i hele hendelsesloggen og hente signerte utdrag av den."
    ANSWER_ACCESS_REQUESTS = "answer_access_requests", "Behandle innsynskrav ved egen skole."
    READ_JOURNAL = "read_journal", "Se postlisten for alle skoler."
    # --- people and set-up
    ADMINISTER = "administer", "Styre skoler, ansatte, kodeverk, tekstmaler og innstillinger."
    EDIT_ROLES = "edit_roles", "Bestemme hva hver rolle kan gjøre, og hvem som har den."
    GRANT_FULL_ACCESS = "grant_full_access", "Foreslå og bekrefte «tilgang til alt»; det kreves alltid to personer."
    KEEP_PUPILS = "keep_pupils", "Registrere elever og foresatte ved alle skoler."
    SEE_ALL_STAFF = "see_all_staff", "Se ansatte ved alle skoler, ikke bare egne."
    # --- mail
    HANDLE_MAIL = "handle_mail", "Se all innkommende post, registrere, fordele og videresende den."
    READ_PLAN = "read_plan", "Se planen «Post inn til skoler»."
    EDIT_PLAN = "edit_plan", "Endre planen «Post inn til skoler» og reglene for hva som hører hjemme hvor."
    # --- what leaves the house
    ARCHIVE_LOG = "archive_log", "Se arkivloggen for egen skole."
    ARCHIVE_LOG_ALL = "archive_log_all", "Se arkivloggen for alle skoler."
    MEND_ARCHIVING = "mend_archiving", "Rette og sende på nytt det arkivet ikke tok imot."
    FOLLOW_SENDINGS = "follow_sendings", "Følge brev og signeringer ved egen skole, og prøve brev på nytt."
    FOLLOW_ALL_SENDINGS = "follow_all_sendings", "Følge brev, videresendinger, varsler og signeringer ved alle skoler."
    # --- operations
    OPERATE = "operate", "Se køer og leveringer uten innhold, og sette i gang arbeid på nytt."


P = Permission
DEFAULTS: Final[dict[Role, frozenset[Permission]]] = {
    Role.EMPLOYEE: frozenset(),
    Role.EMPLOYEE_CREATE_CASES: frozenset({P.OPEN_CASE, P.EMERGENCY_ACCESS}),
    Role.SCHOOL_LEADER: frozenset(
        {
            *(P.OPEN_CASE, P.READ_SCHOOL, P.WRITE_SCHOOL, P.CLOSE_SCHOOL_CASE, P.REOPEN_CASE, P.APPROVE, P.GIVE_ACCESS),
            P.WITHDRAW,
            *(P.READ_AUDIT, P.ANSWER_ACCESS_REQUESTS, P.ARCHIVE_LOG, P.FOLLOW_SENDINGS),
        }
    ),
    Role.MAIL_DISTRIBUTOR: frozenset(
        {
            *(P.OPEN_CASE_ANYWHERE, P.LIST_EVERY_CASE, P.KEEP_PUPILS, P.SEE_ALL_STAFF, P.READ_JOURNAL),
            *(P.HANDLE_MAIL, P.READ_PLAN, P.ARCHIVE_LOG_ALL, P.MEND_ARCHIVING, P.FOLLOW_ALL_SENDINGS),
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            *(P.ADMINISTER, P.EDIT_ROLES, P.GRANT_FULL_ACCESS, P.KEEP_PUPILS, P.SEE_ALL_STAFF, P.READ_WHOLE_AUDIT),
            *(P.READ_PLAN, P.EDIT_PLAN, P.ARCHIVE_LOG_ALL, P.MEND_ARCHIVING, P.FOLLOW_ALL_SENDINGS, P.READ_JOURNAL),
        }
    ),
    Role.OPERATIONS: frozenset({P.OPERATE, P.ARCHIVE_LOG_ALL, P.FOLLOW_ALL_SENDINGS}),
}
# Without these nobody could put right what an administrator got wrong.
KEPT: Final[dict[Role, frozenset[Permission]]] = {Role.ADMINISTRATOR: frozenset({P.ADMINISTER, P.EDIT_ROLES})}
BY_VALUE: Final[dict[str, Permission]] = {permission.value: permission for permission in Permission}


def permission_of(value: str) -> Permission:
    """The permission with this value; `Declined` when there is none."""
    if value not in BY_VALUE:
        raise Declined("unknown-permission", "Ukjent rettighet.", status=422)
    return BY_VALUE[value]


def default_permissions(roles: frozenset[str]) -> frozenset[Permission]:
    """What these roles hold until administrators edit them."""
    return frozenset(held for role in DEFAULTS if role.value in roles for held in DEFAULTS[role])
