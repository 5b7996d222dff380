"""Cases: what fits their type, and what may be done while they are open or closed (M10, M14)."""

from __future__ import annotations

from sikkersak.contracts.cases import CaseStatus
from sikkersak.contracts.cases_casework import CaseType, FolderKind, Hindrance
from sikkersak.errors import Declined


class UnknownCaseType(Declined):
    """There is no such type, or it is no longer used."""

    def __init__(self) -> None:
        super().__init__("unknown-case-type", "Sakstypen finnes ikke eller er ikke i bruk. Velg en annen.", status=422)


class PupilMissing(Declined):
    """A pupil's case is about a pupil."""

    def __init__(self) -> None:
        super().__init__("pupil-missing", "Velg hvilken elev saken gjelder.", status=422)


class PupilNotWanted(Declined):
    """Group folders and general cases are about nobody in particular."""

    def __init__(self) -> None:
        super().__init__("pupil-not-wanted", "Denne sakstypen gjelder ikke én elev. Velg en elevmappe.", status=422)


class UnknownPhase(Declined):
    """The type has no such working status."""

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__("unknown-phase", f"Velg en av sakstypens statuser: {', '.join(known)}.", status=422)


class CaseNotClosable(Declined):
    """Something hinders it."""

    def __init__(self, hindrances: tuple[Hindrance, ...]) -> None:
        reasons = " ".join(sorted({hindrance.detail for hindrance in hindrances}))
        super().__init__("case-not-closable", f"Saken kan ikke avsluttes. {reasons}")
        self.hindrances = hindrances


class CaseNotClosed(Declined):
    """Only a closed case is opened again."""

    def __init__(self) -> None:
        super().__init__("case-not-closed", "Saken er ikke avsluttet.")


def demand_fit(case_type: CaseType | None, *, has_pupil: bool) -> None:
    """Whether a new case fits its type; raises what does not."""
    if case_type is None or not case_type.is_active:
        raise UnknownCaseType
    if case_type.folder is FolderKind.PUPIL and not has_pupil:
        raise PupilMissing
    if case_type.folder is not FolderKind.PUPIL and has_pupil:
        raise PupilNotWanted


def demand_phase(case_type: CaseType | None, phase: str) -> None:
    """Whether a case of this type can be in this phase."""
    known = case_type.statuses if case_type else ()
    if phase not in known:
        raise UnknownPhase(known)


def demand_closable(hindrances: tuple[Hindrance, ...]) -> None:
    """Raises with every reason while anything hinders closing."""
    if hindrances:
        raise CaseNotClosable(hindrances)


def demand_closed(status: CaseStatus) -> None:
    """Raises unless it is closed."""
    if status is not CaseStatus.CLOSED:
        raise CaseNotClosed
