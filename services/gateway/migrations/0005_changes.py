"""Changes of every kind that a person waits for; letters and signatures name their document only."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table changes alter column case_id drop not null, alter column school_id drop not null;
alter table changes add column kind text not null default 'finished', add column state text;
create index changes_document on changes (document_id, sequence);
create index changes_case on changes (case_id, sequence) where case_id is not null;
comment on column changes.case_id is 'none where the fact does not name it and nothing before it about the document did';
""")
