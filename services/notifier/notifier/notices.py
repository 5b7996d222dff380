"""What notices say: fixed sentences with a number at most. Nothing sensitive can be said, because nothing else can (M22)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sikkersak.contracts.notifier import Notice


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
}
