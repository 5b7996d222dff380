"""What the school system calls a pupil: links from there open the pupil's cases."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0060"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(r"""
alter table pupils add column reference text unique check (reference !~ '^\d{11}$');
comment on column pupils.reference is 'the school system''s own key: neither a name nor a national identity number';
""")
