"""The outside world of the demo: mail is sent, guardians sign, the archive goes down; and what the archive itself says."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from local.stack import Stack
from samples.shipment import Shipment


class TooSlow(Exception):
    """Something that was waited for did not come."""


def wait_for(what: str, look: Callable[[], Any], within: float = 120.0) -> Any:
    """The first truthy thing that `look` sees."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TooSlow(f"{what} did not happen within {within:g} s")
        time.sleep(0.2)
    return seen


@dataclass
class Outside:
    """The stand-ins, by their switches."""

    stack: Stack
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))
    _down_since: float = 0.0
    outage_seconds: float = 0.0

    def send(self, shipment: Shipment) -> None:
        """Somebody sends mail to a school."""
        answer = self.http.post(f"{self.stack.control('svarinn')}/_control/shipments", json=shipment.order())
        answer.raise_for_status()

    def archive_goes_down(self) -> None:
        """The archive core answers nobody."""
        self._down_since = time.monotonic()
        self._faults("noark", {"down": True})

    def archive_comes_back(self) -> None:
        """The archive core answers again."""
        self._faults("noark", {"down": False})
        self.outage_seconds = time.monotonic() - self._down_since

    def unacknowledged(self) -> int:
        """How many shipments SvarInn still holds for us."""
        held = self.http.get(f"{self.stack.control('svarinn')}/_control/state").json()["shipments"]
        return sum(1 for one in held if one["status"] == "KLAR_FOR_MOTTAK")

    def sign_everything(self) -> int:
        """Every guardian who is asked signs; returns how many did now."""
        control = self.stack.control("signing")
        jobs = self.http.get(f"{control}/_control/state").json()["jobs"]
        waiting = [
            (job["id"], one["n"]) for job in jobs for one in job["signers"] if one["state"] == "WAITING" and one["open"]
        ]
        for job, number in waiting:
            self.http.post(f"{control}/_control/jobs/{job}/signers/{number}/sign").raise_for_status()
        return len(waiting)

    def archived_records(self) -> list[dict[str, Any]]:
        """What the archive itself holds: every registry entry with its keys."""
        answer = self.http.get(f"{self.stack.control('noark')}/_control/records")
        found: list[dict[str, Any]] = answer.raise_for_status().json()["records"]
        return found

    def forwarded_mails(self) -> list[dict[str, Any]]:
        """What lies in the general archive's mailbox."""
        answer = self.http.get(f"{self.stack.control('smtp')}/_control/state").raise_for_status()
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def refuse(self, name: str, *, status: int, only: str) -> None:
        """A stand-in answers these paths with this status."""
        self._faults(name, {"refuse_status": status, "only": only})

    def _faults(self, name: str, wanted: dict[str, Any]) -> None:
        self.http.put(f"{self.stack.control(name)}/_control/faults", json=wanted).raise_for_status()


def duplicates(records: list[dict[str, Any]]) -> int:
    """Records, and documents within records, that the archive has more than once under one key."""
    keys = Counter(record["key"] for record in records)
    documents = Counter(document["key"] for record in records for document in record["documents"] if document["key"])
    return sum(count - 1 for counted in (keys, documents) for count in counted.values())
