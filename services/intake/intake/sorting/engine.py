"""The decision: where mail belongs, and on what that rests (M2–M4). Pure.

A rule for the general archive decides only when nothing speaks against it; in this order:

1. Every document could be read, and read to its end: a picture, a locked file or page twelve may hold anything.
2. There is text, in a language that the rules are written in.
3. No sign (`signs`), and no rule for what belongs here or for a person, fits anywhere: title, type, documents, text, sender.
4. The title says nothing that the rules do not know (`harmless`).

Otherwise a person looks. So adding anything to mail can only take it from the general archive to a person, never back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from intake.sorting import harmless, signs
from intake.sorting.words import Found, Lexicon, Text
from sikkersak.contracts.sorting import Belonging, SortingCondition, SortingField, SortingMatch, SortingRule

F = SortingField
NAMING: Final = frozenset({F.TITLE, F.SHIPMENT_TYPE, F.DOCUMENT_NAME})
FIELDS: Final = {
    F.SENDER_NUMBER: "avsenders nummer",
    F.SENDER_NAME: "avsender",
    F.RECEIVER: "mottaker",
    F.SHIPMENT_TYPE: "forsendelsestype",
    F.TITLE: "tittel",
    F.DOCUMENT_NAME: "filnavn",
    F.DOCUMENT_TYPE: "filtype",
    F.TEXT: "tekst",
}
NUMBERS: Final = frozenset({F.SENDER_NUMBER, F.RECEIVER})
UNTITLED: Final = "Uten tittel"
MOST_MATCHES: Final = 12
SIGNS_ENOUGH: Final = 2  # kinds of hint that together speak for a pupil's case


@dataclass(frozen=True)
class Document:
    """One file: its name, its kind, and what could be read of it. `is_whole` only where nothing is left unread."""

    name: str
    kind: str
    text: str
    is_whole: bool


@dataclass(frozen=True)
class Facts:
    """What is known of mail when it is sorted."""

    title: str
    shipment_type: str = ""
    sender_name: str = ""
    sender_number: str = ""
    receiver: str = ""
    documents: tuple[Document, ...] = ()

    @cached_property
    def fields(self) -> dict[SortingField, Text]:
        """Every field as a text."""
        title = "" if self.title == UNTITLED else self.title
        return {
            F.TITLE: Text(title),
            F.SHIPMENT_TYPE: Text(self.shipment_type),
            F.DOCUMENT_NAME: Text("\n".join(one.name for one in self.documents)),
            F.TEXT: Text("\n\n".join(one.text for one in self.documents)),
            F.SENDER_NAME: Text(self.sender_name),
            F.SENDER_NUMBER: Text(self.sender_number),
            F.RECEIVER: Text(self.receiver),
            F.DOCUMENT_TYPE: Text("\n".join(one.kind for one in self.documents)),
        }


@dataclass(frozen=True)
class Decision:
    """Where mail belongs, in one sentence why, and everything that it rests on."""

    belonging: Belonging
    explanation: str
    matches: tuple[SortingMatch, ...] = ()


class Condition:
    """A condition made ready."""

    def __init__(self, told: SortingCondition) -> None:
        self._fields = told.fields
        self._lexicon = Lexicon(told.words)
        self._numbers = frozenset(word.strip('"') for word in told.words)

    def found(self, facts: Facts) -> Iterator[tuple[SortingField, Found]]:
        """Where it holds, and on what."""
        for field in self._fields:
            text = facts.fields[field]
            if field in NUMBERS:
                if text.written in self._numbers:
                    yield field, Found(text.written, text.written)
                continue
            for found in self._lexicon.found(text):
                yield field, found


class Rule:
    """A rule made ready."""

    def __init__(self, told: SortingRule) -> None:
        self.told = told
        self._conditions = [Condition(one) for one in told.conditions]
        self._unless = [Condition(one) for one in told.unless]

    def matches(self, facts: Facts) -> list[SortingMatch]:
        """What it matched on; nothing where it does not hold."""
        matched: list[SortingMatch] = []
        if self.told.names_nobody and any(harmless.name_in(facts.fields[field]) for field in (*NAMING, F.TEXT)):
            return []
        for condition in self._conditions:
            found = [self._match(field, one) for field, one in condition.found(facts)]
            if not found:
                return []
            matched += found
        return [] if any(True for one in self._unless for _ in one.found(facts)) else matched

    def _match(self, field: SortingField, found: Found) -> SortingMatch:
        return SortingMatch(
            rule=self.told.name, belonging=self.told.belonging, field=field, words=found.pattern, quote=found.quote
        )


class Rules:
    """A rule set made ready to sort with."""

    def __init__(self, told: tuple[SortingRule, ...]) -> None:
        self._rules = [Rule(one) for one in told]
        self._impersonal = frozenset(one.name for one in told if one.names_nobody)

    def sort(self, facts: Facts) -> Decision:
        """Where this mail belongs."""
        matched = [match for rule in self._rules for match in rule.matches(facts)]
        here, away, person = (
            [match for match in matched if match.belonging is belonging]
            for belonging in (Belonging.HERE, Belonging.GENERAL_ARCHIVE, Belonging.FOR_A_PERSON)
        )
        away = away if any(match.field in NAMING for match in away) else []
        seen = list(signs_of(facts))
        if away:
            is_impersonal = all(match.rule in self._impersonal for match in away)
            return _weighed(away, here, [*person, *seen], _doubt(facts, is_impersonal=is_impersonal))
        if here and not person:
            return _decision(Belonging.HERE, _told(here[0]), [*here, *seen])
        if person:
            return _decision(Belonging.FOR_A_PERSON, _told(person[0]), [*person, *here, *seen])
        return _by_signs(seen)


def _weighed(
    away: list[SortingMatch], here: list[SortingMatch], against: list[SortingMatch], doubt: str | None
) -> Decision:
    """A rule speaks for the general archive; now for what speaks against it."""
    named_here = [match for match in here if match.field in NAMING]
    if named_here:
        return _decision(Belonging.HERE, _told(named_here[0]), [*here, *against, *away])
    if here or against:
        stronger = (here or against)[0]
        return _decision(Belonging.FOR_A_PERSON, f"{_told(away[0])}, men {_told(stronger)}", [*away, *here, *against])
    if doubt:
        return _decision(Belonging.FOR_A_PERSON, f"{_told(away[0])}, men {doubt}", away)
    return _decision(Belonging.GENERAL_ARCHIVE, _told(away[0]), away)


def _by_signs(seen: list[SortingMatch]) -> Decision:
    """No rule fits: signs alone."""
    if not seen:
        return Decision(Belonging.FOR_A_PERSON, "Ingen regel traff")
    telling = [match for match in seen if match.rule in TELLING]
    is_enough = bool(telling) or len({match.rule for match in seen}) >= SIGNS_ENOUGH
    return _decision(Belonging.HERE if is_enough else Belonging.FOR_A_PERSON, _told((telling or seen)[0]), seen)


def _doubt(facts: Facts, *, is_impersonal: bool) -> str | None:
    """What keeps a person in it although nothing speaks against the general archive."""
    if not facts.documents or not all(one.is_whole for one in facts.documents):
        return "ikke alt innhold kunne leses"
    if not harmless.is_readable(facts.fields[F.TEXT]):
        return "teksten er tom eller på et språk reglene ikke kan"
    unknown = harmless.unknown(facts.fields[F.TITLE])
    if unknown:
        return f"tittelen sier mer: «{unknown}»"
    strange = None if is_impersonal else harmless.strange(facts.fields[F.TEXT])
    return f"teksten sier mer: «{strange}»" if strange else None


def signs_of(facts: Facts) -> Iterator[SortingMatch]:
    """Every sign, in every field that people write in."""
    for group, lexicon in LEXICONS:
        for field in (F.TITLE, F.SHIPMENT_TYPE, F.DOCUMENT_NAME, F.TEXT):
            for found in lexicon.found(facts.fields[field]):
                yield _sign(group, field, found)
    for found in SENDER_LEXICON.found(facts.fields[F.SENDER_NAME]):
        yield _sign(signs.SENDERS, F.SENDER_NAME, found)


def _sign(group: signs.SignGroup, field: SortingField, found: Found) -> SortingMatch:
    speaks_for = Belonging.HERE if group.is_telling else Belonging.FOR_A_PERSON
    return SortingMatch(
        rule=group.name, belonging=speaks_for, is_sign=True, field=field, words=found.pattern, quote=found.quote
    )


def _told(match: SortingMatch) -> str:
    return f"{match.rule}: «{match.quote}» i {FIELDS[match.field]}"


def _decision(belonging: Belonging, explanation: str, matches: list[SortingMatch]) -> Decision:
    return Decision(belonging, explanation, tuple(dict.fromkeys(matches))[:MOST_MATCHES])


LEXICONS: Final = tuple((group, Lexicon(group.words)) for group in signs.GROUPS)
SENDER_LEXICON: Final = Lexicon(signs.SENDERS.words)
TELLING: Final = frozenset(group.name for group in (*signs.GROUPS, signs.SENDERS) if group.is_telling)


@lru_cache(maxsize=16)
def ready(told: tuple[SortingRule, ...]) -> Rules:
    """Rules made ready, once for the same rules."""
    return Rules(told)
