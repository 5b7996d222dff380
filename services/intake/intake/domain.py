"""Sorting (M2–M4): rules that explain themselves, and the states of a piece of mail.

Nothing is forwarded by a rule alone: a rule suggests, a distributor decides. Unknown is for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sikkersak.contracts.intake import Belonging, MailState
from sikkersak.errors import Declined


@dataclass(frozen=True)
class SortingRule:
    """One rule: any of these words in the title or the shipment type decides where the mail belongs."""

    name: str
    belonging: Belonging
    words: tuple[str, ...]

    def matched(self, text: str) -> str | None:
        """The word that matched, for the explanation."""
        return next((word for word in self.words if word in text), None)


@dataclass(frozen=True)
class Decision:
    """Where mail belongs, and which rule said so on what."""

    belonging: Belonging
    explanation: str


# Rules for what belongs here stand first: when both kinds match, a child's case is never sent away (M2 before M3).
HERE, AWAY = Belonging.HERE, Belonging.GENERAL_ARCHIVE
DEFAULT_RULES: Final = (
    SortingRule("Bekymring og barnevern", HERE, ("bekymringsmelding", "barnevern", "melding om bekymring")),
    SortingRule("PPT og sakkyndig", HERE, ("sakkyndig", "sakkunnig", "ppt", "pp-tjenest", "pedagogisk-psykologisk", "tilmelding")),
    SortingRule("Tilrettelegging", HERE, ("iop", "individuelt tilrettelagt", "individuelt tilrettelagd", "spesialundervisning",
                                          "spesialundervisninga", "tilpasset opplæring", "tilpassa opplæring")),
    SortingRule("Skolemiljø", HERE, ("skolemiljø", "mobbing", "krenkelse", "krenking", "9 a", "§ 12")),
    SortingRule("Helse", HERE, ("bup", "epikrise", "habilitering", "utredning", "utgreiing")),
    SortingRule("Møter om elev", HERE, ("ansvarsgruppe", "elevmøte", "møteinnkalling", "møtereferat", "møteinnkallelse")),
    SortingRule("Skoleskyss", AWAY, ("skoleskyss", "skuleskyss", "skyss")),
    SortingRule("Permisjon", AWAY, ("permisjon", "fri fra skolen", "fri frå skulen")),
    SortingRule("Skolebytte og flytting", AWAY, ("skolebytte", "skulebyte", "bytte av skole", "flyttemelding", "melding om flytting")),
    SortingRule("SFO", AWAY, ("sfo",)),
    SortingRule("Karakterer og fravær", AWAY, ("karakter", "fravær", "fråvær", "anmerkning", "merknad i orden")),
    SortingRule("Privatskole", AWAY, ("privatskole", "privatskule", "friskole")),
    SortingRule("Fosterhjem og ressurser", AWAY, ("fosterhjem", "fosterheim", "ressursdekning", "enkeltvedtak og ressurs")),
    SortingRule("Samtykke og delt bosted", AWAY, ("samtykke", "delt bosted", "delt bustad")),
)  # fmt: skip
NO_RULE: Final = Decision(Belonging.FOR_A_PERSON, "Ingen regel traff")


def sort(title: str, shipment_type: str, rules: tuple[SortingRule, ...] = DEFAULT_RULES) -> Decision:
    """The first rule that matches decides, and is named with the word it matched on."""
    text = f" {title} {shipment_type} ".casefold()
    for rule in rules:
        word = rule.matched(text)
        if word is not None:
            return Decision(rule.belonging, f"{rule.name}: «{word.strip()}»")
    return NO_RULE


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
