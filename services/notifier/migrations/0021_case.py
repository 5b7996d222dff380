"""The case that a letter belongs to, handed back with every fact about it."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table consignments add column case_id uuid;
comment on column consignments.case_id is 'for letters; none where one was ordered before orders named it';
""")
