"""Long work that somebody ordered and does not wait for: an obligation with its state and its result."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table runs (
  run_id uuid primary key,
  staff_id uuid not null,
  key text not null,
  operation text not null,
  dossier jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
  attempts integer not null default 0,
  next_try_at timestamptz not null,
  ordered_at timestamptz not null,
  ended_at timestamptz,
  result jsonb,
  problem jsonb,
  unique (staff_id, operation, key)
);
create index runs_due on runs (next_try_at) where state = 'waiting';
comment on table runs is 'Long work (Prefer: respond-async): asked of its owner here, and its answer kept for a day';
comment on column runs.dossier is 'the request and who asked, sealed in the vault';
comment on column runs.result is 'the answer, sealed in the vault';
comment on column runs.problem is 'why it did not go: status, code, text';
""")
