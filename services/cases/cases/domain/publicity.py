"""What the public may read of a registry entry (Offl. §§ 10 and 13, offentlegforskrifta §§ 6 and 7; Noark 5.2.5–5.2.38)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Final

from cases.domain.titles import SHIELD
from sikkersak.contracts.cases_journal import JournalParty
from sikkersak.contracts.values import Party, PartyKind

# Eleven digits, in one or as day and person number; nine and fewer are organisations and case numbers.
NATIONAL_NUMBER: Final = re.compile(r"(?<!\d)\d{6}[ .-]?\d{5}(?!\d)")
SHORTEST_PART: Final = 2
SEPARATORS: Final = re.compile(r"[\s\-–.,;:()«»\"'/]+")


def shielded(title: str, names: Iterable[str]) -> str:
    """A public title without any part of these names, also in the genitive, and without national identity numbers.

    Whoever wrote the public title may have named somebody all the same: what is published is looked through again.
    """
    said = NATIONAL_NUMBER.sub(SHIELD, unicodedata.normalize("NFC", title))
    whole = unicodedata.normalize("NFC", " ".join(names))
    parts = {part for part in SEPARATORS.split(whole) if len(part) >= SHORTEST_PART}
    if not parts:
        return said
    ordered = "|".join(re.escape(part) for part in sorted(parts, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{ordered})(?:['’]?s|['’])?(?!\w)", SHIELD, said, flags=re.IGNORECASE)


def shown_parties(
    parties: tuple[Party, ...], *, is_exempt: bool, journal_date: date, today: date
) -> tuple[JournalParty, ...]:
    """Senders and receivers. Nobody is named on what is exempt, nor a private person when a year has gone."""
    is_old = journal_date < _year_before(today)
    return tuple(
        JournalParty(
            name=SHIELD
            if is_exempt or (_is_private(party) and (is_old or party.has_protected_address))
            else party.name,
            is_person=_is_private(party),
        )
        for party in parties
    )


def _is_private(party: Party) -> bool:
    return party.kind is PartyKind.PERSON


def _year_before(today: date) -> date:
    is_leap_day = (today.month, today.day) == (2, 29)
    return today.replace(year=today.year - 1, day=28 if is_leap_day else today.day)
