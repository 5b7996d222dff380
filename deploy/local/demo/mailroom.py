"""The distributor's part of the demo: what arrived is registered, forwarded, set aside, or left for a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from local.demo.outside import wait_for
from local.demo.setting import Setting
from local.demo.staff import Staff
from samples.shipments import Outcome, SentShipment

UNDERWAY = frozenset({"registering", "forwarding", "seen"})


@dataclass
class Mailroom:
    """The distributor at work."""

    distributor: Staff
    setting: Setting

    def wait_received(self, sent: list[SentShipment]) -> None:
        """Until everything that was sent is safe here."""
        wait_for("arrival of all mail", lambda: len(self._inbox()) == len(sent), within=60)

    def wait_settled(self, sent: list[SentShipment]) -> None:
        """Until cases and the general archive have confirmed every decision."""
        wait_for("confirmation of every decision", lambda: not UNDERWAY & self.states().keys(), within=60)
        if sum(self.states().values()) != len(sent):
            raise AssertionError("mail has come or gone")

    def states(self) -> Counter[str]:
        """How many are where."""
        return Counter(item["state"] for item in self._inbox())

    def left_for_a_person(self) -> list[dict[str, Any]]:
        """What the distributor could not decide alone, and why."""
        return [item for item in self._inbox() if item["state"] == "stored"]

    def decide(self, sent: list[SentShipment]) -> None:
        """One decision for each."""
        for shipment in sent:
            self._decide(shipment)

    def _decide(self, shipment: SentShipment) -> None:
        is_copy = shipment.outcome is Outcome.DUPLICATE
        item = next(
            item
            for item in self._inbox()
            if item["title"] == shipment.title
            and item["state"] == "stored"
            and item["receiver_organisation"] == self.setting.organisation(shipment.school)
            and (item["duplicate_of"] is not None) == is_copy
        )
        mail = f"mail/{item['mail_id']}"
        if shipment.outcome is Outcome.REGISTER:
            self.distributor.post(f"{mail}/registration", self._registration(shipment))
        elif shipment.outcome is Outcome.FORWARD:
            number = shipment.archive_case_number
            self.distributor.post(f"{mail}/forwarding", {"archive_case_number": number} if number else {})
        elif is_copy:
            self.distributor.post(f"{mail}/discarding", {"reason": "Samme innhold er mottatt og registrert tidligere."})

    def _registration(self, shipment: SentShipment) -> dict[str, Any]:
        """To the pupil's open case where there is one, else to a new one from the plan (M7)."""
        pupil_id = self.setting.pupil_ids[shipment.pupil or ""]
        open_cases = self.distributor.get("cases", pupil_id=pupil_id, status="open")["items"]
        return {
            "school_id": self.setting.school_ids[shipment.school],
            "pupil_id": pupil_id,
            "case_id": open_cases[0]["case_id"] if open_cases else None,
            "case_title": None if open_cases else f"Elevsak {shipment.pupil}",
            "responsible_id": None if open_cases else self.setting.teacher_at(shipment.school),
        }

    def _inbox(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.distributor.get("mail", limit=200)["items"]
        return items
