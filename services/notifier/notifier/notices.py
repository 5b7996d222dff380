"""What notices say: fixed sentences with a number at most. Nothing sensitive can be said, because nothing else can (M22)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sikkersak.clock import OSLO
from sikkersak.contracts.notifier import Notice
from sikkersak.errors import Declined


@dataclass(frozen=True)
class Wording:
    """A heading, a sentence for one and a sentence for several, and how it looks in Teams."""

    heading: str
    one: str
    several: str
    colour: str = "Accent"

    def sentence(self, count: int) -> str:
        """The sentence for so many."""
        return self.one if count == 1 else self.several.format(count=count)


# News that come one by one and are read as a number: gathered for each school, so that nobody is flooded.
GATHERED: Final = frozenset(
    {
        Notice.NEW_MAIL,
        Notice.APPROVAL_WAITING,
        Notice.SIGNATURE_ENDED,
        Notice.SIGNATURE_WAITING,
        Notice.DELIVERY_FAILED,
        Notice.SHREDDING_DUE,
        Notice.MAIL_REGISTERED,
    }
)

WORDINGS: Final[dict[Notice, Wording]] = {
    Notice.NEW_MAIL: Wording(
        "Ny digital post", "Én forsendelse venter på registrering.", "{count} forsendelser venter på registrering."
    ),
    Notice.APPROVAL_WAITING: Wording(
        "Venter på godkjenning", "Ett dokument venter på godkjenning.", "{count} dokumenter venter på godkjenning."
    ),
    Notice.SIGNATURE_ENDED: Wording(
        "Signering avsluttet", "Ett signeringsoppdrag er avsluttet.", "{count} signeringsoppdrag er avsluttet."
    ),
    Notice.SIGNATURE_WAITING: Wording(
        "Signaturer mangler",
        "Fristen for ett signeringsoppdrag går snart ut.",
        "Fristen for {count} signeringsoppdrag går snart ut.",
        "Warning",
    ),
    Notice.SHREDDING_DUE: Wording(
        "Papir til makulering", "Ett papirdokument kan makuleres.", "{count} papirdokumenter kan makuleres."
    ),
    Notice.MAIL_REGISTERED: Wording(
        "Post til deg",
        "Én forsendelse er registrert i en av sakene dine.",
        "{count} forsendelser er registrert i sakene dine.",
    ),
    Notice.DELIVERY_FAILED: Wording(
        "Levering feilet",
        "Én forsendelse ble ikke levert og må følges opp.",
        "{count} forsendelser ble ikke levert og må følges opp.",
        "Attention",
    ),
    Notice.ARCHIVE_DOWN: Wording(
        "Arkivet er utilgjengelig",
        "Dokumenter venter og arkiveres av seg selv når arkivet er tilbake. Du kan arbeide som vanlig.",
        "Dokumenter venter og arkiveres av seg selv når arkivet er tilbake. Du kan arbeide som vanlig.",
        "Warning",
    ),
    Notice.ARCHIVE_UP: Wording(
        "Arkivet er tilbake",
        "Dokumenter som ventet, arkiveres nå.",
        "Dokumenter som ventet, arkiveres nå.",
        "Good",
    ),
    Notice.EMERGENCY_ACCESS: Wording(
        "Nødtilgang er tatt",
        "Noen har tatt nødtilgang til en sak ved skolen. Skoleleder ser hvem, hvilken sak og hvorfor i Sikker Sak.",
        "Noen har tatt nødtilgang til {count} saker ved skolen. Skoleleder ser hvem og hvorfor i Sikker Sak.",
        "Attention",
    ),
    Notice.FULL_ACCESS: Wording(
        "«Tilgang til alt» er gitt",
        "Én person har fått «tilgang til alt» for en begrenset tid. Administratorer ser hvem og hvorfor i Sikker Sak.",
        "{count} personer har fått «tilgang til alt». Administratorer ser hvem og hvorfor i Sikker Sak.",
        "Attention",
    ),
    Notice.ROLE_GIVEN: Wording(
        "Ny rolle", "Du har fått en rolle i Sikker Sak.", "Du har fått {count} roller i Sikker Sak."
    ),
    Notice.ROLE_TAKEN: Wording(
        "Rolle avsluttet", "En rolle du har hatt, er avsluttet.", "{count} roller du har hatt, er avsluttet."
    ),
    Notice.WEBHOOK_STOPPED: Wording(
        "Webhook er stanset",
        "Et annet system har lenge ikke tatt imot hendelser. Administratorer ser hvilket og hvorfor i Sikker Sak.",
        "{count} systemer har lenge ikke tatt imot hendelser. Administratorer ser hvilke og hvorfor i Sikker Sak.",
        "Attention",
    ),
    Notice.OUTAGE: Wording("Driftsmelding", "", "", "Attention"),
    Notice.ALL_CLEAR: Wording("Driftsmelding: alt virker igjen", "", "", "Good"),
}

# Eleven digits, also with spaces between: a birth number has no place in a channel.
PERSONAL: Final = re.compile(r"(?<!\d)(?:\d[ .-]?){10}\d(?!\d)")


def check_text(text: str) -> str:
    """A person's own words, as they may stand in a channel. Raises `Declined` for what looks like a birth number."""
    if PERSONAL.search(text):
        raise Declined("personal-data-in-notice", "Meldingen ser ut til å inneholde et fødselsnummer.", status=422)
    return text.strip()


@dataclass(frozen=True)
class QuietHours:
    """Hours of the day in Norway in which what has gathered waits. `begin` may be later than `end`: over midnight."""

    begin: int
    end: int

    @classmethod
    def read(cls, text: str | None) -> QuietHours | None:
        """From a setting or a choice, as `17-7`."""
        if text is None:
            return None
        begin, _, end = text.partition("-")
        return cls(int(begin), int(end))

    def include(self, moment: datetime) -> bool:
        """Whether it is quiet then; weekends are quiet all day."""
        local = moment.astimezone(OSLO)
        if local.isoweekday() > 5:
            return True
        if self.begin <= self.end:
            return self.begin <= local.hour < self.end
        return local.hour >= self.begin or local.hour < self.end
