"""A request for access: its way, and what must be said of what is kept back (M19; offentleglova, forvaltningsloven)."""

from __future__ import annotations

import re
from typing import Final

from sikkersak.contracts.cases_access_requests import DecideItem, ItemDecision, RequestBasis, RequestState
from sikkersak.contracts.values import AccessAssessment
from sikkersak.errors import Declined

RECEIVED, IN_PROGRESS, DECIDED = RequestState.RECEIVED, RequestState.IN_PROGRESS, RequestState.DECIDED
ANSWERED, WITHDRAWN = RequestState.ANSWERED, RequestState.WITHDRAWN
MOVES: Final[dict[RequestState, frozenset[RequestState]]] = {
    RECEIVED: frozenset({IN_PROGRESS, DECIDED, WITHDRAWN}),
    IN_PROGRESS: frozenset({IN_PROGRESS, DECIDED, WITHDRAWN}),
    DECIDED: frozenset({IN_PROGRESS, ANSWERED, WITHDRAWN}),
    ANSWERED: frozenset(),
    WITHDRAWN: frozenset(),
}
NAMES: Final = {
    RECEIVED: "mottatt, og ingenting er hentet fram",
    IN_PROGRESS: "under behandling",
    DECIDED: "ferdig vurdert",
    ANSWERED: "besvart",
    WITHDRAWN: "trukket",
}
# Secrecy is a duty: offentleglova § 11 gives no right to set it aside.
SECRECY: Final = re.compile(r"\b13\b")


class RequestMoveIllegal(Declined):
    """The request cannot go there from where it is."""

    def __init__(self, state: RequestState) -> None:
        super().__init__("request-move-illegal", f"Innsynskravet er {NAMES[state]}. Dette kan ikke gjøres da.")


class RequestChanged(Declined):
    """Another handler was faster."""

    def __init__(self) -> None:
        super().__init__("stale-version", "Noen andre har endret innsynskravet. Hent det på nytt.", status=412)


class NothingFound(Declined):
    """An answer without documents says why."""

    def __init__(self) -> None:
        super().__init__("nothing-collected", "Ingen dokumenter er hentet fram. Skriv i merknaden hvorfor.", status=422)


class NotAllDecided(Declined):
    """Something was collected that nobody has decided about."""

    def __init__(self, items: list[int]) -> None:
        super().__init__("items-undecided", f"Disse er ikke vurdert: nr. {_numbers(items)}.")


class RedactionMissing(Declined):
    """It shall be given redacted, and has not been."""

    def __init__(self, items: list[int]) -> None:
        super().__init__("redaction-missing", f"Disse skal sladdes, og er det ikke ennå: nr. {_numbers(items)}.")


class OriginalChanged(Declined):
    """It was signed, or converted again, after it was redacted."""

    def __init__(self, items: list[int]) -> None:
        super().__init__(
            "original-changed", f"Originalen er ny siden sladdingen. Sladd på nytt: nr. {_numbers(items)}."
        )


class CollectedWithdrawn(Declined):
    """It was marked Utgår after it was collected."""

    def __init__(self, items: list[int]) -> None:
        super().__init__(
            "collected-withdrawn",
            f"Disse er merket Utgår etter at de ble hentet fram. Ta dem ut eller avslå: nr. {_numbers(items)}.",
        )


class ReasonMissing(Declined):
    """What is kept back is kept back by law, and for a reason."""

    def __init__(self) -> None:
        super().__init__("basis-missing", "Skriv paragraf og begrunnelse for det som ikke gis.", status=422)


class ExtendedNotConsidered(Declined):
    """Where the law allows to keep something back, it asks first whether it must be (offentleglova § 11)."""

    def __init__(self) -> None:
        super().__init__("extended-not-considered", "Vurder meroffentlighet (offl. § 11) først.", status=422)


class SecrecyNotGiven(Declined):
    """Secret by duty, and asked for by somebody who is no party."""

    def __init__(self) -> None:
        super().__init__(
            "secrecy-not-given",
            "Dokumentet er unntatt etter offl. § 13. Sladd det, avslå, eller endre tilgangsvurderingen først.",
        )


class ExemptGivenWithoutReason(Declined):
    """It is exempt, and given all the same: why stands with it."""

    def __init__(self) -> None:
        super().__init__("reason-missing", "Dokumentet er unntatt offentlighet. Skriv hvorfor det gis.", status=422)


def move(state: RequestState, wanted: RequestState) -> RequestState:
    """The new state, or a named error."""
    if wanted not in MOVES[state]:
        raise RequestMoveIllegal(state)
    return wanted


def demand_sound(asked: DecideItem, access: AccessAssessment, basis: RequestBasis) -> None:
    """Raises what is missing of a decision about one file."""
    reason, paragraph = asked.reason.strip(), asked.legal_basis.strip()
    if asked.decision is ItemDecision.GIVE:
        is_secret = access.is_exempt and bool(SECRECY.search(f"{access.restriction} {access.legal_basis}"))
        if is_secret and basis is RequestBasis.PUBLIC:
            raise SecrecyNotGiven
        if access.is_exempt and not reason:
            raise ExemptGivenWithoutReason
        return
    if not reason or not paragraph:
        raise ReasonMissing
    is_by_choice = basis is RequestBasis.PUBLIC and not SECRECY.search(paragraph)
    if is_by_choice and not asked.is_extended_considered:
        raise ExtendedNotConsidered


def _numbers(items: list[int]) -> str:
    return ", ".join(map(str, items))
