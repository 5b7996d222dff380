"""The office: what the service's handlers and operations work with, as the composition root put it together."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

from cases.seals import Sealer
from sikkersak.persistence.database import Database
from sikkersak.vault import Vault


@dataclass(frozen=True)
class Office:
    """The database and the vault, the key that pupils are found by, and what seals the audit log."""

    vault: Vault
    lookup_key: bytes
    database: Database
    sealer: Sealer
    seal_seconds: float
    text_seconds: float
    sweep_seconds: float
    remind_after: timedelta

    def pupil_lookup(self, national_id: str) -> str:
        """The keyed hash of a national identity number; without the key it cannot be guessed back."""
        return hmac.new(self.lookup_key, national_id.encode(), hashlib.sha256).hexdigest()
