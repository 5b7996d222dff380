"""The states of a piece of mail. How it is sorted stands in `intake.sorting`.

Nothing is forwarded by a rule alone: a rule suggests, a distributor decides. Unknown is for a person.
"""

from __future__ import annotations

from typing import Final

from sikkersak.contracts.intake import MailState
from sikkersak.errors import Declined

MOVES: Final[dict[MailState, frozenset[MailState]]] = {
    MailState.SEEN: frozenset({MailState.STORED}),
    MailState.STORED: frozenset({MailState.REGISTERING, MailState.FORWARDING, MailState.DISCARDED}),
    MailState.REGISTERING: frozenset({MailState.REGISTERED, MailState.STORED}),
    MailState.REGISTERED: frozenset(),
    MailState.FORWARDING: frozenset({MailState.FORWARDED, MailState.STORED}),
    MailState.FORWARDED: frozenset(),
    MailState.DISCARDED: frozenset({MailState.STORED}),
}
NAMES: Final = {
    MailState.SEEN: "på vei inn",
    MailState.STORED: "mottatt",
    MailState.REGISTERING: "under registrering",
    MailState.REGISTERED: "registrert",
    MailState.FORWARDING: "under videresending",
    MailState.FORWARDED: "videresendt",
    MailState.DISCARDED: "lagt bort",
}


class IllegalMove(Declined):
    """The mail cannot go there from where it is."""

    def __init__(self, state: MailState, wanted: MailState) -> None:
        super().__init__("illegal-move", f"Posten er {NAMES[state]} og kan ikke bli {NAMES[wanted]}.")


def move(state: MailState, wanted: MailState) -> MailState:
    """The new state, or a named error that a user can act on."""
    if wanted not in MOVES[state]:
        raise IllegalMove(state, wanted)
    return wanted
