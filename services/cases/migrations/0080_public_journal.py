"""The public journal walks what is finished in the order in which it was (M19)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0080"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create index documents_journal on documents (finished_at, document_id) where state = 'finished';
""")
