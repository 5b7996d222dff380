"""Signature jobs and what can happen to them: who may act when, what ends a job, and when time runs out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

DEFAULT_AVAILABILITY = timedelta(days=30)


class JobState(StrEnum):
    """As the API names them."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED_SUCCESSFULLY"
    FAILED = "FAILED"


class Act(StrEnum):
    """What a signer, or the world, does. The value is the last part of the control call."""

    SIGN = "sign"
    REJECT = "reject"
    BLOCK = "block"
    EXPIRE = "expire"
    RESERVE = "reserve"
    CONTACT_MISSING = "contact-missing"
    NAME_MISSING = "name-missing"
    FAIL = "fail"


OUTCOMES = {
    Act.SIGN: "SIGNED",
    Act.REJECT: "REJECTED",
    Act.BLOCK: "BLOCKED",
    Act.EXPIRE: "EXPIRED",
    Act.RESERVE: "RESERVED",
    Act.CONTACT_MISSING: "CONTACT_INFORMATION_MISSING",
    Act.NAME_MISSING: "SIGNERS_NAME_NOT_AVAILABLE",
    Act.FAIL: "FAILED",
}
NEEDS_ACCESS = (Act.SIGN, Act.REJECT, Act.BLOCK)


class NotPossible(Exception):
    """What somebody tries cannot happen to the job now."""


@dataclass
class Signer:
    """One signer; `number` counts from 1 as in the XAdES URL."""

    number: int
    order: int
    national_id: str | None
    email: str | None
    mobile: str | None
    uses_lookup: bool
    signature_type: str
    on_behalf_of: str
    state: str = "WAITING"
    since: datetime | None = None
    opened_at: datetime | None = None
    xades: bytes | None = None
    identifier: str | None = None

    @property
    def name_in_answers(self) -> str:
        """What tells signers apart in the direct flow."""
        return self.national_id or self.identifier or str(self.number)


@dataclass(frozen=True)
class Document:
    """One document as it was sent."""

    name: str
    title: str
    content: bytes


@dataclass
class AtScreen:
    """What only a job of the direct flow has: where browsers go, who may open what, and the token that they bring."""

    completion: str
    rejection: str
    error: str
    is_polled: bool
    tokens: dict[str, int] = field(default_factory=dict)
    ceremonies: dict[str, int] = field(default_factory=dict)
    status_token: str | None = None


@dataclass
class Job:
    """One job. Times are on the stand-in's own clock, which tests may advance."""

    number: int
    organisation: str
    reference: str | None
    queue: str
    title: str
    level: str
    documents: tuple[Document, ...]
    signers: tuple[Signer, ...]
    created_at: datetime
    activation: datetime
    availability: timedelta = DEFAULT_AVAILABILITY
    state: JobState = JobState.IN_PROGRESS
    completed_at: datetime | None = None
    pades: bytes | None = None
    confirmations: int = 0
    cancelled: bool = False
    files_gone: bool = False
    deadlines: dict[int, datetime] = field(default_factory=dict)
    at_screen: AtScreen | None = None

    def signer(self, number: int) -> Signer:
        """The signer with this number; `NotPossible` when there is none."""
        if not 1 <= number <= len(self.signers):
            raise NotPossible(f"the job has no signer {number}")
        return self.signers[number - 1]

    def pass_time(self, moment: datetime) -> bool:
        """Opens the group whose turn it is and lets deadlines run out. Whether a status changed."""
        self._open_group(moment)
        late = [signer for signer in self._open_signers() if self.deadlines[signer.order] <= moment]
        for signer in late:
            self._set(signer, OUTCOMES[Act.EXPIRE], moment)
        if late:
            self._fail(moment)
        return bool(late)

    def act(self, number: int, act: Act, moment: datetime) -> None:
        """A signer acts, or something is found out about one."""
        signer = self.signer(number)
        if self.state is not JobState.IN_PROGRESS or signer.state != "WAITING":
            raise NotPossible(f"signer {number} is {signer.state} and the job {self.state}")
        if act in NEEDS_ACCESS and signer.opened_at is None:
            raise NotPossible(f"it is not signer {number}'s turn yet")
        self._set(signer, OUTCOMES[act], moment)
        if act is not Act.SIGN:
            self._fail(moment)
        elif all(other.state == "SIGNED" for other in self.signers):
            self.state, self.completed_at = JobState.COMPLETED, moment
        else:
            self._open_group(moment)

    def cancel(self, moment: datetime) -> None:
        """The sender withdraws the job; those who have not acted lose access."""
        if self.state is not JobState.IN_PROGRESS:
            raise NotPossible("the job has ended")
        for signer in self.signers:
            if signer.state == "WAITING":
                self._set(signer, "CANCELLED", moment)
        self.state, self.completed_at, self.cancelled = JobState.FAILED, moment, True

    def _open_group(self, moment: datetime) -> None:
        waiting = [signer for signer in self.signers if signer.state == "WAITING"]
        if self.state is not JobState.IN_PROGRESS or not waiting or moment < self.activation:
            return
        turn = min(signer.order for signer in waiting)
        if any(signer.order < turn and signer.state != "SIGNED" for signer in self.signers):
            return
        for signer in waiting:
            if signer.order == turn and signer.opened_at is None:
                opened = self.activation if turn == min(each.order for each in self.signers) else moment
                signer.opened_at = opened
                self.deadlines.setdefault(turn, opened + self.availability)

    def _open_signers(self) -> list[Signer]:
        if self.state is not JobState.IN_PROGRESS:
            return []
        return [signer for signer in self.signers if signer.state == "WAITING" and signer.opened_at is not None]

    def _fail(self, moment: datetime) -> None:
        self.state, self.completed_at = JobState.FAILED, moment
        for signer in self.signers:
            if signer.state == "WAITING":
                self._set(signer, "NOT_APPLICABLE", moment)

    @staticmethod
    def _set(signer: Signer, state: str, moment: datetime) -> None:
        signer.state, signer.since = state, moment
