"""The distributor's part of the demo: what arrived is registered, forwarded, set aside, or left for a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from local.demo.outside import wait_for
from local.demo.setting import Setting
from local.demo.staff import Staff
from samples.shipment import Outcome, Shipment

UNDERWAY = frozenset({"registering", "forwarding", "seen"})


@dataclass
class Mailroom:
    """The distributor at work."""

    distributor: Staff
    setting: Setting
    _known: dict[tuple[str, str, bool], str] = field(default_factory=dict)

    def wait_received(self, sent: list[Shipment]) -> None:
        """Until everything that was sent is safe here."""
        wait_for("arrival of all mail", lambda: len(self._inbox()) == len(sent), within=120)

    def wait_settled(self, sent: list[Shipment]) -> None:
        """Until cases and the general archive have confirmed every decision."""
        wait_for("confirmation of every decision", lambda: not UNDERWAY & self.states().keys(), within=120)
        if sum(self.states().values()) != len(sent):
            raise AssertionError("mail has come or gone")

    def states(self) -> Counter[str]:
        """How many are where."""
        return Counter(item["state"] for item in self._inbox())

    def left_for_a_person(self) -> list[dict[str, Any]]:
        """What the distributor could not decide alone, and why."""
        return [item for item in self._inbox() if item["state"] == "stored"]

    def decide(self, sent: list[Shipment]) -> None:
        """One decision for each."""
        for shipment in sent:
            self.decide_one(shipment)

    def decide_one(self, shipment: Shipment) -> str:
        """One decision; returns the mail's id."""
        mail_id = self.find(shipment)
        mail, expected = f"mail/{mail_id}", shipment.expected
        if expected.outcome is Outcome.BELONGS_HERE:
            self.distributor.post(f"{mail}/registration", self._registration(shipment))
        elif expected.outcome is Outcome.GENERAL_ARCHIVE:
            self.distributor.post(f"{mail}/forwarding", {"archive_case_number": expected.case_number})
        elif expected.outcome is Outcome.DUPLICATE:
            self.distributor.post(f"{mail}/discarding", {"reason": "Samme innhold er mottatt og registrert tidligere."})
        return mail_id

    def find(self, shipment: Shipment) -> str:
        """The mail that a shipment became; a duplicate is told from its original by what intake found out."""
        wanted = (shipment.external_reference, shipment.title, shipment.expected.outcome is Outcome.DUPLICATE)
        if wanted not in self._known:
            for item in self._inbox():
                reference = self.distributor.get(f"mail/{item['mail_id']}")["external_reference"]
                self._known[reference, item["title"], item["duplicate_of"] is not None] = item["mail_id"]
        return self._known[wanted]

    def _registration(self, shipment: Shipment) -> dict[str, Any]:
        """To the pupil's open case where there is one, else to a new one from the plan (M7)."""
        expected = shipment.expected
        pupil = self.setting.people.pupil(expected.pupil or "")
        pupil_id = self.setting.pupil_ids[pupil.key]
        open_cases = self.distributor.get("cases", pupil_id=pupil_id, status="open")["items"]
        teacher = self.setting.at_school(pupil.school, "employee_create_cases", "employee")
        return {
            "school_id": self.setting.school_id(expected.school or shipment.receiver),
            "pupil_id": pupil_id,
            "case_id": open_cases[0]["case_id"] if open_cases else None,
            "case_title": None if open_cases else f"Elevsak {pupil.name}",
            "responsible_id": None if open_cases else self.setting.staff_ids[teacher.username],
            "document_title": expected.document_title,
            "category": expected.category.value if expected.category else "incoming-letter",
        }

    def _inbox(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.distributor.get("mail", limit=200)["items"]
        return items
