"""The signing desk: what the service's handlers, operations and periodic work share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from signing import store
from signing.evidence import EvidenceTrust
from signing.portal import SigningPortal
from sikkersak.contracts.signing import Capacity, SigningFlow
from sikkersak.messaging.circuit import Circuit
from sikkersak.persistence.database import Database
from sikkersak.vault import Vault


@dataclass(frozen=True)
class Desk:
    """Everything that brings a signature job to its end. The first of `queues` is the one that new jobs answer in."""

    database: Database
    vault: Vault
    portal: SigningPortal
    trust: EvidenceTrust
    circuit: Circuit
    queues: tuple[str, ...]
    flows: tuple[SigningFlow, ...]
    poll_seconds: float
    sweep_seconds: float
    remind_before: timedelta
    unknown_after: timedelta
    on_behalf_of: Capacity
    outward_effects: bool
    public_url: str

    async def note(self, job_id: UUID, step: str, verdict: str) -> None:
        """Adds to the record of attempts, in a transaction of its own: nothing takes it back."""
        async with self.database.transaction() as tx:
            await store.note(tx, job_id, step, verdict)
