"""The case that a job belongs to, handed back with every fact about it."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table jobs add column case_id uuid;
comment on column jobs.case_id is 'none where the job was ordered before orders named it';
""")
