"""What a status change at the portal means here: the job's state and a stable code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from signing.portal import PortalJobState, SignerState, SignerStatus, StatusChange
from sikkersak.contracts.notifier import ConsignmentState
from sikkersak.contracts.signing import JobState, Signer, SignerProgress, SigningDossier, SigningFlow

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
