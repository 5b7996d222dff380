"""The postroom: what the service's handlers, operations and periodic work share, and what a carrier is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from notifier.channels import Channels
from notifier.hands import Hands
from notifier.notices import QuietHours
from notifier.own_channels import WebhookRule
from notifier.svarut.client import SvarUt
from sikkersak.contracts.notifier import ConsignmentKind, ConsignmentState
from sikkersak.messaging.circuit import Circuit
from sikkersak.persistence.database import Database, Row
from sikkersak.vault import Vault


@dataclass(frozen=True)
class Carried:
    """What a carrier took over: to be followed (SENT), or already there (DELIVERED)."""

    state: ConsignmentState
    carrier_reference: str | None = None
    carrier_status: str | None = None
    verdict: str = "accepted"


class Carrier(Protocol):
    """Brings consignments of one kind out of the house."""

    @property
    def circuit(self) -> Circuit:
        """Whether the carrier is known to be down."""

    async def carry(self, row: Row, *, is_repeated: bool) -> Carried:
        """Hands it over. Raises `Transient` to be tried again, `Declined` when a person must act.

        `is_repeated` says that an earlier try may have reached the carrier although nobody knows.
        """


@dataclass(frozen=True)
class Postroom:
    """Everything that brings a consignment to its end."""

    database: Database
    vault: Vault
    svarut: SvarUt
    carriers: Mapping[ConsignmentKind, Carrier]
    hands: Hands
    channels: Channels
    webhooks: WebhookRule
    quiet_hours: QuietHours | None
    has_effects: bool
    digest_wait: timedelta
    status_seconds: float
    status_rhythm: float
    sweep_seconds: float
