"""How often anybody's roles have changed: what is remembered of people counts only as long as this stands still (M15, M16)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0020"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table staff_version (
  is_the_only boolean primary key default true check (is_the_only),
  version bigint not null default 0
);
insert into staff_version default values;
""")
