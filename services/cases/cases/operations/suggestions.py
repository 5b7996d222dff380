"""Which case a piece of mail may belong in: what it answers, what it names, whom it is about (M7)."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from cases.office import Office
from cases.operations import operations
from cases.store import suggestions
from sikkersak.contracts.cases_mail import CaseSuggestions, Likeness, SuggestCases
from sikkersak.messaging.operations import Ask

NUMBER: Final = re.compile(r"(?<!\d)(\d{6})\s?(\d{5})(?!\d)")
WORD: Final = re.compile(r"[^\W\d_][\w'’-]*")
MOST_WORDS: Final = 5000


@operations.answers(SuggestCases)
async def suggest_cases(asked: SuggestCases, ask: Ask, office: Office) -> CaseSuggestions:
    """Suggestions only: the distributor decides, and a name alone proves nothing."""
    numbers = {"".join(found) for found in NUMBER.findall(asked.text)} | (
        {asked.sender_number} if asked.sender_number else set()
    )
    lookups = [office.pupil_lookup(number) for number in sorted(numbers)[:20]]
    words = sorted({word.lower() for word in WORD.findall(asked.text)})[:MOST_WORDS]
    pupils: dict[UUID, Likeness] = {}
    found = await suggestions.pupils(ask.tx, lookups, words)
    for pupil in found:
        pupils[pupil.pupil_id] = pupil.because
    cases = await suggestions.cases(ask.tx, asked.replies_to, asked.case_number, pupils)
    return CaseSuggestions(cases=tuple(cases), pupils=tuple(found))
