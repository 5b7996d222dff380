"""One delivery model for everything that is brought somewhere: its states, what SvarUt's statuses mean, the rhythms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sikkersak.contracts.notifier import ConsignmentKind, ConsignmentState, PriceClass
from sikkersak.errors import Declined
from sikkersak.guidance.letters import REASONS

WAITING, TRYING, SENT = ConsignmentState.WAITING, ConsignmentState.TRYING, ConsignmentState.SENT
DELIVERED, DECLINED = ConsignmentState.DELIVERED, ConsignmentState.DECLINED
GIVEN_UP = ConsignmentState.GIVEN_UP

MOVES: Final[dict[ConsignmentState, frozenset[ConsignmentState]]] = {
    WAITING: frozenset({TRYING, SENT, DELIVERED, DECLINED, GIVEN_UP}),
    TRYING: frozenset({SENT, DELIVERED, DECLINED, GIVEN_UP}),
    SENT: frozenset({DELIVERED, DECLINED, GIVEN_UP}),
    DELIVERED: frozenset(),
    # brought in another way, a person says
    DECLINED: frozenset({WAITING, DELIVERED}),
    GIVEN_UP: frozenset({WAITING, DELIVERED}),
}
FINAL: Final = frozenset({DELIVERED, DECLINED, GIVEN_UP})
NAMES: Final = {
    WAITING: "i kø",
    TRYING: "under sending",
    SENT: "sendt",
    DELIVERED: "levert",
    DECLINED: "avvist",
    GIVEN_UP: "gitt opp",
}
EFFECTS_OFF: Final = "outward-effects-off"
EFFECTS_OFF_DETAIL: Final = "Utsending er slått av i oppsettet. Sendes når den slås på."


class IllegalMove(Declined):
    """The consignment cannot go there from where it is."""

    def __init__(self, state: ConsignmentState, wanted: ConsignmentState) -> None:
        super().__init__("illegal-move", f"Forsendelsen er {NAMES[state]} og kan ikke bli {NAMES[wanted]}.")


def move(state: ConsignmentState, wanted: ConsignmentState) -> ConsignmentState:
    """The new state, or a named error that a user can act on. Staying is no move, and allowed."""
    if wanted is not state and wanted not in MOVES[state]:
        raise IllegalMove(state, wanted)
    return wanted


@dataclass(frozen=True)
class Standing:
    """Where a letter stands: our state, and for a failure its stable code and what to do."""

    state: ConsignmentState
    code: str | None = None
    detail: str | None = None


def _failed(code: str, state: ConsignmentState = DECLINED) -> Standing:
    return Standing(state, code, REASONS[code])


ON_ITS_WAY: Final = Standing(SENT)
ARRIVED: Final = Standing(DELIVERED)
# SvarUt §4.8. A status that is not here is shown as it is, and the letter is still followed.
CARRIER_STATUSES: Final[dict[str, Standing]] = {
    "MOTTATT": ON_ITS_WAY,
    "AKSEPTERT": ON_ITS_WAY,
    "KLAR_FOR_MOTTAK": ON_ITS_WAY,
    "VARSLET": ON_ITS_WAY,
    "SENDT_SDP": ON_ITS_WAY,
    "SENDT_PRINT": ON_ITS_WAY,
    "SENDT_NHN_MOTTAKER": ON_ITS_WAY,
    "LEVERT_SDP": ARRIVED,
    "SENDT_DIGITALT": ARRIVED,
    "PRINTET": ARRIVED,
    "LEST": ARRIVED,
    "MANUELT_HANDTERT": ARRIVED,
    "LEVERT_NHN_MOTTAKER": ARRIVED,
    "AVVIST": _failed("letter-rejected"),
    "FEILET_UNDER_MOTTAK": _failed("reception-failed"),
    "IKKE_LEVERT": _failed("not-delivered"),
    "SLETTET": _failed("deleted-at-carrier"),
}
NEVER_CONFIRMED: Final = _failed("never-confirmed", GIVEN_UP)
HANDLED: Final = Standing(DELIVERED, "handled-otherwise", "Brevet er levert på en annen måte.")

PRICES: Final = {
    "KLAR_FOR_MOTTAK": PriceClass.RECEIVER_SYSTEM,
    "VARSLET": PriceClass.DIGITAL,
    "LEST": PriceClass.DIGITAL,
    "SENDT_DIGITALT": PriceClass.DIGITAL,
    "SENDT_SDP": PriceClass.MAILBOX,
    "LEVERT_SDP": PriceClass.MAILBOX,
    "SENDT_PRINT": PriceClass.PAPER,
    "PRINTET": PriceClass.PAPER,
}


def standing(carrier_status: str) -> Standing:
    """What a status of SvarUt means here."""
    return CARRIER_STATUSES.get(carrier_status, ON_ITS_WAY)


# How old a letter is, and how long until it is looked at again: KS discourages tight polling (SvarUt §4.11).
RHYTHM: Final = (
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(hours=2), timedelta(minutes=10)),
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=7), timedelta(hours=6)),
)
SLOWEST: Final = timedelta(days=1)
# Digital letters can be opened for about three months; after that nothing more will be heard.
FOLLOWED_FOR: Final = timedelta(days=100)


def next_look(age: timedelta, factor: float = 1.0) -> timedelta:
    """How long until a letter of this age is looked at again. `factor` scales ages and pauses alike."""
    for younger_than, pause in RHYTHM:
        if age < younger_than * factor:
            return pause * factor
    return SLOWEST * factor


def is_past_following(sent_at: datetime, moment: datetime) -> bool:
    """Whether a letter has been on its way for so long that a person must look into it."""
    return moment - sent_at > FOLLOWED_FOR


# How long it is tried before a person must decide. A notice that is a day late tells nobody anything.
LIFETIMES: Final[dict[ConsignmentKind, timedelta]] = {
    ConsignmentKind.LETTER: timedelta(days=7),
    ConsignmentKind.FORWARDING: timedelta(days=7),
    ConsignmentKind.REDIRECTION: timedelta(days=7),
    ConsignmentKind.NOTICE: timedelta(days=1),
    ConsignmentKind.STAFF_MAIL: timedelta(days=1),
    ConsignmentKind.STAFF_CARD: timedelta(days=1),
}
GAVE_UP: Final = _failed("given-up", GIVEN_UP)
# As the ladder of the queue notifier.carry: what a person is shown as the next try.
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 7200))


def next_pause(attempts: int, asked: timedelta | None) -> timedelta:
    """How long until the next try after so many; never sooner than the carrier asked for."""
    pause = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return max(pause, asked or pause)
