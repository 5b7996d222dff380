"""Reconciliation with the archive: what was asked, what was found of each record, and the signed report."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table reconciliations (
  reconciliation_id uuid primary key,
  period_from timestamptz not null,
  period_to timestamptz not null,
  repairs boolean not null,
  asked_by uuid,
  state text not null default 'ordered',
  ordered_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  report text,
  signature text,
  key_id text,
  check (period_from < period_to)
);
comment on column reconciliations.asked_by is 'none: by schedule';
create unique index reconciliations_scheduled on reconciliations (period_from, period_to) where asked_by is null;

create table reconciliation_items (
  reconciliation_id uuid not null references reconciliations,
  record_key text not null,
  delivery_id uuid,
  document_id uuid,
  verdict text not null,
  differences text[] not null default '{}',
  repaired boolean not null default false,
  at timestamptz not null default now(),
  primary key (reconciliation_id, record_key)
);
create index reconciliation_items_verdict on reconciliation_items (reconciliation_id, verdict, record_key);

create table report_keys (
  key_id text primary key,
  public_key text not null,
  private_key jsonb not null,
  made_at timestamptz not null default now()
);
comment on table report_keys is 'what reports are signed with: the public half here, the private half sealed in the vault';
create index deliveries_record_archived on deliveries (ordered_at, delivery_id) where kind = 'record';
""")
