"""What the archiver decides: states of a delivery, what is settled, and how long until the next try."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

from sikkersak.contracts.archiver import ArchiveDocument, DeliveryKind, DeliveryState, Standing
from sikkersak.errors import Declined

S = DeliveryState
MOVES: Final[dict[DeliveryState, frozenset[DeliveryState]]] = {
    S.WAITING: frozenset({S.CONVERTING, S.DELIVERING, S.RETRYING, S.ARCHIVED, S.DECLINED, S.UNKNOWN}),
    S.CONVERTING: frozenset({S.CONVERTING, S.DELIVERING, S.RETRYING, S.DECLINED}),
    S.DELIVERING: frozenset({S.DELIVERING, S.RETRYING, S.ARCHIVED, S.DECLINED, S.UNKNOWN}),
    S.RETRYING: frozenset({S.CONVERTING, S.DELIVERING, S.RETRYING, S.ARCHIVED, S.DECLINED, S.WAITING, S.UNKNOWN}),
    S.UNKNOWN: frozenset({S.UNKNOWN, S.ARCHIVED, S.DECLINED, S.WAITING}),
    S.DECLINED: frozenset({S.WAITING, S.GIVEN_UP}),
    S.GIVEN_UP: frozenset({S.WAITING}),
    S.ARCHIVED: frozenset(),
}
SETTLED: Final = frozenset({S.ARCHIVED, S.DECLINED, S.GIVEN_UP})
RETRYABLE: Final = frozenset({S.DECLINED, S.GIVEN_UP, S.RETRYING, S.UNKNOWN})

STANDINGS: Final[dict[DeliveryState, Standing]] = {
    S.WAITING: Standing.UNDER_WAY,
    S.CONVERTING: Standing.UNDER_WAY,
    S.DELIVERING: Standing.UNDER_WAY,
    S.RETRYING: Standing.TRYING_AGAIN,
    S.UNKNOWN: Standing.TRYING_AGAIN,
    S.ARCHIVED: Standing.ARCHIVED,
    S.DECLINED: Standing.NEEDS_PERSON,
    S.GIVEN_UP: Standing.NEEDS_PERSON,
}
WORDS: Final = {
    S.WAITING: "På vei: venter på tur",
    S.CONVERTING: "På vei: gjøres om til PDF/A",
    S.DELIVERING: "På vei: overføres til arkivet",
    S.RETRYING: "Prøves igjen av seg selv",
    S.UNKNOWN: "Uvisst om arkivet tok imot: arkivet spørres før noe sendes igjen",
    S.ARCHIVED: "Arkivert",
    S.DECLINED: "Trenger hjelp: må rettes og sendes på nytt",
    S.GIVEN_UP: "Oppgitt: skal ikke arkiveres",
}
HELD: Final = {
    "archive": "Venter på at arkivet skal svare; sendes av seg selv",
    "case": "Venter på en annen levering i samme sak",
    "record": "Venter på at det som kommer først i saken, blir arkivert",
}
BECAUSE: Final = {
    "archive-away": "arkivet svarer ikke",
    "archive-access": "arkivet slipper oss ikke inn; drift må se på det",
    "disk-full": "disken vår er full",
    "rendering-waits": "konverteringen venter",
}

OUTCOME_UNKNOWN: Final = "outcome-unknown"

# What the log shows as the next try; the ladder of the queue keeps the same times.
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 7200))


def resolved(before: DeliveryState, kind: DeliveryKind, *, was_there: bool) -> str | None:
    """What the log says when an unknown outcome has become known."""
    if before is not S.UNKNOWN:
        return None
    if kind not in {DeliveryKind.RECORD, DeliveryKind.EVIDENCE}:
        return "Arkivet ble spurt, og er nå slik det skal være."
    return "Arkivet ble spurt, og hadde den alt." if was_there else "Arkivet ble spurt, og hadde den ikke; sendt igjen."


def state_after(before: DeliveryState, *, is_unknown: bool) -> DeliveryState:
    """Where a failed attempt leaves a delivery; what is unknown stays so until the archive has answered."""
    return S.UNKNOWN if is_unknown or before is S.UNKNOWN else S.RETRYING


class Settled(Declined):
    """What is archived or given up is not mended."""

    def __init__(self) -> None:
        super().__init__("delivery-settled", "Leveringen er arkivert eller under arbeid nå, og kan ikke endres.")


class InDoubt(Declined):
    """What the archive may have already is neither mended nor given up before the archive was asked."""

    def __init__(self) -> None:
        super().__init__(
            "delivery-in-doubt", "Vi vet ikke om arkivet tok imot. Send på nytt: da spørres arkivet først."
        )


class NotRetryable(Declined):
    """Only what failed can be sent again."""

    def __init__(self) -> None:
        super().__init__(
            "delivery-not-retryable", "Leveringen er arkivert eller underveis, og kan ikke sendes på nytt."
        )


def words_for(state: DeliveryState, code: str | None, held_for: str | None) -> str:
    """Where a delivery is, as a person would say it."""
    if held_for in HELD and state not in SETTLED:
        return HELD[held_for]
    because = BECAUSE.get(code or "") if state is S.RETRYING else None
    return f"{WORDS[state]}: {because}" if because else WORDS[state]


def pause_after(attempts: int) -> timedelta:
    """How long until the next try, after so many."""
    return PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]


def needs_rendering(kind: DeliveryKind) -> bool:
    """Evidence of a signature is archived as it is (M20), and changes of what stands bring no document."""
    return kind in {DeliveryKind.RECORD, DeliveryKind.SHIELDED}


def rendition_key(kind: DeliveryKind, document: ArchiveDocument) -> UUID:
    """What a document's rendition is kept under; the shielded file of a document has a rendition of its own."""
    if kind is not DeliveryKind.SHIELDED:
        return document.document_key
    return uuid5(NAMESPACE_OID, f"shielded {document.document_key} {document.file.ref.sha256}")
