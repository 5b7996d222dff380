"""The roles that staff may have (M16). What each may do is decided where the data is (R8), not here."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sikkersak.errors import Declined


class Role(StrEnum):
    """A role and, in `display`, the sentence that staff see. New roles may be added: unknown ones give no access."""

    display: str

    def __new__(cls, value: str, display: str) -> Role:
        """A member whose value travels in tokens and contracts."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.display = display
        return member

    MAIL_DISTRIBUTOR = (
        "mail_distributor",
        "Postfordeler: ser all innkommende digital post, registrerer og fordeler den.",
    )
    EMPLOYEE = "employee", "Ansatt: leser og skriver i de sakene du har fått tilgang til."
    EMPLOYEE_CREATE_CASES = "employee_create_cases", "Ansatt som også kan opprette saker."
    SCHOOL_LEADER = "school_leader", "Skoleleder: ser alle saker ved egen skole og godkjenner dokumenter."
    ADMINISTRATOR = "administrator", "Administrator: styrer oppsett, kodeverk, maler, roller og logger."
    OPERATIONS = "operations", "Drift: følger køer og leveringer og starter arbeid på nytt, uten innsyn i saker."


BY_VALUE: Final[dict[str, Role]] = {role.value: role for role in Role}


def role_of(value: str) -> Role:
    """The role with this value; `Declined` when there is none."""
    if value not in BY_VALUE:
        raise Declined("unknown-role", f"Ukjent rolle. Rollene er: {', '.join(sorted(BY_VALUE))}.", status=422)
    return BY_VALUE[value]
