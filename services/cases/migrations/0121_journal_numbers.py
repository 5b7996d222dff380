"""The number that a registry entry has in the archive's own journal, beside the archive status (M19, M26)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0121"
down_revision = "0120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table archive_obligations add column journal jsonb;
comment on column archive_obligations.journal is 'as archiver told it; none: not archived yet, or the archive did not say';
""")
