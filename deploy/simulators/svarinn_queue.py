"""The receiving systems and what waits for each (SvarInn §3.1, §3.4, §3.10)."""

from __future__ import annotations

import hmac
import random
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from simulators.svarinn_shipment import Failure, Level, Shipment, Status

LONGEST_LIST = 200
Order = Literal["insertion", "reverse", "shuffled"]


class Row(BaseModel):
    """One row of a receiving system's filter: `*` takes every type, every level."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(pattern=r"^\d{9}$")
    type: str = "*"
    level: Literal["*", "3", "4"] = "*"

    def takes(self, number: str, kind: str | None, level: Level) -> bool:
        """Whether a shipment passes the three filters."""
        return self.number == number and self.type in ("*", kind) and self.level in ("*", level.number)


class System(BaseModel):
    """A mottakersystem: one user, one password, one public key, the organisations it receives for."""

    model_config = ConfigDict(extra="forbid")

    username: str
    password: str
    certificate_pem: str
    organisations: list[Row]
    id: uuid.UUID = Field(default_factory=uuid.uuid4)
    name: str = "Sak- og arkivsystem"

    @field_validator("organisations", mode="before")
    @classmethod
    def numbers_are_enough(cls, value: Any) -> Any:
        """A plain number is a row that takes everything."""
        return [{"number": row} if isinstance(row, str) else row for row in value]


class NoReceivingSystem(Exception):
    """Nobody receives for the organisation: SvarUt would go to Altinn."""


class Queue:
    """Everything SvarInn holds, kept in `folder` so that it outlives the process."""

    def __init__(self, folder: Path, order: Order) -> None:
        self._folder = folder
        self._order = order
        self._systems: dict[str, System] = {}
        self._shipments: dict[str, Shipment] = {}
        self._load()

    def register(self, systems: Sequence[System]) -> None:
        """Adds receiving systems, or replaces those with the same user name."""
        for system in systems:
            known = self._systems.get(system.username)
            self._systems[system.username] = system.model_copy(update={"id": known.id}) if known else system
        text = TypeAdapter(list[System]).dump_json(list(self._systems.values()), indent=1)
        (self._folder / "systems.json").write_bytes(text)

    def systems(self) -> list[System]:
        """All receiving systems."""
        return list(self._systems.values())

    def authenticate(self, username: str, password: str) -> System | None:
        """The system with these credentials."""
        system = self._systems.get(username)
        if system and hmac.compare_digest(system.password.encode(), password.encode()):
            return system
        return None

    def route(self, number: str, kind: str | None, level: Level) -> System:
        """Who receives; a row that names the type wins over one that takes all.

        :raises NoReceivingSystem: when no row fits.
        """
        fitting = [
            (row.type == "*", position, system)
            for position, system in enumerate(self._systems.values())
            for row in system.organisations
            if row.takes(number, kind, level)
        ]
        if not fitting:
            raise NoReceivingSystem
        return min(fitting, key=lambda found: found[:2])[2]

    def folder(self, shipment_id: uuid.UUID | str) -> Path:
        """Where the files of a shipment lie."""
        return self._folder / "shipments" / str(shipment_id)

    def place(self, shipment: Shipment) -> None:
        """Puts a shipment, whose files are written already, into the queue."""
        self._shipments[str(shipment.id)] = shipment
        self._keep(shipment)

    def shipment(self, shipment_id: str) -> Shipment | None:
        """Any shipment, whatever its status."""
        return self._shipments.get(shipment_id)

    def waiting(self, system: System, shipment_id: str) -> Shipment | None:
        """A shipment that waits for this system."""
        found = self._shipments.get(shipment_id)
        if found and found.system == system.username and found.status is Status.WAITING:
            return found
        return None

    def listed(self, system: System) -> list[Shipment]:
        """At most 200 of those that wait; the real service promises no order."""
        found = [
            one for one in self._shipments.values() if one.system == system.username and one.status is Status.WAITING
        ]
        if self._order == "reverse":
            found.reverse()
        elif self._order == "shuffled":
            random.shuffle(found)
        for shipment in found[:LONGEST_LIST]:
            shipment.listings += 1
        return found[:LONGEST_LIST]

    def downloaded(self, shipment: Shipment) -> None:
        """Counts."""
        shipment.downloads += 1
        self._keep(shipment)

    def acknowledge(self, shipment: Shipment) -> None:
        """The receiver has it: it leaves the queue, and the sender sees LEST."""
        shipment.acknowledged_at.append(time.time())
        shipment.status = Status.READ
        self._keep(shipment)

    def fail(self, shipment: Shipment, text: str, *, permanent: bool) -> None:
        """A line in the sender's log; a permanent failure also sends the shipment on to Altinn."""
        shipment.failures.append(Failure(at=time.time(), text=text, permanent=permanent))
        if permanent:
            shipment.status = Status.NOTIFIED
            shipment.left_svarinn = True
        self._keep(shipment)

    def state(self) -> dict[str, Any]:
        """What `GET /_control/state` shows; no passwords."""
        shipments = list(self._shipments.values())
        return {
            "counts": Counter(one.status.value for one in shipments),
            "systems": [one.model_dump(mode="json", exclude={"password"}) for one in self._systems.values()],
            "shipments": [one.summary() for one in shipments],
        }

    def reset(self) -> None:
        """Removes all shipments; the receiving systems stay."""
        self._shipments.clear()
        shutil.rmtree(self._folder / "shipments", ignore_errors=True)

    def _keep(self, shipment: Shipment) -> None:
        folder = self.folder(shipment.id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "shipment.json").write_text(shipment.model_dump_json(indent=1), encoding="utf-8")

    def _load(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        stored = self._folder / "systems.json"
        if stored.exists():
            self.register(TypeAdapter(list[System]).validate_json(stored.read_bytes()))
        found = [
            Shipment.model_validate_json(one.read_bytes()) for one in self._folder.glob("shipments/*/shipment.json")
        ]
        for shipment in sorted(found, key=lambda one: one.placed_at):
            self._shipments[str(shipment.id)] = shipment
