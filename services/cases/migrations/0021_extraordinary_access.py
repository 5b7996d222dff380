"""What was read by extraordinary access is found by its mark; emergency access that is ended is kept (M17, M18)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create index audit_grant on audit ((details->>'grant')) where details ? 'grant';
create index audit_act on audit (act, sequence desc);
create index audit_document on audit (document_id, sequence desc) where document_id is not null;
""")
