"""Whether rules can be used: everything that is wrong with them, at once, in the words of whoever wrote them (R11)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from intake.sorting.engine import FIELDS, NAMING, NUMBERS
from intake.sorting.words import parts_of
from sikkersak.contracts.sorting import Belonging, SortingCondition, SortingRule
from sikkersak.errors import Declined

SHORTEST: Final = 3  # letters of a word that may go on; shorter ones match half the language
SHORTEST_WITHIN: Final = 4
LONGEST: Final = 60
MOST_PARTS: Final = 8
MOST_WORDS: Final = 5000
MOST_TOLD: Final = 20
NUMBER: Final = re.compile(r"^\d{9}$")


class RulesUnfit(Declined):
    """The rules cannot be used as they are."""

    def __init__(self, faults: list[str]) -> None:
        more = f" Og {len(faults) - MOST_TOLD} feil til." if len(faults) > MOST_TOLD else ""
        super().__init__("rules-unfit", " ".join(faults[:MOST_TOLD]) + more, status=422)


def demand_fit(rules: tuple[SortingRule, ...]) -> None:
    """Refuses rules that could not work, with everything that is wrong."""
    faults = list(_faults(rules))
    if faults:
        raise RulesUnfit(faults)


def _faults(rules: tuple[SortingRule, ...]) -> Iterator[str]:
    if not rules:
        yield "Regelsettet har ingen regler. Da blir all post liggende til en person."
    names = Counter(rule.name.strip().casefold() for rule in rules)
    yield from (f"Flere regler heter «{name}». Gi dem hvert sitt navn." for name, times in names.items() if times > 1)
    if sum(len(one.words) for rule in rules for one in (*rule.conditions, *rule.unless)) > MOST_WORDS:
        yield f"Regelsettet har mer enn {MOST_WORDS} ord i alt. Del det opp eller fjern ord som ikke trengs."
    for rule in rules:
        for fault in _of_rule(rule):
            yield f"Regelen «{rule.name}»: {fault}"


def _of_rule(rule: SortingRule) -> Iterator[str]:
    if not rule.name.strip():
        yield "navnet er tomt."
    if rule.belonging is Belonging.GENERAL_ARCHIVE and not any(set(one.fields) <= NAMING for one in rule.conditions):
        yield (
            "en regel som sender post til hovedarkivet må ha et vilkår som bare gjelder tittel, forsendelsestype eller "
            "filnavn. Teksten alene er ikke nok."
        )
    for condition in (*rule.conditions, *rule.unless):
        yield from _of_condition(condition)


def _of_condition(condition: SortingCondition) -> Iterator[str]:
    fields = set(condition.fields)
    if fields & NUMBERS:
        if not fields <= NUMBERS:
            yield "nummer og tekst kan ikke stå i samme vilkår. Lag ett vilkår for hver."
        for word in condition.words:
            if not NUMBER.match(word):
                yield f"«{word[:LONGEST]}» er ikke et organisasjonsnummer på ni siffer."
        return
    where = ", ".join(FIELDS[field] for field in condition.fields)
    for word in condition.words:
        fault = _of_word(word)
        if fault:
            yield f"«{word[:LONGEST]}» ({where}) {fault}"


def _of_word(written: str) -> str | None:
    if len(written) > LONGEST:
        return f"er for langt; høyst {LONGEST} tegn."
    parts = parts_of(written)
    if not parts:
        return (
            'kan ikke brukes. Skriv vanlige ord: skyss treffer i starten av et ord, "rus" bare hele ordet, '
            "*vold hvor som helst i et ord. Uttrykk med andre tegn finnes ikke."
        )
    if len(parts) > MOST_PARTS:
        return f"har for mange ord; høyst {MOST_PARTS}."
    letters = sum(len(part.word) for part in parts)
    if len(parts) == 1 and parts[0].is_within and letters < SHORTEST_WITHIN:
        return f"er for kort til å lete etter inni ord; minst {SHORTEST_WITHIN} bokstaver."
    if len(parts) == 1 and '"' not in written and letters < SHORTEST:
        return f'treffer for mye; minst {SHORTEST} bokstaver, eller sett ordet i anførselstegn: "{written}".'
    return None
