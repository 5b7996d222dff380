"""Who is written to before a letter goes, and why: the rules that the sender sees (M21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sikkersak.contracts.cases_documents import Why
from sikkersak.contracts.cases_people import Pupil
from sikkersak.contracts.values import Party
from sikkersak.errors import Declined

OF_AGE: Final = 18
TEXTS: Final = {
    Why.RECEIVER: "Mottaker av dokumentet.",
    Why.COPY_TO_GUARDIAN: "Kopi: eleven er under 18 år, og hver med foreldreansvar får brevet på egen adresse.",
    Why.PROTECTED_ADDRESS: "Skjermet adresse: brevet sendes ikke automatisk. Kontakt mottakeren på avtalt måte.",
}


@dataclass(frozen=True)
class Sending:
    """One letter to one party, and why; a stopped one is never sent by itself."""

    party: Party
    why: Why

    @property
    def is_stopped(self) -> bool:
        """Whether it may not go by itself."""
        return self.why is Why.PROTECTED_ADDRESS


def plan_sending(receivers: tuple[Party, ...], pupil: Pupil | None, today: date) -> tuple[Sending, ...]:
    """Each receiver, and for a pupil under age a copy to each with parental responsibility who is not one already."""
    found = [Sending(party, _why(party, pupil, Why.RECEIVER)) for party in receivers]
    if pupil is None or not _is_to_minor(receivers, pupil, today):
        return tuple(found)
    guardians = [guardian.party for guardian in pupil.guardians if guardian.has_parental_responsibility]
    if not guardians:
        raise Declined("no-guardians", "Eleven er under 18 år og mangler foresatte i registeret.")
    copies = [party for party in guardians if not any(_is_same(party, receiver) for receiver in receivers)]
    return tuple(found + [Sending(party, _why(party, pupil, Why.COPY_TO_GUARDIAN)) for party in copies])


def is_stopped(planned: tuple[Sending, ...]) -> bool:
    """Whether anything in it stops the whole: who else was written to can give an address away."""
    return any(sending.is_stopped for sending in planned)


def birth_date(national_id: str) -> date | None:
    """The date in a national identity number, also a D-number's and a synthetic one's; None where there is none."""
    day, month, year, individual = (int(national_id[at:to]) for at, to in ((0, 2), (2, 4), (4, 6), (6, 9)))
    day -= 40 if day > 40 else 0
    month -= 80 if month > 80 else 40 if month > 40 else 0
    is_recent = individual >= 500 and year < 40
    is_old = 500 <= individual < 750 and year >= 54
    century = 2000 if is_recent else 1800 if is_old else 1900
    try:
        return date(century + year, month, day)
    except ValueError:
        return None


def is_minor(national_id: str | None, today: date) -> bool:
    """Whether somebody is under 18; who cannot be dated is taken for a child."""
    born = birth_date(national_id) if national_id else None
    if born is None:
        return True
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) < OF_AGE


def _is_to_minor(receivers: tuple[Party, ...], pupil: Pupil, today: date) -> bool:
    is_receiver = any(party.national_id is not None and party.national_id == pupil.national_id for party in receivers)
    return is_receiver and is_minor(pupil.national_id, today)


def _why(party: Party, pupil: Pupil | None, otherwise: Why) -> Why:
    """A pupil's protected address protects the guardians' too: they may live together."""
    is_family = pupil is not None and pupil.has_protected_address and _is_family(party, pupil)
    return Why.PROTECTED_ADDRESS if party.has_protected_address or is_family else otherwise


def _is_family(party: Party, pupil: Pupil) -> bool:
    if party.national_id is not None and party.national_id == pupil.national_id:
        return True
    return any(_is_same(party, guardian.party) for guardian in pupil.guardians)


def _is_same(one: Party, other: Party) -> bool:
    if one.national_id is not None and other.national_id is not None:
        return one.national_id == other.national_id
    return one.name == other.name and one.address == other.address
