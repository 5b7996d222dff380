"""What waits for the archive, in the order that it is taken up: however many wait, the next ones are read and no others."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create index deliveries_waiting on deliveries
  (is_urgent desc, (case when is_urgent then ordered_at end) desc nulls last, ordered_at) where held_for = 'archive';
create index deliveries_released on deliveries (released_at) where held_for is null and released_at is not null;
""")
