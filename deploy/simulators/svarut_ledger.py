"""The letters SvarUt has taken, where each is on its way, and the refusal of look-alikes (SvarUt §4.7, §4.8)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from simulators.svarut_course import EVENTS, ReceiverRule, Status
from simulators.svarut_documents import KeptDocument
from simulators.svarut_errors import Refused
from simulators.svarut_letter import Kind, Letter

DUPLICATE = "Forsendelse med samme mottaker, tittel, avsender og filer er forsøkt sendt tidligere"
OSLO = ZoneInfo("Europe/Oslo")


@dataclass
class Change:
    """A status, and when it was reached by the stand-in's clock."""

    at: float
    status: Status


@dataclass
class SentLetter:
    """A letter with an id: the promise that it will be delivered."""

    id: UUID
    account: UUID
    kind: Kind
    letter: Letter
    documents: list[KeptDocument]
    changes: list[Change]
    in_svarinn: bool = False
    deleted: bool = False
    forced: list[Change] = field(default_factory=list)

    def reached(self, now: float) -> list[Change]:
        """The statuses so far; a forced one ends the planned course."""
        stop = min((change.at for change in self.forced), default=float("inf"))
        planned = [change for change in self.changes if change.at <= min(now, stop)]
        return planned + self.forced

    def identity(self) -> tuple[Any, ...]:
        """What makes another letter a look-alike of this one."""
        receiver = self.letter.mottaker
        to = receiver.digitalId or (receiver.navn, receiver.adresse.model_dump_json() if receiver.adresse else "")
        return (self.account, to, self.letter.tittel, tuple(sorted(one.sha256 for one in self.documents)))


def oslo(seconds: float) -> str:
    """A time as Status V3 writes it."""
    return datetime.fromtimestamp(seconds, OSLO).isoformat(timespec="milliseconds")


class Ledger:
    """All letters. Time can be moved forward; one status takes `pace` seconds."""

    def __init__(self, pace: float, duplicate_window: float) -> None:
        self.pace = pace
        self._window = duplicate_window
        self._ahead = 0.0
        self._letters: dict[UUID, SentLetter] = {}
        self.receivers: dict[str, ReceiverRule] = {}

    def now(self) -> float:
        """The stand-in's clock, seconds since 1970."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Moves the clock."""
        self._ahead += seconds

    def plan(self, statuses: Sequence[Status]) -> list[Change]:
        """When each status will be reached."""
        now = self.now()
        return [Change(now + position * self.pace, status) for position, status in enumerate(statuses)]

    def check_is_new(self, letter: SentLetter) -> None:
        """:raises Refused: when the same was sent from the same konto within the window."""
        for known in self._letters.values():
            is_recent = known.changes[0].at > self.now() - self._window
            if is_recent and known.identity() == letter.identity():
                raise Refused(400, DUPLICATE, "GJENTAGENDE_FORSENDELSE")

    def take(self, letter: SentLetter) -> None:
        """From here on the letter exists."""
        self._letters[letter.id] = letter

    def letter(self, letter_id: str) -> SentLetter:
        """:raises Refused: 404 (400 for what is no id)."""
        try:
            found = self._letters.get(UUID(letter_id))
        except ValueError as error:
            raise Refused(400, "Ugyldig forsendelse-id") from error
        if found is None:
            raise Refused(404, "Fant ikke forsendelse")
        return found

    def with_ids(self, account: UUID, ids: Sequence[UUID]) -> list[SentLetter]:
        """Those of the ids that exist and were sent from the konto."""
        return [found for one in ids if (found := self._letters.get(one)) and found.account == account]

    def with_reference(self, account: UUID, reference: str) -> list[SentLetter]:
        """Any number: the reference is not unique."""
        return [
            one for one in self._letters.values() if one.account == account and one.letter.eksternReferanse == reference
        ]

    def force(self, letter: SentLetter, status: Status) -> None:
        """Gives a letter a status now, whatever was planned."""
        reached = letter.reached(self.now())
        if not reached or reached[-1].status is not status:
            letter.forced.append(Change(self.now(), status))

    def state(self) -> dict[str, Any]:
        """What `GET /_control/state` shows."""
        letters = [self.summary(one) for one in self._letters.values()]
        return {"counts": Counter(one["status"] for one in letters), "letters": letters, "receivers": self.receivers}

    def summary(self, letter: SentLetter) -> dict[str, Any]:
        """One letter in the state."""
        reached = letter.reached(self.now())
        return {
            "id": str(letter.id),
            "account": str(letter.account),
            "kind": letter.kind.value,
            "eksternReferanse": letter.letter.eksternReferanse,
            "title": letter.letter.tittel,
            "receiver": letter.letter.mottaker.digitalId,
            "receiver_name": letter.letter.mottaker.navn,
            "level": letter.letter.sikkerhetsniva,
            "encrypted": letter.letter.kryptert,
            "in_svarinn": letter.in_svarinn,
            "letter": letter.letter.model_dump(mode="json", exclude_unset=True),
            "status": reached[-1].status.value,
            "statuses": [{"at": change.at, "status": change.status.value} for change in reached],
            "documents": [
                {"filename": one.filename, "mime_type": one.mime_type, "size": one.size, "sha256": one.sha256}
                for one in letter.documents
            ],
        }

    def events(self, letter: SentLetter) -> list[dict[str, str]]:
        """The event log."""
        found: list[dict[str, str]] = []
        for change in letter.reached(self.now()):
            found.append({"tidspunkt": oslo(change.at), "hendelse": EVENTS.get(change.status, change.status.value)})
            if change.status is Status.RECEIVED:
                count = len(letter.documents)
                kept = f"Orginaldokumenter er lagret ({count} dokument{'er' if count > 1 else ''})"
                texts = ("Metadata er validert OK", kept, "Forsendelsesfil generert")
                found.extend({"tidspunkt": oslo(change.at), "hendelse": text} for text in texts)
        return found

    def reset(self) -> None:
        """Forgets letters and receiver rules, and sets the clock right."""
        self._letters.clear()
        self.receivers.clear()
        self._ahead = 0.0
