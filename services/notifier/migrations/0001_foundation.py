"""Outbox, inbox, answers and leases."""

from __future__ import annotations

from sikkersak.persistence.foundation import FOUNDATION
from sikkersak.persistence.migration import run

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(FOUNDATION)
