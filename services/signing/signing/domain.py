"""What a status change at the portal means here: the job's state, and a stable code for what a person must know."""

from __future__ import annotations

from typing import Final

from signing.portal import PortalJobState, SignerState, StatusChange
from sikkersak.contracts.signing import JobState

# Why a job failed, worst first: one signer decides for all.
ENDINGS: Final = (
    (SignerState.REJECTED, JobState.DECLINED, "signer-declined"),
    (SignerState.EXPIRED, JobState.EXPIRED, "time-ran-out"),
    (SignerState.RESERVED, JobState.FAILED, "signer-reserved"),
    (SignerState.CONTACT_INFORMATION_MISSING, JobState.FAILED, "contact-missing"),
    (SignerState.BLOCKED, JobState.FAILED, "signer-blocked"),
    (SignerState.NAME_NOT_AVAILABLE, JobState.FAILED, "signer-name-missing"),
    (SignerState.CANCELLED, JobState.FAILED, "cancelled"),
)


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
