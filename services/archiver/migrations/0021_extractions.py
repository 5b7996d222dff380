"""Extractions: who ordered which deposit package, what came of it, and who fetched it (M28, R9)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table extractions (
  extraction_id uuid primary key,
  municipality text not null,
  organisation text not null,
  until timestamptz not null,
  asked_by uuid not null,
  state text not null default 'ordered',
  ordered_at timestamptz not null default now(),
  ended_at timestamptz,
  code text,
  detail text,
  counts jsonb not null default '{}',
  checksum text,
  package jsonb
);
comment on column extractions.package is 'vault reference to the whole package, as one zip';
create table extraction_fetches (
  extraction_id uuid not null references extractions,
  fetched_by uuid not null,
  at timestamptz not null default now()
);
create index extraction_fetches_extraction on extraction_fetches (extraction_id, at);
comment on table extraction_fetches is 'a package holds every case: whoever was given it stands here';
""")
