"""Extracts of the audit log that somebody made, each a signed file in the vault (M18)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table audit_extracts (
  extract_id uuid primary key,
  made_at timestamptz not null default now(),
  made_by uuid not null references staff,
  wanted jsonb not null,
  rows bigint not null,
  first bigint not null,
  last bigint not null,
  file jsonb not null,
  manifest text not null
);
create trigger audit_extracts_kept before update or delete or truncate on audit_extracts
  for each statement execute function refuse_rewriting();
create index audit_staff on audit ((details->>'staff_id'), sequence desc) where details ? 'staff_id';
""")
