"""Signature jobs in a caseworker's words: where one is, and what can be done next (M20).

By state and code alone, so that whoever is told of a job says the same as the service that owns it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sikkersak.contracts.signing import JobState, NextStep, SigningFlow

EFFECTS_OFF: Final = "outward-effects-off"
CLOCK_SKEW: Final = "signing-clock-skew"
NOT_ANSWERED: Final = "signing-not-answered"
CANCELLING: Final = "cancelling"
# The set-up is at fault, not the job: it waits, and is tried again when operations have seen to it.
SET_UP: Final = frozenset(
    {
        CLOCK_SKEW,
        "signing-wrong-organisation",
        "signing-untrusted-server",
        "signing-certificate-refused",
        "signing-broker-not-authorized",
        "signing-not-authorized",
    }
)


@dataclass(frozen=True)
class Guidance:
    """What a caseworker reads, and can do."""

    detail: str
    choices: tuple[NextStep, ...]


AGAIN, PAPER, LOOK = NextStep.ASK_AGAIN, NextStep.PAPER, NextStep.OPERATIONS
GUIDANCE: Final = {
    "signer-declined": Guidance(
        "En av dem som skulle signere, har avslått. Ta kontakt før du ber om signatur på nytt.", (AGAIN, PAPER)
    ),
    "time-ran-out": Guidance(
        "Fristen gikk ut før alle hadde signert. Ta kontakt, og be om signatur på nytt.", (AGAIN, PAPER)
    ),
    "signer-reserved": Guidance(
        "En av dem som skulle signere, har reservert seg mot digital kommunikasjon. La den det gjelder, signere på papir.",
        (PAPER,),
    ),
    "contact-missing": Guidance(
        "En av dem som skulle signere, har ikke e-post eller mobil i kontaktregisteret. Oppgi kontaktinformasjon, eller bruk papir.",
        (NextStep.GIVE_CONTACT, PAPER),
    ),
    "signer-blocked": Guidance(
        "En av dem som skulle signere, tastet feil kode for mange ganger. Be om signatur på nytt.", (AGAIN, PAPER)
    ),
    "signer-name-missing": Guidance(
        "Navnet til en av dem som skulle signere, finnes ikke i registeret. Det hjelper ikke å prøve igjen.", (PAPER,)
    ),
    "cancelled": Guidance("Oppdraget er trukket tilbake.", (AGAIN, PAPER)),
    CANCELLING: Guidance("Oppdraget trekkes tilbake hos signeringstjenesten.", (NextStep.WAIT,)),
    "outcome-unknown": Guidance(
        "Signeringstjenesten svarte ikke da oppdraget ble sendt. Undersøk der om det finnes før du ber om signatur på nytt.",
        (LOOK, AGAIN),
    ),
    NOT_ANSWERED: Guidance(
        "Signeringstjenesten svarte ikke, så lenken kom aldri fram, og ingen kan signere det oppdraget. Be om signatur på nytt.",
        (AGAIN, PAPER),
    ),
    "ceremony-failed": Guidance(
        "Noe gikk galt hos signeringstjenesten mens det ble signert. Be om signatur på nytt.", (AGAIN, PAPER)
    ),
    "signature-not-verified": Guidance(
        "Signaturen kunne ikke bekreftes. Filene er tatt vare på, og ingenting er arkivert eller sendt. Meld fra til drift.",
        (LOOK,),
    ),
    "signing-files-gone": Guidance(
        "Det signerte dokumentet finnes ikke lenger hos signeringstjenesten.", (LOOK, AGAIN)
    ),
    "documents-too-large": Guidance(
        "Dokumentene er over 10 MB til sammen, og det er mer enn signeringstjenesten tar imot. Del dem opp.",
        (AGAIN, PAPER),
    ),
    "contact-needed": Guidance(
        "En av dem som skal signere på vegne av andre, mangler e-post og mobil. Oppgi kontaktinformasjon.",
        (NextStep.GIVE_CONTACT, PAPER),
    ),
    "job-not-possible": Guidance(
        "Oppdraget er satt sammen slik at signeringstjenesten ikke kan ta imot det. Avansert signatur gjelder ett dokument.",
        (AGAIN, PAPER),
    ),
    "flow-not-available": Guidance(
        "Denne måten å signere på er ikke slått på hos dere. Be om signatur på en annen måte.", (AGAIN, PAPER)
    ),
    "failed-at-portal": Guidance("Oppdraget feilet hos signeringstjenesten av ukjent grunn.", (AGAIN, LOOK)),
    CLOCK_SKEW: Guidance(
        "Klokken vår og signeringstjenestens er mer enn fem sekunder fra hverandre. Drift må rette klokken; så går oppdraget av seg selv.",
        (NextStep.WAIT, LOOK),
    ),
    "signing-wrong-organisation": Guidance(
        "Den som svarte på signeringstjenestens adresse, er en annen virksomhet. Ingenting er sendt. Drift må kontrollere oppsettet.",
        (NextStep.WAIT, LOOK),
    ),
    EFFECTS_OFF: Guidance("Utsending er slått av i oppsettet. Oppdraget går når den slås på.", (NextStep.WAIT,)),
}
UNDER_WAY: Final = {
    JobState.WAITING: Guidance("Oppdraget venter på signeringstjenesten.", (NextStep.WAIT, NextStep.CANCEL)),
    JobState.AWAITING_SIGNATURES: Guidance(
        "De som skal signere, er varslet. Signeringstjenesten minner dem på det.", (NextStep.REMIND, NextStep.CANCEL)
    ),
    JobState.SIGNED: Guidance("Alle har signert, og signaturene er bekreftet.", ()),
}
AT_SCREEN: Final = {
    JobState.WAITING: Guidance("Oppdraget gjøres klart hos signeringstjenesten.", (NextStep.WAIT, NextStep.CANCEL)),
    JobState.AWAITING_SIGNATURES: Guidance(
        "Klart til signering her på skjermen. Lenken til hver undertegner kan åpnes én gang; åpne den på nytt om noe går galt.",
        (NextStep.SIGN_HERE, NextStep.CANCEL),
    ),
}
SET_UP_GUIDANCE: Final = Guidance(
    "Signeringstjenesten slipper oss ikke inn. Drift må kontrollere oppsettet; så går oppdraget av seg selv.",
    (NextStep.WAIT, LOOK),
)


ORDERED: Final = Guidance(
    "Dokumentet gjøres klart for arkivet. Så går oppdraget til signeringstjenesten.", (NextStep.WAIT,)
)


def job_guidance(state: JobState, code: str | None, flow: SigningFlow = SigningFlow.PORTAL) -> Guidance:
    """What to read and do about a job in this state; a code that nobody foresaw is for operations."""
    if code in GUIDANCE:
        return GUIDANCE[code]
    if code in SET_UP:
        return SET_UP_GUIDANCE
    if flow is SigningFlow.DIRECT and state in AT_SCREEN:
        return AT_SCREEN[state]
    if state in UNDER_WAY:
        return UNDER_WAY[state]
    return Guidance(f"Signeringstjenesten tok ikke imot oppdraget ({code}).", (LOOK, AGAIN))
