"""Each way to a case has an index in the order of its list."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0070"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create index cases_responsible_order on cases (responsible_id, case_id desc);
drop index cases_responsible;
create index cases_pupil_order on cases (pupil_id, case_id desc);
drop index cases_pupil;
create index search_entries_cases on search_entries using gin (words) with (fastupdate = off) where document_id is null;
""")
