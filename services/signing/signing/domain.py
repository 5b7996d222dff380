"""What a status change at the portal means here: the job's state, a stable code, and what a caseworker can do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from signing.portal import PortalJobState, SignerState, SignerStatus, StatusChange
from sikkersak.contracts.notifier import ConsignmentState
from sikkersak.contracts.signing import JobState, NextStep, Signer, SignerProgress, SigningDossier, SigningFlow

# Why a job failed, worst first: one signer decides for all.
ENDINGS: Final = (
    (SignerState.REJECTED, JobState.DECLINED, "signer-declined"),
    (SignerState.EXPIRED, JobState.EXPIRED, "time-ran-out"),
    (SignerState.RESERVED, JobState.FAILED, "signer-reserved"),
    (SignerState.CONTACT_INFORMATION_MISSING, JobState.FAILED, "contact-missing"),
    (SignerState.BLOCKED, JobState.FAILED, "signer-blocked"),
    (SignerState.NAME_NOT_AVAILABLE, JobState.FAILED, "signer-name-missing"),
    (SignerState.FAILED, JobState.FAILED, "ceremony-failed"),
    (SignerState.CANCELLED, JobState.FAILED, "cancelled"),
)
PROGRESS: Final = {
    SignerState.WAITING: SignerProgress.WAITING,
    SignerState.SIGNED: SignerProgress.SIGNED,
    SignerState.REJECTED: SignerProgress.REJECTED,
    SignerState.CANCELLED: SignerProgress.CANCELLED,
    SignerState.EXPIRED: SignerProgress.EXPIRED,
    SignerState.RESERVED: SignerProgress.RESERVED,
    SignerState.CONTACT_INFORMATION_MISSING: SignerProgress.CONTACT_MISSING,
    SignerState.BLOCKED: SignerProgress.BLOCKED,
    SignerState.NAME_NOT_AVAILABLE: SignerProgress.NAME_MISSING,
    SignerState.FAILED: SignerProgress.FAILED,
    SignerState.NOT_APPLICABLE: SignerProgress.NOT_APPLICABLE,
    SignerState.UNKNOWN: SignerProgress.UNKNOWN,
}
AT_SCREEN_OPEN: Final = timedelta(days=30)
UNSETTLED: Final = frozenset({JobState.WAITING, JobState.AWAITING_SIGNATURES})
EFFECTS_OFF: Final = "outward-effects-off"
CLOCK_SKEW: Final = "signing-clock-skew"
NOT_ANSWERED: Final = "signing-not-answered"
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
    "cancelling": Guidance("Oppdraget trekkes tilbake hos signeringstjenesten.", (NextStep.WAIT,)),
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


def guidance(state: JobState, code: str | None, flow: SigningFlow = SigningFlow.PORTAL) -> Guidance:
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


def delivery(state: JobState, code: str | None, attempts: int) -> ConsignmentState:
    """Where it is in the words of everything that is sent, so that operators see one list of one kind."""
    if state is JobState.WAITING:
        return ConsignmentState.TRYING if attempts else ConsignmentState.WAITING
    if state is JobState.AWAITING_SIGNATURES:
        return ConsignmentState.SENT
    if state is JobState.SIGNED:
        return ConsignmentState.DELIVERED
    is_given_up = state is JobState.EXPIRED or code == "outcome-unknown"
    return ConsignmentState.GIVEN_UP if is_given_up else ConsignmentState.DECLINED


def signed_by(change: StatusChange) -> int:
    """How many have signed."""
    return sum(signer.state is SignerState.SIGNED for signer in change.signers)


def ending(change: StatusChange) -> tuple[JobState, str]:
    """How a failed job ended; an ending that nobody knows is a failure with its own code."""
    states = {signer.state for signer in change.signers}
    for state, outcome, code in ENDINGS:
        if state in states:
            return outcome, code
    return JobState.FAILED, "failed-at-portal"


def is_complete(change: StatusChange) -> bool:
    """Whether everybody has signed, so that the signed document can be fetched."""
    return change.state is PortalJobState.COMPLETED


def groups(signers: Sequence[Signer]) -> int:
    """How many groups sign one after another; each has the whole time open."""
    return len({signer.order for signer in signers})


def time_open(dossier: SigningDossier) -> timedelta:
    """How long the last group has at most; at the screen the service itself decides."""
    if dossier.flow is SigningFlow.DIRECT:
        return AT_SCREEN_OPEN
    return timedelta(days=dossier.days_open * groups(dossier.signers))


def progress(asked: Sequence[Signer], seen: Sequence[SignerStatus]) -> list[tuple[int, SignerStatus]]:
    """Which of those asked (by place, from 1) each status is about: by number, else by contact data."""
    found = []
    free = dict(enumerate(asked, start=1))
    if len(asked) == len(seen) == 1:  # answers about one signer may leave out who it is
        return [(1, seen[0])]
    for status in seen:
        place = next((number for number, signer in free.items() if _is_of(number, signer, status)), None)
        if place is not None:
            del free[place]
            found.append((place, status))
    return found


def identifier(number: int) -> str:
    """What a signer without a national number is called at the service, by the place in the dossier."""
    return f"signer-{number}"


def _is_of(number: int, signer: Signer, status: SignerStatus) -> bool:
    if status.identifier is not None:
        return status.identifier == identifier(number)
    if status.national_id is not None or signer.national_id is not None:
        return signer.national_id == status.national_id
    if status.contact is None:
        return False
    return (status.contact.email, status.contact.mobile) == (signer.email, signer.mobile)
