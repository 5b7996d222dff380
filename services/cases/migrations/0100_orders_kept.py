"""What was ordered to the archive is kept with the obligation, so that it can be said again word for word (M26)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0100"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table archive_obligations add column dossier jsonb;
comment on column archive_obligations.dossier is 'the sealed dossier, by reference; none in obligations older than it';
""")
