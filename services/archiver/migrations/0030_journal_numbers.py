"""The number that the archive's own journal gave an entry is kept with its delivery, and told (M19, M26)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0030"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table deliveries add column journal jsonb;
comment on column deliveries.journal is 'journalår, journalsekvensnummer, journalpostnummer, as the archive answered; none: not told';
""")
