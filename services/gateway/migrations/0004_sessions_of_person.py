"""All sessions of one person are found quickly: they are shown, and ended together."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("create index sessions_pid_lookup on sessions (pid_lookup);")
