"""Mail that is sent on to other organisations."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0020"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table consignments drop constraint consignments_kind_check;
alter table consignments add constraint consignments_kind_check
  check (kind in ('letter', 'forwarding', 'redirection', 'notice', 'staff_mail', 'staff_card'));
""")
