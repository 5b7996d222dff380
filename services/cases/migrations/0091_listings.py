"""Pupils are found by their last name in an index, as mail names them; open and closed cases are counted in one (M6, R8)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(r"""
create index pupils_last_name on pupils (lower(substring(btrim(name) from '\S+$')));
create index cases_school_status on cases (school_id, status, case_id desc);
create index cases_status on cases (status, case_id desc);
""")
