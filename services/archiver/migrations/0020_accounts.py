"""What cases says is finished, beside what the archive holds: asked for, and kept by reference (M26)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table reconciliations add column accounts_asked_at timestamptz;
alter table reconciliations add column accounts jsonb;
comment on column reconciliations.accounts is 'vault reference to what cases says was finished in the period';
""")
